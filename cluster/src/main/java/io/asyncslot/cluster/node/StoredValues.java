package io.asyncslot.cluster.node;

import io.asyncslot.Merge;
import io.asyncslot.SlotValues;
import io.asyncslot.backend.ValueBytes;
import io.asyncslot.spi.SlotValueCodec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The values of one map as its callers know them, and as the database has them. Calls the application's codec and merge
 * function, and is called with no lock held. Thread-safe.
 */
final class StoredValues<V> {

    private final String map;
    private final SlotValues<V> spec;
    private final SlotValueCodec codec;
    private final int maxBytes;

    StoredValues(String map, SlotValues<V> spec, SlotValueCodec codec, int maxBytes) {
        this.map = map;
        this.spec = spec;
        this.codec = codec;
        this.maxBytes = maxBytes;
    }

    SlotValues<V> spec() {
        return spec;
    }

    boolean mergesByFunction() {
        return spec.merge() == Merge.FUNCTION;
    }

    /**
     * Makes bytes of a value that a caller brings, of whatever length.
     *
     * @throws IllegalArgumentException if it is null, of another type, or cannot be written
     */
    byte[] bytes(Object value) {
        return ValueBytes.of(codec, map, spec.checked(map, value));
    }

    /**
     * Makes one value of the pending one and a new one, by the map's function.
     *
     * @return its bytes, of whatever length
     */
    byte[] merged(byte[] pending, byte[] added) {
        BinaryOperator<V> function = spec.function();
        V merged = function == null ? null : function.apply(value(pending), value(added));
        if (merged == null) {
            throw new IllegalStateException("the merge function of map '" + map
                    + "' returned null: it has to return one value, made of the pending one and the new one");
        }
        return ValueBytes.of(codec, map, merged);
    }

    /** Whether bytes are more than a caller may bring. What a failed run passes on is kept beyond that. */
    boolean isTooLong(byte[] bytes) {
        return bytes.length > maxBytes;
    }

    /**
     * What a firing is handed.
     *
     * @param stored as the database has it
     * @return a value, null for none; where values are collected a list of them
     * @throws UnreadableValueException if one cannot be read, or there are several and this map hands over one
     */
    @Nullable
    Object handed(List<byte[]> stored) {
        if (spec.merge() == Merge.COLLECT) {
            return values(stored);
        }
        if (stored.size() > 1) {
            throw new UnreadableValueException(
                    "a slot of map '" + map + "' has " + stored.size()
                            + " collected values, and the map as it is declared here hands over one: they stay in the database;"
                            + " run a version of the application that collects them, or take them by takeAll",
                    null);
        }
        return stored.isEmpty() ? null : value(stored.get(0));
    }

    /** All values, unmodifiable. */
    List<V> values(List<byte[]> stored) {
        List<V> values = new ArrayList<>(stored.size());
        stored.forEach(bytes -> values.add(value(bytes)));
        return Collections.unmodifiableList(values);
    }

    private V value(byte[] bytes) {
        V value;
        try {
            value = codec.read(map, bytes, spec.type());
        } catch (Exception | LinkageError | StackOverflowError e) {
            throw new UnreadableValueException(
                    message("cannot be read as " + spec.type().getName()), e);
        }
        if (!spec.type().isInstance(value)) {
            throw new UnreadableValueException(
                    message("was read as no " + spec.type().getName()), null);
        }
        return value;
    }

    private String message(String what) {
        return "a value of map '" + map + "' " + what + " by "
                + codec.getClass().getName()
                + ": it stays in the database; run a version of the application that can read it, or delete the slot";
    }

    /** A value is in the database that the application cannot read. */
    static final class UnreadableValueException extends IllegalStateException {

        private static final long serialVersionUID = 1L;

        UnreadableValueException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}

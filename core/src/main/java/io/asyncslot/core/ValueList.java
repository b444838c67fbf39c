package io.asyncslot.core;

import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * Collected values, in the order in which they were accepted. Immutable, and safe to hand to any thread: what a
 * {@link ValueCollector} adds to the shared chunks later lies beyond the end of this list.
 */
final class ValueList extends AbstractList<Object> implements RandomAccess {

    private final @Nullable Object[][] chunks;
    private final int size;

    ValueList(@Nullable Object[][] chunks, int size) {
        this.chunks = chunks;
        this.size = size;
    }

    @Override
    public Object get(int index) {
        Objects.checkIndex(index, size);
        return Objects.requireNonNull(KeptValue.handed(carried(index)));
    }

    /** A value as the slot carries it. */
    @Nullable
    Object carried(int index) {
        int chunk = ValueCollector.chunk(index);
        return chunks[chunk][ValueCollector.place(index, chunk)];
    }

    @Override
    public int size() {
        return size;
    }

    /** The same values, to be followed by others. This list stays as it is. */
    ValueCollector continued() {
        return new ValueCollector(chunks, size);
    }
}

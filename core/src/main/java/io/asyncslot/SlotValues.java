package io.asyncslot;

import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What values the slots of a map carry: their type, how those that meet in a slot are merged, and how many there may be.
 * Immutable.
 *
 * <p>Each accepted value is handed to exactly one firing, or goes with the take, cancel or delete that removes what is pending.
 * What is accepted while the callback runs belongs to the next run.
 *
 * @param <V> the type of the values
 */
public final class SlotValues<V> {

    private final Class<V> type;
    private final Merge merge;
    private final @Nullable BinaryOperator<V> function;
    private final int maxValues;

    private SlotValues(Class<V> type, Merge merge, @Nullable BinaryOperator<V> function, int maxValues) {
        if (type == null || type.isPrimitive()) {
            throw new IllegalArgumentException("the type of a map's values must be a reference type: " + type);
        }
        this.type = type;
        this.merge = merge;
        this.function = function;
        this.maxValues = maxValues;
    }

    /**
     * Values of which the latest counts.
     *
     * @param <V> their type
     * @param type their type
     * @return values merged by {@link Merge#LAST}
     * @throws IllegalArgumentException if the type is null or primitive
     */
    public static <V> SlotValues<V> last(Class<V> type) {
        return new SlotValues<>(type, Merge.LAST, null, 0);
    }

    /**
     * Values of which the first counts.
     *
     * @param <V> their type
     * @param type their type
     * @return values merged by {@link Merge#FIRST}
     * @throws IllegalArgumentException if the type is null or primitive
     */
    public static <V> SlotValues<V> first(Class<V> type) {
        return new SlotValues<>(type, Merge.FIRST, null, 0);
    }

    /**
     * Values that all count.
     *
     * @param <V> the type of each
     * @param type the type of each
     * @return values merged by {@link Merge#COLLECT}, without a bound
     * @throws IllegalArgumentException if the type is null or primitive
     */
    public static <V> SlotValues<V> collect(Class<V> type) {
        return new SlotValues<>(type, Merge.COLLECT, null, 0);
    }

    /**
     * Values that a function makes one of.
     *
     * @param <V> their type
     * @param type their type
     * @param function makes one value of the pending one and the new one. Called on the thread that brings the new value, with
     *     no lock held, and again when the pending one has changed meanwhile: so it must be free of side effects, and must not
     *     change its arguments. What it throws reaches the caller, and nothing changes then. It must not answer null.
     * @return values merged by {@link Merge#FUNCTION}
     * @throws IllegalArgumentException if the type is null or primitive, or the function null
     */
    public static <V> SlotValues<V> merging(Class<V> type, BinaryOperator<V> function) {
        if (function == null) {
            throw new IllegalArgumentException("'function' must not be null: name how two values become one");
        }
        return new SlotValues<>(type, Merge.FUNCTION, function, 0);
    }

    /**
     * The same values, no more than so many of them in a slot. A start or submit that brings one more answers
     * {@code REJECTED}, and nothing changes. Those that a failed run passes on are kept beyond it.
     *
     * @param value the bound, 0 for none but the heap's
     * @return the values
     * @throws IllegalArgumentException if it is negative, or not 0 where values are not collected
     */
    public SlotValues<V> maxValues(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("'maxValues' must not be negative: " + value);
        }
        if (value != 0 && merge != Merge.COLLECT) {
            throw new IllegalArgumentException(
                    "'maxValues' (" + value + ") bounds how many values are collected, but merge is " + merge
                            + ": a slot then carries one value at most");
        }
        return new SlotValues<>(type, merge, function, value);
    }

    /**
     * The type of the values.
     *
     * @return their type; of each, where they are collected
     */
    public Class<V> type() {
        return type;
    }

    /**
     * How values that meet in a slot are merged.
     *
     * @return the rule
     */
    public Merge merge() {
        return merge;
    }

    /**
     * The function of {@link Merge#FUNCTION}.
     *
     * @return the function; null with every other rule
     */
    public @Nullable BinaryOperator<V> function() {
        return function;
    }

    /**
     * How many values a slot may carry where they are collected.
     *
     * @return the bound, 0 for none
     */
    public int maxValues() {
        return maxValues;
    }

    /**
     * Throws if a slot of the map cannot carry a value.
     *
     * @param map the map's name, for the message
     * @param value the value
     * @return the value
     * @throws IllegalArgumentException if it is null or of another type
     */
    public V checked(String map, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException("a value of map '" + map
                    + "' must not be null: start without a value instead, or let the type be one that can be empty");
        }
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("a value of map '" + map + "' must be a " + type.getName() + " but is a "
                    + value.getClass().getName());
        }
        return type.cast(value);
    }

    /** A callback that takes what its firing carries. */
    <K, P> SlotCallback<K> calling(ValueCallback<? super K, P> callback) {
        if (callback == null) {
            throw new IllegalArgumentException("'callback' must not be null");
        }
        @SuppressWarnings("unchecked") // a firing of the map carries what its values say
        ValueCallback<? super K, @Nullable Object> called = (ValueCallback<? super K, @Nullable Object>) callback;
        return (key, firing) -> called.run(key, firing.value(), firing);
    }

    @Override
    public String toString() {
        return "values of type " + type.getName() + ", merge " + merge;
    }
}

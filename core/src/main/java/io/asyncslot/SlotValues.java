package io.asyncslot;

import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The values that the slots of a map carry: their type, how they are merged, and how many there may be. Immutable.
 *
 * <p>Exactly one firing receives each accepted value, unless a take, cancel or delete removes it before. A value that is accepted
 * while the callback runs belongs to the next run.
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
     * The callback receives the latest value.
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
     * The callback receives the first value.
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
     * The callback receives all values.
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
     * The callback receives one value, which a function makes from all.
     *
     * @param <V> their type
     * @param type their type
     * @param function makes one value from the pending one and the new one. It is called on the thread that brings the new value,
     *     with no lock held, and again if the pending value has changed meanwhile. So it must be free of side effects, and must not
     *     change its arguments. An exception reaches the caller, and nothing changes. It must not return null.
     * @return values merged by {@link Merge#FUNCTION}
     * @throws IllegalArgumentException if the type is null or primitive, or the function null
     */
    public static <V> SlotValues<V> merging(Class<V> type, BinaryOperator<V> function) {
        if (function == null) {
            throw new IllegalArgumentException(
                    "'function' must not be null: pass the function that makes one value of two");
        }
        return new SlotValues<>(type, Merge.FUNCTION, function, 0);
    }

    /**
     * The same values with a bound on their number in a slot. A start or submit beyond it answers {@code REJECTED}, and nothing
     * changes. Values that a failed run passes on are kept even beyond it.
     *
     * @param value the bound, 0 for none but the heap's
     * @return the values with the bound
     * @throws IllegalArgumentException if it is negative, or not 0 although values are not collected
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
     * @return their type; if they are collected, the type of each
     */
    public Class<V> type() {
        return type;
    }

    /**
     * How a new value is merged with a pending one.
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
     * How many values a slot may collect.
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
                    + "' must not be null: start without a value instead, or choose a type that can be empty");
        }
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("a value of map '" + map + "' must be a " + type.getName() + " but is a "
                    + value.getClass().getName());
        }
        return type.cast(value);
    }

    /** A callback that receives the values of its firing. */
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

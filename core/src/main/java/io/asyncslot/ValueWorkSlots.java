package io.asyncslot;

/**
 * A work map whose slots carry values. Thread-safe; {@link ValueSlots} describes what values do.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public interface ValueWorkSlots<K, V> extends WorkSlots<K>, ValueSlots<K, V> {

    /**
     * As {@link #submit(Object)}, and merges a value with the pending ones, by the map's rule. If a failed firing waits for its
     * next attempt, it becomes a new firing, with its values and this one.
     *
     * @param key the key
     * @param value the value
     * @return as {@link #submit(Object)}; also {@link SubmitOutcome#REJECTED}, with nothing changed, if the slot has as many values
     *     as the map allows
     * @throws IllegalArgumentException if key or value are not acceptable
     */
    SubmitOutcome submit(K key, V value);
}

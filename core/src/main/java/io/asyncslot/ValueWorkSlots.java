package io.asyncslot;

/**
 * A work map whose slots carry values. Thread-safe; see {@link ValueSlots} for what holds for values.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public interface ValueWorkSlots<K, V> extends WorkSlots<K>, ValueSlots<K, V> {

    /**
     * As {@link #submit(Object)}, and adds a value to those that are pending, by the map's rule. Where a failed firing is to be
     * delivered again, the run that is pending becomes a new firing, with the values of that one and this.
     *
     * @param key the key
     * @param value the value
     * @return as {@link #submit(Object)}; also {@link SubmitOutcome#REJECTED}, with nothing changed, when the slot has as many
     *     values as the map admits
     * @throws IllegalArgumentException if key or value are not acceptable
     */
    SubmitOutcome submit(K key, V value);
}

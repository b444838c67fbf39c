package io.asyncslot;

import java.util.List;
import java.util.Optional;

/**
 * A map whose slots carry values: the operations that {@link ValueTimerSlots} and {@link ValueWorkSlots} share. Thread-safe.
 *
 * <p>Value and deadline change in one atomic step: no firing has the value of one start and the generation of another.
 * {@link #cancel} and {@link #delete} drop the pending values. A start or submit without a value leaves them unchanged.
 *
 * <p>A value that is null, or of another type than the map's, is misuse: it throws {@link IllegalArgumentException}, and nothing changes.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public interface ValueSlots<K, V> extends SlotMap<K> {

    @Override
    SlotValues<V> values();

    /**
     * Removes a pending run, as {@link #cancel} does, and returns the value that the run would have received. It also frees the
     * slot, even in a map that keeps idle slots, unless the callback runs. If nothing is pending, nothing changes: a value that a
     * run has received stays with that firing. Never waits.
     *
     * @param key the key
     * @return the value, which no firing receives any more; empty if none was pending
     * @throws IllegalArgumentException if the key is not acceptable
     * @throws IllegalStateException if the map collects its values: call {@link #takeAll}
     */
    Optional<V> take(K key);

    /**
     * As {@link #take}, for all values that were pending.
     *
     * @param key the key
     * @return the values, in the order in which they were accepted; at most one unless the map collects them; unmodifiable
     * @throws IllegalArgumentException if the key is not acceptable
     */
    List<V> takeAll(K key);
}

package io.asyncslot;

import java.util.List;
import java.util.Optional;

/**
 * A map whose slots carry values: what {@link ValueTimerSlots} and {@link ValueWorkSlots} have in common. Thread-safe.
 *
 * <p>A value changes together with what is pending, in one atomic step: no firing has the value of one start and the
 * generation of another. {@link #cancel} and {@link #delete} let go of the values that were pending. A start or submit without a
 * value leaves those that are pending as they are.
 *
 * <p>A value is null or of another type than the map's: that is misuse, and throws {@link IllegalArgumentException} before
 * anything changes.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public interface ValueSlots<K, V> extends SlotMap<K> {

    @Override
    SlotValues<V> values();

    /**
     * Removes a pending run, as {@link #cancel} does, and hands out the value that it would have been handed. The slot goes
     * with it unless its callback runs, also in a map that keeps idle slots. Where nothing is pending nothing changes: a value
     * that a run has been handed already stays with that firing. Never waits.
     *
     * @param key the key
     * @return the value, which no firing receives any more; empty when none was pending
     * @throws IllegalArgumentException if the key is not acceptable
     * @throws IllegalStateException if the map collects its values: {@link #takeAll} hands them out
     */
    Optional<V> take(K key);

    /**
     * As {@link #take}, of all values that were pending.
     *
     * @param key the key
     * @return the values, in the order in which they were accepted; one at most unless the map collects them; unmodifiable
     * @throws IllegalArgumentException if the key is not acceptable
     */
    List<V> takeAll(K key);
}

package io.asyncslot;

/**
 * A map of work slots: each key holds at most one pending run, and the same key never runs twice at once.
 *
 * <p>Thread-safe; see {@link SlotMap} for what holds for every operation.
 *
 * @param <K> the key type
 */
public interface WorkSlots<K> extends SlotMap<K> {

    /**
     * Makes one run of the key's callback pending. While one is pending further submits are merged into it; while one
     * runs, one more follows it.
     *
     * @param key the key
     * @return {@link SubmitOutcome#SUBMITTED}, {@link SubmitOutcome#COALESCED}, {@link SubmitOutcome#REJECTED} or
     *     {@link SubmitOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    SubmitOutcome submit(K key);
}

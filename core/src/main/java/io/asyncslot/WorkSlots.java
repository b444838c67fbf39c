package io.asyncslot;

/**
 * A map of work slots: each key holds at most one pending run, and the same key never runs twice at the same time.
 *
 * <p>Thread-safe; {@link SlotMap} describes what all operations have in common.
 *
 * @param <K> the key type
 */
public interface WorkSlots<K> extends SlotMap<K> {

    /**
     * Makes one run of the key's callback pending. Further submits join a pending run. A submit during a run leads to one more run.
     *
     * @param key the key
     * @return {@link SubmitOutcome#SUBMITTED}, {@link SubmitOutcome#COALESCED}, {@link SubmitOutcome#REJECTED} or
     *     {@link SubmitOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    SubmitOutcome submit(K key);
}

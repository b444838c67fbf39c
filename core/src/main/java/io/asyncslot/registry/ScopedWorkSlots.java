package io.asyncslot.registry;

import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkSlots;

/** A scope's view of a work map. Thread-safe. */
final class ScopedWorkSlots<K> extends ScopedSlots<K, WorkSlots<K>> implements WorkSlots<K> {

    ScopedWorkSlots(ScopedKeys<K> owned) {
        super(owned);
    }

    @Override
    public SubmitOutcome submit(K key) {
        return owned.start(
                key,
                SubmitOutcome.CLOSED,
                () -> map().submit(key),
                outcome -> outcome == SubmitOutcome.SUBMITTED || outcome == SubmitOutcome.COALESCED);
    }
}

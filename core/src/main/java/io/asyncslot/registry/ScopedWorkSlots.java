package io.asyncslot.registry;

import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkSlots;
import java.util.function.Supplier;

/** A scope's view of a work map. Thread-safe. */
class ScopedWorkSlots<K> extends ScopedSlots<K, WorkSlots<K>> implements WorkSlots<K> {

    ScopedWorkSlots(ScopedKeys<K> owned) {
        super(owned);
    }

    @Override
    public SubmitOutcome submit(K key) {
        return submit(key, () -> map().submit(key));
    }

    final SubmitOutcome submit(K key, Supplier<SubmitOutcome> submit) {
        return owned.start(
                key,
                SubmitOutcome.CLOSED,
                submit,
                outcome -> outcome == SubmitOutcome.SUBMITTED
                        || outcome == SubmitOutcome.COALESCED
                        || outcome == SubmitOutcome.IN_DOUBT); // closing the scope has to delete it
    }
}

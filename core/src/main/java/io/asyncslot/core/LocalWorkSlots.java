package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotType;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;

/**
 * A work map on this machine: slots that are due at once and go straight to the executor. Thread-safe.
 *
 * @param <K> the key type
 */
public final class LocalWorkSlots<K> extends LocalSlots<K> implements WorkSlots<K> {

    /**
     * Opens the map.
     *
     * @param spec what it is to be
     * @param context what the maps of its backend share
     */
    public LocalWorkSlots(WorkMapSpec<K> spec, LocalContext context) {
        super(spec, SlotType.WORK, SlotClock.MONOTONIC, Periods.ONE_SHOT, context);
    }

    @Override
    public SubmitOutcome submit(K key) {
        checkKey(key);
        long now = now();
        while (!isClosed()) {
            ControlBlock<K> block = lookUp(key);
            if (block != null) {
                switch (block.armIfIdle(now)) {
                    case SUBMITTED:
                        counters().started.increment();
                        record(block, Kind.SUBMITTED, now, -1);
                        pending(block, now);
                        return SubmitOutcome.SUBMITTED;
                    case COALESCED:
                        counters().coalesced.increment();
                        record(block, Kind.COALESCED, now, -1);
                        return SubmitOutcome.COALESCED;
                    case FREED:
                        break; // make a new incarnation
                }
            }
            switch (create(key, now, Kind.SUBMITTED, now, -1)) {
                case CREATED:
                    return SubmitOutcome.SUBMITTED;
                case REJECTED:
                    return SubmitOutcome.REJECTED;
                case CLOSED:
                    return SubmitOutcome.CLOSED;
                case EXISTS:
                    break; // somebody else has made it: submit to that one
            }
        }
        return SubmitOutcome.CLOSED;
    }

    /** Becomes the custodian if nobody is, and hands over; a present custodian will find the submit by itself. */
    @Override
    void pending(ControlBlock<K> block, long deadline) {
        if (block.take(Custody.WORKER) && !dispatcher().handOver(block)) {
            keeper().retry(block);
        }
    }

    @Override
    void published(ControlBlock<K> block, long deadline) {
        block.leaveInbox(); // its first command is carried out here and now
        pending(block, deadline);
        block.releaseReference();
    }
}

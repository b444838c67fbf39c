package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotType;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.spi.ArmingContexts;

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
        ControlBlock<K> block = lookUp(key);
        if (block != null && block.isPending()) {
            return coalesced(block); // the most frequent case, for which no clock is needed
        }
        long now = now();
        while (!isClosed()) {
            if (block != null) {
                switch (submit(block, now)) {
                    case SUBMITTED:
                        counters().restarted.increment();
                        record(block, Kind.SUBMITTED, now, -1);
                        due(block, now);
                        return SubmitOutcome.SUBMITTED;
                    case COALESCED:
                        return coalesced(block);
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
                    block = lookUp(key); // somebody else has made it: submit to that one
            }
        }
        return SubmitOutcome.CLOSED;
    }

    private StateWord.Submission submit(ControlBlock<K> block, long now) {
        if (!enter(block)) {
            return StateWord.Submission.FREED;
        }
        ArmingContexts contexts = armingContexts();
        StateWord.Submission submission = contexts == null
                ? block.armIfIdle(now)
                : block.needDetails().armedIn().armIfIdle(block, now, contexts.capture());
        leave(block, submission == StateWord.Submission.SUBMITTED);
        return submission;
    }

    private SubmitOutcome coalesced(ControlBlock<K> block) {
        counters().coalesced.increment();
        record(block, Kind.COALESCED);
        return SubmitOutcome.COALESCED;
    }

    @Override
    void pending(ControlBlock<K> block, long deadline) {
        if (deadline <= now()) {
            due(block, deadline);
        } else if (deadline < block.lookAt()) {
            keeper().armed(block, deadline);
        }
    }

    /**
     * What is due goes straight to the executor: becomes the custodian if nobody is. A present custodian finds the
     * submit by itself, unless it is the timekeeper and has promised a later look, for a restart with a delay. Where the
     * timekeeper measures work it is always told.
     */
    private void due(ControlBlock<K> block, long deadline) {
        if (commanded()) {
            if (deadline < block.lookAt() || keeper().hasLapsed(block)) {
                keeper().armed(block, deadline);
            }
        } else if (block.take(Custody.WORKER)) {
            if (!dispatcher().handOver(block)) {
                keeper().retry(block);
            }
        } else if (deadline < block.lookAt()) {
            keeper().armed(block, deadline);
        }
    }

    @Override
    void published(ControlBlock<K> block, long deadline) {
        if (commanded()) {
            keeper().born(block);
        } else {
            due(block, deadline);
        }
    }
}

package io.asyncslot.core;

import static java.util.Objects.requireNonNull;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotType;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Periods;
import io.asyncslot.spi.ArmingContexts;
import org.jspecify.annotations.Nullable;

/**
 * A work map on this machine: slots that are due at once and go straight to the executor. Thread-safe.
 *
 * @param <K> the key type
 */
public sealed class LocalWorkSlots<K> extends LocalSlots<K> implements WorkSlots<K> permits LocalValueWorkSlots {

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
        if (block != null && block.join()) {
            return coalesced(block); // the most frequent case, for which no clock is needed
        }
        return submit(key, block, null);
    }

    /**
     * Submits.
     *
     * @param found what a look for the key has found just now
     * @param value what the slot is to carry; null for nothing
     */
    final SubmitOutcome submit(K key, @Nullable ControlBlock<K> found, @Nullable Object value) {
        if (!isKept(value)) {
            return submitWith(key, found, value);
        }
        if (isClosed()) {
            return SubmitOutcome.CLOSED;
        }
        KeptValue kept = keep(requireNonNull(value));
        if (kept == null) {
            counters().rejected.increment();
            return SubmitOutcome.REJECTED;
        }
        try {
            return submitWith(key, found, kept);
        } finally {
            KeptValue.freeUnlessAccepted(kept);
        }
    }

    private SubmitOutcome submitWith(K key, @Nullable ControlBlock<K> found, @Nullable Object value) {
        ControlBlock<K> block = found;
        long now = now();
        while (!isClosed()) {
            if (block != null) {
                switch (arm(block, now, value)) {
                    case SUBMITTED:
                        return SubmitOutcome.SUBMITTED;
                    case COALESCED:
                        return coalesced(block);
                    case FULL:
                        counters().rejected.increment();
                        return SubmitOutcome.REJECTED;
                    case FREED:
                        break; // make a new incarnation
                }
            }
            switch (create(key, now, now, -1, value)) {
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

    private StateWord.Submission arm(ControlBlock<K> block, long now, @Nullable Object value) {
        StackRoom.check();
        ArmingContexts contexts = armingContexts();
        ArmedIn armedIn = contexts == null ? null : block.needDetails().armedIn();
        Object captured = contexts == null ? null : contexts.capture();
        if (!copies().enter(block)) {
            return StateWord.Submission.FREED;
        }
        long before = block.word();
        boolean inside = true;
        boolean done = false;
        try {
            StateWord.Submission submission;
            if (block instanceof ValueBlock<K> carrier) {
                submission = carrier.submit(now, value, contexts, captured);
            } else {
                submission = armedIn == null ? block.armIfIdle(now) : armedIn.armIfIdle(block, now, captured);
            }
            inside = false;
            copies().leave(block, submission == StateWord.Submission.SUBMITTED || value != null);
            if (submission == StateWord.Submission.SUBMITTED) {
                counters().restarted.increment();
                submitted(block, now);
            }
            done = true;
            return submission;
        } finally {
            if (!done) {
                boolean stray = true;
                try {
                    stray = cutShort(block, inside, before);
                } finally {
                    if (stray) {
                        scrubber.strays = true; // by a store: the stack may be at its end
                    }
                }
            }
        }
    }

    private void submitted(ControlBlock<K> block, long now) {
        long due = isShaped() ? shapedDue(block, now) : now;
        if (due > now) {
            notes().recordArmed(block, Kind.SUBMITTED, now, due, 0);
            pending(block, due);
        } else {
            notes().record(block, Kind.SUBMITTED, now, -1);
            due(block, now);
        }
    }

    private SubmitOutcome coalesced(ControlBlock<K> block) {
        counters().coalesced.increment();
        notes().record(block, Kind.COALESCED);
        return SubmitOutcome.COALESCED;
    }

    @Override
    void pending(ControlBlock<K> block, long deadline) {
        if (deadline <= now()) {
            due(block, deadline);
        } else {
            demand(block, deadline);
        }
    }

    /**
     * What is due goes straight to the executor: becomes the custodian if nobody is. A present custodian finds the
     * submit by itself, unless it is the timekeeper and has promised a later look, for a restart with a delay. Where the
     * timekeeper measures work it is always told.
     */
    private void due(ControlBlock<K> block, long deadline) {
        if (commanded()) {
            demand(block, deadline);
        } else if (block.take(Custody.WORKER)) {
            boolean handedOver = false;
            try {
                handedOver = dispatcher().handOver(block);
            } finally {
                if (!handedOver) {
                    keeper().retry(block);
                }
            }
        } else {
            demand(block, deadline);
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

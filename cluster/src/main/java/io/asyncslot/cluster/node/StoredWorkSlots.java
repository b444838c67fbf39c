package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotType;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Periods;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.SlotId;
import org.jspecify.annotations.Nullable;

/**
 * A work map whose slots are rows of the database: what is submitted runs on the node where it was, as long as that has
 * room, else on whichever node has room first. Thread-safe.
 *
 * @param <K> the key type
 */
class StoredWorkSlots<K> extends StoredSlots<K> implements WorkSlots<K> {

    StoredWorkSlots(WorkMapSpec<K> spec, ClusterEngine engine) {
        super(spec, SlotType.WORK, Periods.ONE_SHOT, engine);
    }

    @Override
    public final SubmitOutcome submit(K key) {
        return submit(id(key), null);
    }

    /** Submits to a slot; {@code value} null for none. */
    final SubmitOutcome submit(SlotId id, @Nullable Object value) {
        if (isClosed()) {
            return SubmitOutcome.CLOSED;
        }
        Claim claim = engine().claim(this, 1);
        Armed<SubmitOutcome> armed;
        try {
            armed = offered(
                    id,
                    value,
                    SubmitOutcome.REJECTED,
                    offer -> engine().database().joined(session -> session.submit(claim, id, offer, maxEntries())));
        } catch (BackendUnavailableException e) {
            if (belongsToATransaction()) {
                throw e;
            }
            if (DatabaseAwayException.isInDoubt(e)) {
                return SubmitOutcome.IN_DOUBT;
            }
            if (value == null && engine().kept().keep(new KeptStarts.Start(this, id, Deadline.in(0)))) {
                counters().kept.increment();
                return SubmitOutcome.SUBMITTED;
            }
            counters().rejected.increment();
            return SubmitOutcome.REJECTED;
        }
        return committed(id, claim, armed);
    }

    private SubmitOutcome committed(SlotId id, Claim claim, Armed<SubmitOutcome> armed) {
        SubmitOutcome outcome = armed.outcome();
        if (outcome == SubmitOutcome.REJECTED) {
            counters().rejected.increment();
            return outcome;
        }
        boolean stays = armed(id, claim, armed, () -> {
            boolean fresh = outcome == SubmitOutcome.SUBMITTED;
            (fresh ? counters().started : counters().coalesced).increment();
            record(id, fresh ? Kind.SUBMITTED : Kind.COALESCED, -1, fresh ? armed.held() : Armed.Held.NOT);
        });
        return stays ? outcome : SubmitOutcome.CLOSED;
    }

    @Override
    final void write(KeptStarts.Start start) {
        Claim claim = engine().claim(this, 1);
        Armed<SubmitOutcome> armed =
                engine().database().own(session -> session.submit(claim, start.id(), nothingOffered(), maxEntries()));
        committed(start.id(), claim, armed);
    }
}

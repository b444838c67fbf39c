package io.asyncslot.cluster;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotType;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.core.Periods;
import org.jspecify.annotations.Nullable;

/**
 * A work map whose slots are rows of the database: what is submitted runs on the node where it was, unless that is
 * stopped. Thread-safe.
 *
 * @param <K> the key type
 */
final class StoredWorkSlots<K> extends StoredSlots<K> implements ClusterWorkSlots<K> {

    StoredWorkSlots(WorkMapSpec<K> spec, ClusterEngine engine) {
        super(spec, SlotType.WORK, Periods.ONE_SHOT, engine);
    }

    @Override
    public SubmitOutcome submit(K key) {
        return submit(id(key), null);
    }

    @Override
    public SubmitOutcome submit(K key, Object payload) {
        return submit(id(key), payloadBytes(payload));
    }

    private SubmitOutcome submit(SlotId id, byte @Nullable [] payload) {
        if (isClosed()) {
            return SubmitOutcome.CLOSED;
        }
        Claim claim = engine().membership().claim();
        Armed<SubmitOutcome> armed;
        try {
            armed = engine().database()
                    .joined(connection -> engine().store().submit(connection, claim, id, payload, maxEntries()));
        } catch (BackendUnavailableException e) {
            if (engine().kept().keep(new KeptStarts.Start(this, id, When.in(0), payload), e)) {
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
            record(id, fresh ? Kind.SUBMITTED : Kind.COALESCED, -1);
        });
        return stays ? outcome : SubmitOutcome.CLOSED;
    }

    @Override
    void write(KeptStarts.Start start) {
        Claim claim = engine().membership().claim();
        Armed<SubmitOutcome> armed = engine().database()
                .own(connection ->
                        engine().store().submit(connection, claim, start.id(), start.payload(), maxEntries()));
        committed(start.id(), claim, armed);
    }
}

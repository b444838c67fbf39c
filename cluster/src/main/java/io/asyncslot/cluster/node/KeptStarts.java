package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.SlotId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The starts that could not be written because the database was away, the latest of each slot; written in their order once
 * it is back. Lost with this process. None of them brings a value. Thread-safe.
 */
final class KeptStarts {

    private static final int MOST = 100_000;

    private final boolean keeps;
    private final DatabaseClock clock;

    /** Guarded by {@code this}. */
    private final Map<SlotId, Start> starts = new LinkedHashMap<>();

    /** A start or submit as it was asked for. */
    record Start(StoredSlots<?> slots, SlotId id, Deadline when) {}

    KeptStarts(boolean keeps, DatabaseClock clock) {
        this.keeps = keeps;
        this.clock = clock;
    }

    /** Keeps a start with the deadline it has from now; false where it is to be refused. */
    synchronized boolean keep(Start start) {
        if (!keeps || starts.size() >= MOST && !starts.containsKey(start.id())) {
            return false;
        }
        Deadline when = start.when();
        starts.remove(start.id());
        starts.put(start.id(), new Start(start.slots(), start.id(), when.fixed(clock.micros())));
        return true;
    }

    /** Writes what was kept, as far as the database takes it. Called by one thread. */
    void write() {
        for (Start start = first(); start != null; start = first()) {
            start.slots().write(start);
            written(start);
        }
    }

    private synchronized @Nullable Start first() {
        return starts.isEmpty() ? null : starts.values().iterator().next();
    }

    /** A newer one of the same slot stays. */
    private synchronized void written(Start start) {
        starts.remove(start.id(), start);
    }

    synchronized int size() {
        return starts.size();
    }
}

package io.asyncslot.core;

import io.asyncslot.SlotMapStats;
import io.asyncslot.backend.Micros;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.jspecify.annotations.Nullable;

/** What happened in one map. Striped counters: any thread adds without contention, a look sums them up. */
final class Counters {

    private static final long HIGHEST_LATENESS_MICROS = 3_600_000_000L;
    private static final VarHandle LATENESS;

    static {
        try {
            LATENESS = MethodHandles.lookup().findVarHandle(Counters.class, "lateness", ConcurrentHistogram.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** New slots, which the index counts; each is a start, and has the map's reference. */
    private final LongSupplier created;

    /** Starts of slots that were there already, by callers or by their own period. */
    final Count restarted = new Count();

    final Count rearmed = new Count();
    final Count moved = new Count();
    final Count coalesced = new Count();
    final Count rejected = new Count();
    final Count cancelled = new Count();
    final Count deletedIdle = new Count();
    final Count deletedArmed = new Count();

    /** Freed because they were idle: by a cancel, or at the end of a run. */
    final Count freedIdle = new Count();

    final Count fired = new Count();
    final Count ended = new Count();
    final Count failed = new Count();
    final Count retried = new Count();
    final Count postponed = new Count();
    final Count skipped = new Count();
    final Count deferred = new Count();
    final Count fallbacks = new Count();
    final Count handedOver = new Count();
    final Count takenUp = new Count();

    /** Slots paused by themselves: pauses less what ended them. */
    final Count paused = new Count();

    /** Reclaimed, but for those that are counted by {@link #withdrawn}. */
    final Count reclaimed = new Count();

    /** Reclaimed by who withdrew a command and gave the map's reference back, which {@link #references} leaves out. */
    final Count withdrawn = new Count();

    /** References taken less references given back; those that slots are born with, and those of commands, are not in it. */
    final Count references = new Count();

    /** Lateness in microseconds, two digits, up to an hour. 53 KB, hence made by the first firing, by CAS. */
    private volatile @Nullable ConcurrentHistogram lateness;

    Counters(LongSupplier created) {
        this.created = created;
    }

    void late(long nanos) {
        ConcurrentHistogram present = lateness;
        (present == null ? needLateness() : present)
                .recordValue(Math.min(Micros.floor(nanos), HIGHEST_LATENESS_MICROS));
    }

    private ConcurrentHistogram needLateness() {
        ConcurrentHistogram fresh = new ConcurrentHistogram(HIGHEST_LATENESS_MICROS, 2);
        ConcurrentHistogram witness = (ConcurrentHistogram) LATENESS.compareAndExchange(this, null, fresh);
        return witness == null ? fresh : witness;
    }

    private long latenessMicros(double percentile) {
        ConcurrentHistogram present = lateness;
        return present == null || present.getTotalCount() == 0 ? 0 : present.getValueAtPercentile(percentile);
    }

    SlotMapStats stats(boolean stopped) {
        // What is subtracted is read first. An operation counts after its step, so a look may still meet the later of
        // two steps counted and the earlier one not yet: never less than none is shown.
        long endedRuns = ended.sum();
        long taken = takenUp.sum();
        long goneArmed = deletedArmed.sum();
        long disarmed = fired.sum() + cancelled.sum() + goneArmed + skipped.sum();
        long gone = deletedIdle.sum() + goneArmed;
        long goneIdle = freedIdle.sum();
        long given = references.sum() - withdrawn.sum();
        long begun = fired.sum();
        long begunOrQueued = handedOver.sum();
        long queued = Math.max(0, begunOrQueued - taken);
        long made = created.getAsLong();
        long armed = restarted.sum() + made;
        return new SlotMapStats(
                Math.max(0, made - gone - goneIdle),
                Math.max(0, armed - disarmed),
                Math.max(0, begun - endedRuns),
                queued,
                Math.max(0, paused.sum()),
                Math.max(0, made + given),
                armed,
                rearmed.sum(),
                moved.sum(),
                coalesced.sum(),
                rejected.sum(),
                cancelled.sum(),
                gone,
                goneArmed,
                begun,
                failed.sum(),
                retried.sum(),
                postponed.sum(),
                skipped.sum(),
                deferred.sum(),
                fallbacks.sum(),
                stopped ? queued : 0,
                Micros.toDuration(latenessMicros(50)),
                Micros.toDuration(latenessMicros(99)),
                Micros.toDuration(latenessMicros(100)));
    }
}

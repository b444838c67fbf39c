package io.asyncslot.core;

import io.asyncslot.SlotMapStats;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;

/** What happened in one map. Striped counters: any thread adds without contention, a look sums them up. */
final class Counters {

    private static final long HIGHEST_LATENESS_MICROS = 3_600_000_000L;

    /** New slots, which the index counts; each is a start, and holds the references it is born with. */
    private final LongSupplier created;

    /** Starts of slots that were there already, by callers or by their own period. */
    final LongAdder restarted = new LongAdder();

    final LongAdder rearmed = new LongAdder();
    final LongAdder moved = new LongAdder();
    final LongAdder coalesced = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder deletedIdle = new LongAdder();
    final LongAdder deletedArmed = new LongAdder();
    final LongAdder fired = new LongAdder();
    final LongAdder ended = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder postponed = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final LongAdder deferred = new LongAdder();
    final LongAdder fallbacks = new LongAdder();
    final LongAdder handedOver = new LongAdder();
    final LongAdder takenUp = new LongAdder();

    /** Slots paused by themselves: pauses less what ended them. */
    final LongAdder paused = new LongAdder();

    /** Reclaimed, but for those that are counted by {@link #withdrawn}. */
    final LongAdder reclaimed = new LongAdder();

    /** Reclaimed by who withdrew a command and so gave two references back, which {@link #references} leaves out. */
    final LongAdder withdrawn = new LongAdder();

    /** References taken less references given back; those that slots are born with are not in it. */
    final LongAdder references = new LongAdder();

    /** References that a slot of this map is born with. */
    private final int bornWith;

    /** Lateness in microseconds, two digits, up to an hour. */
    private final ConcurrentHistogram lateness = new ConcurrentHistogram(HIGHEST_LATENESS_MICROS, 2);

    Counters(LongSupplier created, int bornWith) {
        this.created = created;
        this.bornWith = bornWith;
    }

    void late(long nanos) {
        lateness.recordValue(Math.min(Micros.floor(nanos), HIGHEST_LATENESS_MICROS));
    }

    private long latenessMicros(double percentile) {
        return lateness.getTotalCount() == 0 ? 0 : lateness.getValueAtPercentile(percentile);
    }

    SlotMapStats stats(boolean stopped) {
        // What is subtracted is read first. An operation counts after its step, so a look may still meet the later of
        // two steps counted and the earlier one not yet: never less than none is shown.
        long endedRuns = ended.sum();
        long taken = takenUp.sum();
        long goneArmed = deletedArmed.sum();
        long disarmed = fired.sum() + cancelled.sum() + goneArmed + skipped.sum();
        long gone = deletedIdle.sum() + goneArmed;
        long given = references.sum() - 2 * withdrawn.sum();
        long begun = fired.sum();
        long begunOrQueued = handedOver.sum();
        long queued = Math.max(0, begunOrQueued - taken);
        long made = created.getAsLong();
        long armed = restarted.sum() + made;
        return new SlotMapStats(
                Math.max(0, made - gone),
                Math.max(0, armed - disarmed),
                Math.max(0, begun - endedRuns),
                queued,
                Math.max(0, paused.sum()),
                Math.max(0, made * bornWith + given),
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

package io.asyncslot.core;

import io.asyncslot.SlotMapStats;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** What happened in one map. Striped counters: any thread adds without contention, a look sums them up. */
final class Counters {

    private static final long HIGHEST_LATENESS_MICROS = 3_600_000_000L;

    final LongAdder started = new LongAdder();
    final LongAdder rearmed = new LongAdder();
    final LongAdder moved = new LongAdder();
    final LongAdder coalesced = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder created = new LongAdder();
    final LongAdder deleted = new LongAdder();
    final LongAdder deletedArmed = new LongAdder();
    final LongAdder fired = new LongAdder();
    final LongAdder ended = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final LongAdder deferred = new LongAdder();
    final LongAdder handedOver = new LongAdder();
    final LongAdder takenUp = new LongAdder();
    final LongAdder reclaimed = new LongAdder();

    /** Sum of the reference counts of all incarnations. */
    final LongAdder references = new LongAdder();

    /** Lateness in microseconds, two digits, up to an hour. */
    private final ConcurrentHistogram lateness = new ConcurrentHistogram(HIGHEST_LATENESS_MICROS, 2);

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
        long disarmed = fired.sum() + cancelled.sum() + deletedArmed.sum() + skipped.sum();
        long gone = deleted.sum();
        long begun = fired.sum();
        long begunOrQueued = handedOver.sum();
        long queued = Math.max(0, begunOrQueued - taken);
        long armed = started.sum();
        return new SlotMapStats(
                Math.max(0, created.sum() - gone),
                Math.max(0, armed - disarmed),
                Math.max(0, begun - endedRuns),
                queued,
                Math.max(0, references.sum()),
                armed,
                rearmed.sum(),
                moved.sum(),
                coalesced.sum(),
                rejected.sum(),
                cancelled.sum(),
                gone,
                deletedArmed.sum(),
                begun,
                failed.sum(),
                skipped.sum(),
                deferred.sum(),
                stopped ? queued : 0,
                Micros.toDuration(latenessMicros(50)),
                Micros.toDuration(latenessMicros(99)),
                Micros.toDuration(latenessMicros(100)));
    }
}

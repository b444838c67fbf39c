package io.asyncslot.cluster.node;

import io.asyncslot.SlotMapStats;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Counts;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** What happened to the slots of one map on this node. Any thread adds without contention, a look sums up. */
final class MapCounters {

    private static final long HIGHEST_LATENESS_MICROS = 3_600_000_000L;

    final LongAdder started = new LongAdder();
    final LongAdder rearmed = new LongAdder();
    final LongAdder moved = new LongAdder();
    final LongAdder coalesced = new LongAdder();
    final LongAdder rejected = new LongAdder();
    final LongAdder cancelled = new LongAdder();
    final LongAdder deleted = new LongAdder();
    final LongAdder deletedArmed = new LongAdder();
    final LongAdder fired = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder postponed = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final LongAdder deferred = new LongAdder();
    final LongAdder kept = new LongAdder();

    /** Runs that were not this node's any more when they ended. */
    final LongAdder fenced = new LongAdder();

    /** Callbacks handed to the executor that have not begun. */
    final AtomicInteger queued = new AtomicInteger();

    /** Lateness in microseconds, two digits, up to an hour. */
    private final ConcurrentHistogram lateness = new ConcurrentHistogram(HIGHEST_LATENESS_MICROS, 2);

    void late(long micros) {
        lateness.recordValue(Math.min(Math.max(0, micros), HIGHEST_LATENESS_MICROS));
    }

    private long percentile(double percentile) {
        return lateness.getTotalCount() == 0 ? 0 : lateness.getValueAtPercentile(percentile);
    }

    /** Slots, armed and running are the cluster's, all else is this node's. */
    SlotMapStats stats(Counts counts) {
        return new SlotMapStats(
                counts.slots(),
                counts.armed(),
                counts.running(),
                Math.max(0, queued.get()),
                counts.paused(),
                counts.slots(),
                started.sum(),
                rearmed.sum(),
                moved.sum(),
                coalesced.sum(),
                rejected.sum(),
                cancelled.sum(),
                deleted.sum(),
                deletedArmed.sum(),
                fired.sum(),
                failed.sum(),
                retried.sum(),
                postponed.sum(),
                skipped.sum(),
                deferred.sum(),
                kept.sum(),
                0,
                Micros.toDuration(percentile(50)),
                Micros.toDuration(percentile(99)),
                Micros.toDuration(percentile(100)));
    }
}

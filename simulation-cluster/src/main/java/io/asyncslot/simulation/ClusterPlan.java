package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import org.jspecify.annotations.Nullable;

/**
 * What a map of a cluster is to be.
 *
 * @param merge how its values are merged; null where slots carry none
 * @param period microseconds between its points; 0 for none
 */
record ClusterPlan(
        String name,
        boolean work,
        @Nullable Merge merge,
        boolean freesIdle,
        int concurrency,
        long period,
        LatePolicy late) {

    static ClusterPlan drawn(String name, Dice dice) {
        boolean work = dice.oneIn(3);
        long period = work || !dice.oneIn(3) ? 0 : dice.of(300_000L, 1_000_000L, 3_000_000L);
        return new ClusterPlan(
                name,
                work,
                period != 0 || dice.oneIn(3) ? null : dice.of(Merge.LAST, Merge.COLLECT),
                !dice.oneIn(3),
                dice.oneIn(4) ? 1 : 0,
                period,
                dice.of(LatePolicy.values()));
    }

    /** The point to arm when the run for a point begins at some time. */
    long next(long point, long now) {
        return late == LatePolicy.ALL ? point + period : after(point, Math.max(point, now));
    }

    /** Whether the run for a point is left out that would begin at some time: a whole further period has passed. */
    boolean leavesOut(long due, long now) {
        return late == LatePolicy.SKIP && due + period <= now;
    }

    private long after(long point, long now) {
        return point + (Math.floorDiv(now - point, period) + 1) * period;
    }
}

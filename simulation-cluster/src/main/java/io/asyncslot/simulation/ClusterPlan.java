package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import org.jspecify.annotations.Nullable;

/**
 * What a map of a cluster is to be.
 *
 * @param merge how its values are merged; null where slots carry none
 * @param period microseconds between its points; 0 for none
 * @param maxValues how many values a slot may collect; 0 for any number
 * @param maxEntries how many slots it may have; 0 for any number
 * @param maxWait microseconds that a slot can be postponed; 0 for no limit
 * @param flushAt how many collected values make a slot due at once; 0 for none
 */
record ClusterPlan(
        String name,
        boolean work,
        @Nullable Merge merge,
        boolean freesIdle,
        int concurrency,
        long period,
        LatePolicy late,
        int maxValues,
        int maxEntries,
        long maxWait,
        int flushAt) {

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
                dice.of(LatePolicy.values()),
                0,
                0,
                0,
                0);
    }

    /** The same with limits, and with another merge rule. */
    ClusterPlan shaped(Dice dice) {
        int most = merge == Merge.COLLECT && dice.oneIn(3) ? 1 + dice.below(4) : 0;
        boolean flushes = merge == Merge.COLLECT && !work && most != 1 && dice.oneIn(2);
        return new ClusterPlan(
                name,
                work,
                merge == Merge.LAST && dice.oneIn(2) ? Merge.FIRST : merge,
                freesIdle,
                concurrency,
                period,
                late,
                most,
                dice.oneIn(4) ? 1 + dice.below(3) : 0,
                !work && period == 0 && dice.oneIn(3) ? dice.of(50_000L, 800_000L, 2_000_000L) : 0,
                flushes ? 2 : 0);
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

package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import org.jspecify.annotations.Nullable;

/**
 * What a map of a cluster is to be.
 *
 * @param merge how its values are merged; null where slots carry none
 * @param grid its points; null for none
 * @param maxValues how many values a slot may collect; 0 for any number
 * @param maxEntries how many slots it may have; 0 for any number
 * @param maxWait microseconds that a slot can be postponed; 0 for no limit
 * @param keySchedules whether each key may have points of its own
 * @param minInterval microseconds between the beginnings of two runs of a slot; 0 for none
 * @param flushAt how many collected values make a slot due at once; 0 for none
 */
record ClusterPlan(
        String name,
        boolean work,
        @Nullable Merge merge,
        boolean freesIdle,
        int concurrency,
        @Nullable Grid grid,
        LatePolicy late,
        int maxValues,
        int maxEntries,
        long maxWait,
        boolean keySchedules,
        long minInterval,
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
                period == 0 ? null : new Grid(period, false),
                dice.of(LatePolicy.values()),
                0,
                0,
                0,
                false,
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
                grid,
                late,
                most,
                dice.oneIn(4) ? 1 + dice.below(3) : 0,
                !work && grid == null && dice.oneIn(3) ? dice.of(50_000L, 800_000L, 2_000_000L) : 0,
                keySchedules,
                minInterval,
                flushes ? 2 : 0);
    }

    /** The same with points of the clock or of its keys, with an interval, or with a function, as far as it may have them. */
    ClusterPlan spaced(Dice dice) {
        boolean periodic = !work && merge == null && maxWait == 0 && dice.oneIn(2);
        return new ClusterPlan(
                name,
                work,
                merge == Merge.LAST && dice.oneIn(2) ? Merge.FUNCTION : merge,
                freesIdle,
                concurrency,
                periodic && grid != null ? Grid.drawn(dice) : grid,
                late,
                maxValues,
                maxEntries,
                maxWait,
                periodic && (grid == null || dice.oneIn(2)),
                work && dice.oneIn(2) ? dice.of(20_000L, 400_000L, 2_000_000L) : 0,
                flushAt);
    }
}

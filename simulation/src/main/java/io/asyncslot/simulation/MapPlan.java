package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.SlotClock;
import org.jspecify.annotations.Nullable;

/**
 * What a map is to be.
 *
 * @param period microseconds between its points; 0 for none
 * @param cron whether these are points of the wall clock, as of a schedule
 * @param merge how its values are merged; null where slots carry none
 */
record MapPlan(
        String name,
        boolean work,
        SlotClock clock,
        long period,
        boolean cron,
        LatePolicy late,
        @Nullable Merge merge,
        int maxValues,
        boolean freesIdle,
        int maxEntries,
        int concurrency,
        int history) {

    /** Of slots that outlive the process: what is left out after a restart cannot be counted. */
    MapPlan surviving() {
        return new MapPlan(
                name,
                work,
                clock,
                0,
                false,
                LatePolicy.ONCE,
                merge,
                maxValues,
                freesIdle,
                maxEntries,
                concurrency,
                history);
    }

    static MapPlan drawn(String name, int keys, Dice dice) {
        int kind = dice.below(8); // three one-shot, two periodic, one of a schedule, two of work
        boolean work = kind >= 6;
        boolean cron = kind == 5;
        boolean periodic = kind == 3 || kind == 4;
        LatePolicy late = dice.of(LatePolicy.values());
        SlotClock clock = work
                ? SlotClock.MONOTONIC
                : cron
                        ? SlotClock.REALTIME
                        : periodic ? dice.of(SlotClock.MONOTONIC, SlotClock.BOOTTIME) : dice.of(SlotClock.values());
        long period = cron
                ? 1_000_000L * (1 + dice.below(10))
                : !periodic
                        ? 0
                        : late == LatePolicy.ALL
                                ? 1_000_000L * (1 + dice.below(20))
                                : dice.of(700L, 5_000L, 1_000_000L);
        Merge merge = period != 0 || dice.oneIn(3) ? null : dice.of(Merge.values());
        return new MapPlan(
                name,
                work,
                clock,
                period,
                cron,
                late,
                merge,
                merge == Merge.COLLECT && dice.oneIn(2) ? 1 + dice.below(3) : 0,
                !dice.oneIn(3),
                dice.oneIn(4) ? 1 + dice.below(keys) : 0,
                dice.oneIn(3) ? 1 + dice.below(2) : 0,
                dice.oneIn(3) ? 4 : 0);
    }
}

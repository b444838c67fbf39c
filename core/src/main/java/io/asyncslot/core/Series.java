package io.asyncslot.core;

import io.asyncslot.SlotSchedule;
import io.asyncslot.backend.Periods;

/**
 * A schedule that a key was started with, and its points. Immutable.
 *
 * @param schedule the schedule
 * @param periods its points: the same object as long as the key has an equal schedule, to tell its fired points by; a start
 *     at a fixed rate has points of its own each time
 */
public record Series(SlotSchedule schedule, Periods periods) {

    /** Stands for the schedule that a slot has at the moment of the step. */
    public static final Series KEEP = new Series(after -> null, Periods.ONE_SHOT);
}

package io.asyncslot;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What lasts longest in a map and what comes next, as of one walk over it. Immutable.
 *
 * @param oldestOverdue how long the slot that is overdue longest has been due, those that are paused left out; zero when
 *     none is overdue
 * @param longestRun how long the callback that runs longest has been running; zero when none runs, null when that is not
 *     known because history is off
 * @param nextDeadline how long until the next slot is due; null when none is pending that is not due already
 */
public record SlotMapTimes(
        Duration oldestOverdue,
        @Nullable Duration longestRun,
        @Nullable Duration nextDeadline) {}

package io.asyncslot;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The extremes of a map, found by one walk over its slots. Immutable.
 *
 * @param oldestOverdue how long the slot that is overdue longest has been due, without paused slots; zero if none is overdue
 * @param longestRun how long the callback that runs longest has been running; zero if none runs; null if that is unknown because
 *     history is off
 * @param nextDeadline time until the next slot is due; null if no deadline lies ahead
 */
public record SlotMapTimes(
        Duration oldestOverdue,
        @Nullable Duration longestRun,
        @Nullable Duration nextDeadline) {}

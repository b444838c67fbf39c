package io.asyncslot;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Points at a fixed distance, from wherever they begin. Immutable.
 *
 * @param period the distance
 */
public record FixedRateSchedule(Duration period) implements SlotSchedule {

    /**
     * Makes one.
     *
     * @param period at least one microsecond
     */
    public FixedRateSchedule {
        if (period == null || period.compareTo(Duration.ofNanos(1_000)) < 0) {
            throw new IllegalArgumentException("'period' of a schedule must be at least one microsecond: " + period);
        }
    }

    @Override
    public @Nullable Instant next(Instant after) {
        try {
            return after.plus(period);
        } catch (DateTimeException | ArithmeticException e) {
            return null; // beyond the end of time
        }
    }

    @Override
    public String text() {
        return toString();
    }

    @Override
    public String toString() {
        return "every " + period;
    }
}

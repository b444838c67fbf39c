package io.asyncslot.test.contract;

import io.asyncslot.SlotSchedule;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The schedule of the contract's keys: multiples of a step of the wall clock, plus an offset. A backend that keeps
 * schedules as text must be told how to write this one ({@link #toString}) and how to read it ({@link #parse}).
 * Immutable.
 *
 * @param step the distance of the points
 * @param offset the distance of the points from the multiples
 */
public record GridSchedule(Duration step, Duration offset) implements SlotSchedule {

    private static final Pattern TEXT = Pattern.compile("grid of (\\S+) plus (\\S+)");

    @Override
    public Instant next(Instant after) {
        long nanos = Duration.between(Instant.EPOCH, after.minus(offset)).toNanos();
        return Instant.EPOCH
                .plusNanos((Math.floorDiv(nanos, step.toNanos()) + 1) * step.toNanos())
                .plus(offset);
    }

    /** Whether a moment is one of its points. */
    boolean has(Instant point) {
        return Duration.between(Instant.EPOCH, point.minus(offset)).toNanos() % step.toNanos() == 0;
    }

    @Override
    public String toString() {
        return "grid of " + step + " plus " + offset;
    }

    /**
     * Reads what {@link #toString} has written.
     *
     * @param text the text
     * @return an equal schedule
     * @throws IllegalArgumentException if the text is not that of a grid
     */
    public static GridSchedule parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no grid");
        }
        return new GridSchedule(Duration.parse(matcher.group(1)), Duration.parse(matcher.group(2)));
    }
}

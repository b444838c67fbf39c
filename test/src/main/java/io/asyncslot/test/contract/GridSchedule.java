package io.asyncslot.test.contract;

import io.asyncslot.SlotSchedule;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The schedule that the contract's keys have: multiples of a step of the wall clock, and a part of it more. A backend that keeps
 * schedules as text has to be told how this one is written ({@link #toString}) and read ({@link #parse}). Immutable.
 *
 * @param step the distance of the points
 * @param offset how far they are from the multiples
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
     * @throws IllegalArgumentException if the text is none of a grid
     */
    public static GridSchedule parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no grid");
        }
        return new GridSchedule(Duration.parse(matcher.group(1)), Duration.parse(matcher.group(2)));
    }
}

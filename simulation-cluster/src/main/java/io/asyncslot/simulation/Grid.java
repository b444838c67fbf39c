package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import java.time.Duration;
import java.time.Instant;

/**
 * The points of a map or of a key, as the model has them.
 *
 * @param period microseconds between two points
 * @param calendar whether they are points of the clock, and not of a grid that begins with a start
 */
record Grid(long period, boolean calendar) {

    /** The schedules of the simulator by their texts. */
    static final SlotScheduleCodec CODEC = new SlotScheduleCodec() {
        @Override
        public String write(SlotSchedule schedule) {
            return String.valueOf(schedule.text());
        }

        @Override
        public SlotSchedule read(String text) {
            return of(text).schedule();
        }
    };

    private static final String CALENDAR = "calendar ";

    /** Points of the clock, as a user might write them. */
    private record Calendar(long period) implements SlotSchedule {
        @Override
        public Instant next(Instant after) {
            return Micros.toInstant((Math.floorDiv(Micros.of(after), period) + 1) * period);
        }

        @Override
        public String text() {
            return CALENDAR + period;
        }
    }

    static Grid drawn(Dice dice) {
        return new Grid(dice.of(300_000L, 1_000_000L, 3_000_000L), dice.oneIn(2));
    }

    static Grid of(String text) {
        return text.startsWith(CALENDAR)
                ? new Grid(Long.parseLong(text.substring(CALENDAR.length())), true)
                : new Grid(Duration.parse(text.substring("every ".length())).toNanos() / 1_000, false);
    }

    SlotSchedule schedule() {
        return calendar ? new Calendar(period) : SlotSchedule.every(Duration.ofNanos(period * 1_000));
    }

    /** What is to be armed by a start at some time. */
    Deadline first(long now) {
        return calendar ? Deadline.at(after(0, now)) : Deadline.in(period);
    }

    /** The point to arm when the run for a point begins at some time. */
    long next(LatePolicy late, long point, long now) {
        return after(point, late == LatePolicy.ALL ? point : Math.max(point, now));
    }

    /** Whether the run for a point is left out that would begin at some time: a whole further period has passed. */
    boolean leavesOut(LatePolicy late, long due, long now) {
        return late == LatePolicy.SKIP && after(due, due) <= now;
    }

    private long after(long point, long now) {
        long origin = calendar ? 0 : point;
        return origin + (Math.floorDiv(now - origin, period) + 1) * period;
    }
}

package io.asyncslot.backend;

import io.asyncslot.FixedRateSchedule;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.TimerMapSpec;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The grid a periodic map's slots fire on, and what its late policy makes of missed points. Immutable. */
public abstract class Periods {

    /** No further point. */
    public static final long NONE = -1;

    /** One-shot: a run is never followed by itself. */
    public static final Periods ONE_SHOT = new Periods(LatePolicy.ONCE) {
        @Override
        public long pointAfter(long point, long now) {
            return NONE;
        }
    };

    private final LatePolicy late;

    private Periods(LatePolicy late) {
        this.late = late;
    }

    /**
     * The grid of a map.
     *
     * @param spec what the map is to be
     * @return its grid; one without points for a map that is not periodic
     */
    public static Periods of(TimerMapSpec<?> spec) {
        Duration every = spec.every();
        SlotSchedule schedule = spec.schedule();
        if (every != null) {
            return new FixedRate(Micros.span(every), spec.late());
        }
        return schedule != null ? of(schedule, spec.late(), spec.name()) : ONE_SHOT;
    }

    /**
     * The points of a schedule.
     *
     * @param schedule the schedule
     * @param late what becomes of missed points
     * @param map the name of the map, for messages
     * @return its points
     */
    public static Periods of(SlotSchedule schedule, LatePolicy late, String map) {
        return schedule instanceof FixedRateSchedule fixed
                ? new FixedRate(Micros.span(fixed.period()), late)
                : new Calendar(schedule, late, map);
    }

    /**
     * The point to arm when the run for a point begins or is left out.
     *
     * @param deadline the point
     * @param now not before {@code deadline}
     * @return the next point, or {@link #NONE}
     */
    public final long next(long deadline, long now) {
        return pointAfter(deadline, late == LatePolicy.ALL ? deadline : Math.max(now, deadline));
    }

    /**
     * Whether the late policy leaves out the run for a point.
     *
     * @param deadline the point
     * @param now not before {@code deadline}
     * @return true when a whole further period has passed and missed periods are skipped
     */
    public final boolean leavesOut(long deadline, long now) {
        if (late != LatePolicy.SKIP) {
            return false;
        }
        long following = pointAfter(deadline, deadline);
        return following != NONE && following <= now;
    }

    /**
     * Whether points that fall due during a run are left out.
     *
     * @return true when missed periods are skipped
     */
    public final boolean leavesOutOverruns() {
        return late == LatePolicy.SKIP;
    }

    /**
     * Whether every point has its run, however late.
     *
     * @return true when no point is left out
     */
    public final boolean leavesOutNone() {
        return late == LatePolicy.ALL;
    }

    /**
     * Whether the point that is pending waits for an earlier one that is delivered again.
     *
     * @param deadline when that is to be
     * @param pending the point
     * @return true when it comes before the point, or when no point is left out for being late
     */
    public final boolean waitsFor(long deadline, long pending) {
        return leavesOutNone() || deadline < pending;
    }

    /**
     * The first point of the grid through {@code point} that is after {@code now}.
     *
     * @param point a point of the grid
     * @param now before or after it
     * @return the point, or {@link #NONE}
     */
    public abstract long pointAfter(long point, long now);

    /**
     * Whether a start begins a grid of its own, so that points which have fired before are none of it.
     *
     * @return true for points at a fixed rate
     */
    public boolean beginsWithItsStart() {
        return false;
    }

    /** Points at a fixed distance. */
    private static final class FixedRate extends Periods {
        private final long period;

        FixedRate(long period, LatePolicy late) {
            super(late);
            this.period = period;
        }

        @Override
        public long pointAfter(long point, long now) {
            long periods = Math.floorDiv(now - point, period) + 1;
            return periods > (Micros.NEVER - point) / period ? Micros.NEVER : point + periods * period;
        }

        @Override
        public boolean beginsWithItsStart() {
            return true;
        }
    }

    /** Points of a calendar. */
    private static final class Calendar extends Periods {
        private static final Log LOG = new Log(Periods.class);
        private static final Log.Message SCHEDULE_FAILED =
                LOG.message("the schedule of map '", "' failed: it is taken for its end");
        private final SlotSchedule schedule;
        private final String map;

        Calendar(SlotSchedule schedule, LatePolicy late, String map) {
            super(late);
            this.schedule = schedule;
            this.map = map;
        }

        @Override
        public long pointAfter(long point, long now) {
            try {
                return next(schedule, now);
            } catch (Throwable e) {
                SCHEDULE_FAILED.error(map, e);
                return NONE;
            }
        }
    }

    /**
     * The first point of a schedule after a moment.
     *
     * @param schedule the schedule
     * @param now the moment, in microseconds of the wall clock
     * @return the point, or {@link #NONE}
     * @throws IllegalStateException if the schedule answers a point that is not after the moment
     */
    public static long next(SlotSchedule schedule, long now) {
        Instant after = Micros.toInstant(now);
        @Nullable Instant next = schedule.next(after);
        if (next == null) {
            return NONE;
        }
        if (!next.isAfter(after)) {
            throw new IllegalStateException("a schedule must return a point after " + after + " but returned " + next);
        }
        return Micros.of(next);
    }
}

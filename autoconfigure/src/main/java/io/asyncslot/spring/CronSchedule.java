package io.asyncslot.spring;

import io.asyncslot.SlotSchedule;
import io.asyncslot.annotation.DstPolicy;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.support.CronExpression;
import org.springframework.util.StringUtils;

/**
 * A cron expression in a zone. Immutable.
 *
 * @param cron the expression
 * @param zone where its fields are read
 * @param once whether a point has one run where the zone's clocks are set forward or back
 */
record CronSchedule(CronExpression cron, ZoneId zone, boolean once) implements SlotSchedule {

    /** The expression of a map that is disabled. */
    static final String DISABLED = Scheduled.CRON_DISABLED;

    /** The schedule of a map that is disabled: never. */
    static final SlotSchedule NEVER = after -> Instant.MAX;

    /**
     * Reads expression and zone.
     *
     * @param zone a zone id; empty for the system's
     * @param dst what becomes of points when the zone's clocks are set forward or back
     * @throws IllegalArgumentException naming value and rule
     */
    static CronSchedule parse(String expression, String zone, DstPolicy dst) {
        CronExpression cron;
        try {
            cron = CronExpression.parse(expression);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + expression
                            + "' is not a cron expression of six fields (second minute hour day month weekday): "
                            + e.getMessage(),
                    e);
        }
        CronSchedule schedule = new CronSchedule(cron, zone(zone), dst == DstPolicy.ONCE && isFixed(cron));
        if (schedule.next(Instant.EPOCH) == null) {
            throw new IllegalArgumentException(
                    "'" + expression + "' is a cron expression that matches no point in time");
        }
        return schedule;
    }

    private static ZoneId zone(String zone) {
        try {
            return zone.isBlank() ? ZoneId.systemDefault() : ZoneId.of(zone.strip());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("'" + zone + "' is not a time zone such as Europe/Berlin", e);
        }
    }

    /** Whether hour and minute are fixed: such a point is one of the day, others are of the clock. */
    private static boolean isFixed(CronExpression cron) {
        String[] fields = StringUtils.tokenizeToStringArray(cron.toString(), " "); // second, minute, hour
        return !fields[1].startsWith("*") && !fields[2].startsWith("*");
    }

    /** As {@link SlotSchedule#cron} reads it; none for points by the clock, which that does not make. */
    @Override
    public @Nullable String text() {
        return once || !isFixed(cron) ? "cron " + zone.getId() + " " + cron : null;
    }

    @Override
    public String toString() {
        return "cron '" + cron + "' in " + zone + (once ? "" : ", by the clock");
    }

    @Override
    public @Nullable Instant next(Instant after) {
        return once ? nextOnce(after) : nextShown(after);
    }

    /**
     * The next time that the clock shows a point. Where a zone's clocks are set back, the same local time comes twice, and the
     * expression may name the former one over and over: it is asked from later on until it does not.
     */
    private @Nullable Instant nextShown(Instant after) {
        ZonedDateTime from = after.atZone(zone);
        ZonedDateTime next = cron.next(from);
        while (next != null && !next.toInstant().isAfter(after)) {
            from = from.plusSeconds(1);
            next = cron.next(from);
        }
        return next == null ? null : next.toInstant();
    }

    /** The next point by the calendar, each at one instant. */
    private @Nullable Instant nextOnce(Instant after) {
        LocalDateTime point = LocalDateTime.ofInstant(after, zone);
        for (; ; ) {
            point = cron.next(point);
            if (point == null) {
                return null;
            }
            Instant instant = instant(point);
            if (instant.isAfter(after)) {
                return instant; // else the clock shows it for the second time, or it was made up for after a change
            }
        }
    }

    /** When a local time is: the first time that the clock shows it, or the change that skips it. */
    private Instant instant(LocalDateTime point) {
        ZoneOffsetTransition change = zone.getRules().getTransition(point);
        return change != null && change.isGap()
                ? change.getInstant()
                : point.atZone(zone).toInstant();
    }
}

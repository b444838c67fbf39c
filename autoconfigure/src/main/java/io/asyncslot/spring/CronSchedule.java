package io.asyncslot.spring;

import io.asyncslot.SlotSchedule;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.support.CronExpression;

/**
 * A cron expression in a zone. Immutable.
 *
 * @param cron the expression
 * @param zone where its fields are read
 */
record CronSchedule(CronExpression cron, ZoneId zone) implements SlotSchedule {

    /**
     * Reads expression and zone.
     *
     * @param zone a zone id; empty for the system's
     * @throws IllegalArgumentException naming value and rule
     */
    static CronSchedule parse(String expression, String zone) {
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
        CronSchedule schedule = new CronSchedule(cron, zone(zone));
        if (schedule.next(Instant.EPOCH) == null) {
            throw new IllegalArgumentException("'" + expression + "' is a cron expression without any point in time");
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

    @Override
    public @Nullable Instant next(Instant after) {
        ZonedDateTime next = cron.next(after.atZone(zone));
        while (next != null && !next.toInstant().isAfter(after)) {
            next = cron.next(next); // where a zone's clocks are set back, the same local time comes twice
        }
        return next == null ? null : next.toInstant();
    }
}

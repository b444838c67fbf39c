package io.asyncslot;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * A calendar-like series of points in time, such as a cron expression in a zone. Must be stateless and thread-safe. Views of slots
 * show its {@link Object#toString}.
 */
@FunctionalInterface
public interface SlotSchedule {

    /**
     * The first point of the series strictly after a given one.
     *
     * @param after where to look from
     * @return the next point, or null when the series has ended
     */
    @Nullable
    Instant next(Instant after);

    /**
     * A text from which {@link #parse} makes an equal schedule, for backends that keep the schedule of a key.
     *
     * @return the text; null for none: a backend whose slots outlive the process then refuses the schedule
     */
    default @Nullable String text() {
        return null;
    }

    /**
     * Makes a schedule from its text: {@code every PT10S}, or {@code cron Asia/Tokyo 0 30 6 * * *}.
     *
     * @param text the result of {@link #text}
     * @return the schedule
     * @throws IllegalArgumentException if the text does not describe a schedule
     * @throws IllegalStateException as {@link #cron}
     */
    static SlotSchedule parse(String text) {
        String[] words = text.split(" ", 3);
        try {
            if (words[0].equals("every") && words.length == 2) {
                return every(Duration.parse(words[1]));
            }
            if (words[0].equals("cron") && words.length == 3) {
                return cron(words[2], ZoneId.of(words[1]));
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("'" + text + "' is not the text of a schedule", e);
        }
        throw new IllegalArgumentException("'" + text + "' is not the text of a schedule, such as"
                + " 'every PT10S' or 'cron Asia/Tokyo 0 30 6 * * *'");
    }

    /**
     * A fixed rate: the first point is a period after the start, and each further one a period after the one before.
     *
     * @param period at least one microsecond
     * @return the schedule; equal to another one of the same period
     * @throws IllegalArgumentException if the period is shorter
     */
    static SlotSchedule every(Duration period) {
        return new FixedRateSchedule(period);
    }

    /**
     * A cron expression in a zone. When the zone's clocks are set forward or back, a point with a fixed hour and minute has one
     * run, as with {@code DstPolicy.ONCE} of the annotations.
     *
     * @param expression six fields: second, minute, hour, day of month, month, day of week
     * @param zone where the fields are read
     * @return the schedule; equal to another one of the same expression and zone
     * @throws IllegalArgumentException if the expression cannot be read, or has no point at all
     * @throws IllegalStateException if the class path has no {@link CronReader}, if one cannot be loaded, or if the application has
     *     several. {@code asyncslot-spring-boot-starter} brings one, and the application's own reader takes precedence over it
     */
    static SlotSchedule cron(String expression, ZoneId zone) {
        return CronReaders.reader(expression).read(expression, zone);
    }
}

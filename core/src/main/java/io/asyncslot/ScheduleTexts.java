package io.asyncslot;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;

/** Schedules as text: {@code every PT10S}, {@code cron Asia/Tokyo 0 30 6 * * *}. */
final class ScheduleTexts {

    private static final String EVERY = "every ";
    private static final String CRON = "cron ";

    private ScheduleTexts() {}

    static String every(Duration period) {
        return EVERY + period;
    }

    static SlotSchedule parse(String text) {
        try {
            if (text.startsWith(EVERY)) {
                return SlotSchedule.every(Duration.parse(text.substring(EVERY.length())));
            }
            int end = text.indexOf(' ', CRON.length());
            if (text.startsWith(CRON) && end > 0) {
                return SlotSchedule.cron(text.substring(end + 1), ZoneId.of(text.substring(CRON.length(), end)));
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("'" + text + "' is not the text of a schedule", e);
        }
        throw new IllegalArgumentException("'" + text + "' is not the text of a schedule: it must be such as"
                + " 'every PT10S' or 'cron Asia/Tokyo 0 30 6 * * *'");
    }
}

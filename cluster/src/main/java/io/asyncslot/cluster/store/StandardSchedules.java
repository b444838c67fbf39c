package io.asyncslot.cluster.store;

import io.asyncslot.SlotSchedule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Schedules by their own text: a fixed rate, or a cron expression in a zone. Stateless. */
enum StandardSchedules implements SlotScheduleCodec {
    INSTANCE;

    private static final Pattern EVERY = Pattern.compile("every (\\S+)");
    private static final Pattern CRON = Pattern.compile("cron '([^']+)' in (\\S+?)(, by the clock)?");

    @Override
    public String write(SlotSchedule schedule) {
        return schedule.toString();
    }

    @Override
    public SlotSchedule read(String text) {
        Matcher every = EVERY.matcher(text);
        Matcher cron = CRON.matcher(text);
        try {
            if (every.matches()) {
                return SlotSchedule.every(Duration.parse(every.group(1)));
            }
            if (cron.matches()) {
                return SlotSchedule.cron(cron.group(1), ZoneId.of(cron.group(2)));
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("'" + text + "' is no schedule: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(
                "'" + text + "' is no schedule such as \"every PT10M\" or \"cron '0 30 6 * * *' in Asia/Tokyo\"");
    }
}

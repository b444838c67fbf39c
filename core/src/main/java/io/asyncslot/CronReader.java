package io.asyncslot;

import java.time.ZoneId;

/** Reads cron expressions for {@link SlotSchedule#cron}. Found by {@link java.util.ServiceLoader}; must be thread-safe. */
public interface CronReader {

    /**
     * Reads an expression.
     *
     * @param expression six fields: second, minute, hour, day of month, month, day of week
     * @param zone where the fields are read
     * @return its points; equal for equal arguments, and with a readable {@code toString}
     * @throws IllegalArgumentException naming value and rule
     */
    SlotSchedule read(String expression, ZoneId zone);
}

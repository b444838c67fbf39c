package io.asyncslot.spring;

import io.asyncslot.CronReader;
import io.asyncslot.SlotSchedule;
import io.asyncslot.annotation.DstPolicy;
import java.time.ZoneId;

/** Reads cron expressions as Spring does, for {@link SlotSchedule#cron}. Thread-safe. */
public final class SpringCronReader implements CronReader {

    /** For the service loader. */
    public SpringCronReader() {}

    @Override
    public SlotSchedule read(String expression, ZoneId zone) {
        return CronSchedule.parse(expression, zone.getId(), DstPolicy.ONCE);
    }
}

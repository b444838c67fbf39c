package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotSchedule;
import io.asyncslot.annotation.DstPolicy;
import io.asyncslot.fuzz.FuzzInput;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/** Cron expressions: read, or refused by name; each point comes after the one before, and after what was asked for. */
public final class CronFuzz {

    private static final List<String> ZONES =
            ZoneId.getAvailableZoneIds().stream().sorted().toList();
    private static final int POINTS = 5;

    private CronFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        DstPolicy dst = input.one(DstPolicy.values());
        int zone = input.wideNumber();
        Instant after = Instant.ofEpochSecond(input.longNumber() >> 28, input.number());
        String text = input.rest();
        SlotSchedule schedule;
        try {
            schedule = CronSchedule.parse(text, zone == 0 ? text : ZONES.get(zone % ZONES.size()), dst);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("'" + text + "'");
            return;
        }
        for (int i = 0; i < POINTS; i++) {
            Instant next = schedule.next(after);
            if (next == null) {
                return;
            }
            assertThat(next).isAfter(after);
            after = next;
        }
    }
}

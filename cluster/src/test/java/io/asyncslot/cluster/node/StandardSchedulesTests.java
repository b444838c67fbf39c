package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

/** Schedules of keys as text: what is read is what was written, also where clocks are set forward and back. */
class StandardSchedulesTests {

    private final KeySchedules schedules = new KeySchedules("report", LatePolicy.ONCE, SlotScheduleCodec.standard());

    @Test
    void whatWasWritten_isReadAsAnEqualSchedule() {
        for (String zone : new String[] {"Asia/Tokyo", "Europe/Berlin", "UTC", "+05:30", "America/St_Johns"}) {
            for (String expression :
                    new String[] {"0 30 6 * * *", "*/5 * * * * *", "0 0 0 L * *", "0 15 2 * * MON-FRI"}) {
                SlotSchedule cron = SlotSchedule.cron(expression, ZoneId.of(zone));
                assertThat(schedules.of(schedules.text(cron)).schedule()).isEqualTo(cron);
            }
        }
        for (String period : new String[] {"PT0.000001S", "PT10M", "PT26H3M", "PT1000000H"}) {
            SlotSchedule every = SlotSchedule.every(Duration.parse(period));
            assertThat(schedules.of(schedules.text(every)).schedule()).isEqualTo(every);
        }
    }

    @Test
    void pointsOfWhatIsRead_areThoseOfTheCalendar_throughChangesOfTheClock() {
        SlotSchedule written = SlotSchedule.cron("0 30 2 * * *", ZoneId.of("Europe/Berlin"));
        SlotSchedule read = schedules.of("cron Europe/Berlin 0 30 2 * * *").schedule();
        for (String start : new String[] {"2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"}) {
            Instant point = Instant.parse(start);
            for (int i = 0; i < 5; i++) {
                assertThat(read.next(point)).isEqualTo(written.next(point));
                point = read.next(point);
            }
        }
        assertThat(read.next(Instant.parse("2026-03-28T12:00:00Z")))
                .as("02:30 is skipped that night: the change itself")
                .isEqualTo(Instant.parse("2026-03-29T01:00:00Z"));
        assertThat(read.next(Instant.parse("2026-10-25T00:30:00Z")))
                .as("02:30 is shown twice that night: the first time was its point")
                .isEqualTo(Instant.parse("2026-10-26T01:30:00Z"));
    }

    @Test
    void scheduleThatNoTextTells_isRefusedWithTheRemedy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> schedules.text(after -> after.plusSeconds(1)))
                .withMessageContaining("the schedule of a key of map 'report' is kept as text")
                .withMessageContaining("use SlotSchedule.cron or SlotSchedule.every, or name a bean of type "
                        + SlotScheduleCodec.class.getName());
    }

    @Test
    void textThatIsNoSchedule_isRefusedByItsText() {
        for (String text : new String[] {
            "", "every", "every now and then", "cron UTC * * *", "cron Atlantis 0 0 0 * * *", "EVERY PT1S"
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> schedules.of(text))
                    .withMessageContaining("'");
        }
    }
}

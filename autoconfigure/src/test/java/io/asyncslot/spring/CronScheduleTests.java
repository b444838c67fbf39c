package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.annotation.DstPolicy;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cron expressions over the changes of a zone's clocks: Berlin goes to summer time on 29 March and back on 25 October 2026. */
class CronScheduleTests {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static List<String> points(String expression, DstPolicy dst, String from, String to) {
        CronSchedule schedule = CronSchedule.parse(expression, BERLIN.getId(), dst);
        List<String> points = new ArrayList<>();
        Instant end = Instant.parse(to);
        for (Instant next = schedule.next(Instant.parse(from));
                next != null && next.isBefore(end);
                next = schedule.next(next)) {
            points.add(next.toString());
        }
        return points;
    }

    @Test
    void daily_onTheDayThatSkipsIt_runsRightAfterTheChange() {
        assertThat(points("0 30 2 * * *", DstPolicy.ONCE, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"))
                .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    }

    @Test
    void daily_onTheDayThatShowsItTwice_runsOnce() {
        assertThat(points("0 30 2 * * *", DstPolicy.ONCE, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"))
                .containsExactly("2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    }

    @Test
    void severalSkippedPoints_runOnceTogether() {
        assertThat(points("0 15,45 2,3 * * *", DstPolicy.ONCE, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z"))
                .containsExactly("2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-29T01:45:00Z");
    }

    @Test
    void askedWithinTheHourThatComesTwice_nothingIsRepeated() {
        CronSchedule schedule = CronSchedule.parse("0 30 2 * * *", BERLIN.getId(), DstPolicy.ONCE);
        assertThat(schedule.next(Instant.parse("2026-10-25T01:10:00Z"))).isEqualTo("2026-10-26T01:30:00Z");
    }

    @Test
    void everyQuarterOfAnHour_followsTheClock() {
        for (DstPolicy dst : DstPolicy.values()) {
            assertThat(points("0 */15 * * * *", dst, "2026-10-24T23:59:00Z", "2026-10-25T03:00:00Z"))
                    .hasSize(12)
                    .doesNotHaveDuplicates();
            assertThat(points("0 */15 * * * *", dst, "2026-03-28T23:59:00Z", "2026-03-29T03:00:00Z"))
                    .hasSize(12);
        }
        assertThat(points("@hourly", DstPolicy.ONCE, "2026-10-24T23:59:00Z", "2026-10-25T03:00:00Z"))
                .containsExactly("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"); // 2:00 twice
        assertThat(points("@daily", DstPolicy.ONCE, "2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z"))
                .containsExactly("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z");
    }

    @Test
    void wallClock_runsWheneverTheClockShowsIt() {
        assertThat(points("0 30 2 * * *", DstPolicy.WALL_CLOCK, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"))
                .containsExactly("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z");
        assertThat(points("0 30 2 * * *", DstPolicy.WALL_CLOCK, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"))
                .containsExactly("2026-03-30T00:30:00Z");
    }

    /** Spring's expression names the former of two equal local times over and over there. Found by CronFuzz. */
    @Test
    @Timeout(30)
    void wallClock_comesPastLocalTimesThatAreHalfAnHourApart() {
        CronSchedule schedule = CronSchedule.parse("0 0 1 25 3 0", "Australia/Lord_Howe", DstPolicy.WALL_CLOCK);
        assertThat(schedule.next(Instant.parse("2001-03-24T14:00:00Z"))).isEqualTo("2007-03-24T14:00:00Z");
    }

    @Test
    void withoutChanges_bothPoliciesAreOne() {
        for (String expression : List.of("0 30 2 * * *", "0 0 8-18 * * MON-FRI", "0 0 0 L * *", "15 10 */2 1 * *")) {
            assertThat(points(expression, DstPolicy.ONCE, "2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z"))
                    .isNotEmpty()
                    .isEqualTo(
                            points(expression, DstPolicy.WALL_CLOCK, "2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z"));
        }
    }
}

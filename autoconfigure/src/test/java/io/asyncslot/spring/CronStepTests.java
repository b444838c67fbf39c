package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.annotation.DstPolicy;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Cron maps when the wall clock is set, on days when the zone's clocks change too. */
class CronStepTests {

    private final List<String> points = new ArrayList<>();

    private ManualTime berlin(String cron, String from, LatePolicy late) {
        ManualTime time = ManualTime.create(Instant.parse(from), Runnable::run);
        time.registry()
                .register(TimerMapSpec.named("cron", String.class)
                        .callback((key, firing) -> points.add(firing.deadline().toString()))
                        .schedule(CronSchedule.parse(cron, "Europe/Berlin", DstPolicy.ONCE))
                        .late(late)
                        .build())
                .start("key");
        time.runPending();
        return time;
    }

    private static void set(ManualTime time, Duration by) {
        time.ticker().setWallClock(time.now().plus(by));
        time.runPending();
    }

    /** A server that reads its clock as local time: an hour or two off until it is corrected, twice on one day. */
    @ParameterizedTest
    @CsvSource({
        "2026-03-28T23:00:00Z, 2026-03-29T01:00:00Z", // the clocks skip 02:30
        "2026-10-24T23:00:00Z, 2026-10-25T00:30:00Z", // and show it twice
        "2026-06-10T00:00:00Z, 2026-06-10T00:30:00Z"
    })
    void daily_theClockStepsForthAndBack_oneRunADay(String from, String point) {
        for (LatePolicy late : LatePolicy.values()) {
            points.clear();
            try (ManualTime time = berlin("0 30 2 * * *", from, late)) {
                set(time, Duration.ofHours(-2));
                time.advance(Duration.ofSeconds(5));
                set(time, Duration.ofHours(2));
                time.advance(Duration.ofMinutes(10));
                set(time, Duration.ofHours(3)); // past the point of the day
                time.advance(Duration.ofSeconds(5));
                set(time, Duration.ofHours(-3));
                assertThat(points).as("%s", late).containsExactly(point);
                time.advance(Duration.ofHours(20));
                assertThat(points).as("%s", late).containsExactly(point);
                time.advance(Duration.ofDays(2));
                assertThat(points).as("%s", late).hasSize(3).doesNotHaveDuplicates();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LatePolicy.class)
    void aYearAheadForAMinute_theDaysInBetweenHaveTheirRuns(LatePolicy late) {
        try (ManualTime time = berlin("0 30 2 * * *", "2026-10-20T12:00:00Z", late)) {
            time.advance(Duration.ofDays(1));
            assertThat(points).hasSize(1);
            set(time, Duration.ofDays(365));
            time.advance(Duration.ofMinutes(1));
            int ahead = points.size();
            set(time, Duration.ofDays(-365));
            time.advance(Duration.ofDays(10));
            assertThat(points).as("%s", late).doesNotHaveDuplicates();
            List<String> october = points.stream()
                    .filter(point -> point.compareTo("2026-10-31T12:00:00Z") < 0)
                    .toList();
            assertThat(october).as("%s, %d ahead", late, ahead).hasSize(11);
        }
    }
}

package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.TimerMapSpec;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PeriodsTests {

    private static Periods every(Duration period, LatePolicy late) {
        return Periods.of(TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .every(period)
                .late(late)
                .build());
    }

    private static Periods schedule(SlotSchedule schedule, LatePolicy late) {
        return Periods.of(TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .schedule(schedule)
                .late(late)
                .build());
    }

    private static Periods micros(long period, LatePolicy late) {
        return every(Duration.ofNanos(period * 1_000), late);
    }

    @ParameterizedTest
    @CsvSource({
        // policy, deadline, now, left out, next
        "ONCE, 100, 100, false, 110",
        "ONCE, 100, 109, false, 110",
        "ONCE, 100, 110, false, 120",
        "ONCE, 100, 155, false, 160",
        "SKIP, 100, 100, false, 110",
        "SKIP, 100, 109, false, 110",
        "SKIP, 100, 110, true, 120",
        "SKIP, 100, 155, true, 160",
        "ALL, 100, 100, false, 110",
        "ALL, 100, 110, false, 110",
        "ALL, 100, 155, false, 110"
    })
    void fixedRate_staysOnTheGrid(LatePolicy late, long deadline, long now, boolean leftOut, long next) {
        Periods periods = micros(10, late);
        assertThat(periods.leavesOut(deadline, now)).isEqualTo(leftOut);
        assertThat(periods.next(deadline, now)).isEqualTo(next);
        assertThat(periods.leavesOutOverruns()).isEqualTo(late == LatePolicy.SKIP);
    }

    @ParameterizedTest
    @EnumSource
    void fixedRate_beyondTheEndOfTime_isNever(LatePolicy late) {
        Periods longest = every(Duration.ofSeconds(Long.MAX_VALUE), late);
        assertThat(longest.next(1, 1)).isEqualTo(Micros.NEVER);
        assertThat(micros(10, late).next(Micros.NEVER - 5, Micros.NEVER - 5)).isEqualTo(Micros.NEVER);
        assertThat(micros(1, late).next(Micros.NEVER, Micros.NEVER)).isEqualTo(Micros.NEVER);
        assertThat(micros(1, late).next(0, late == LatePolicy.ALL ? 0 : Micros.NEVER - 1))
                .isLessThanOrEqualTo(Micros.NEVER);
    }

    @Test
    void fixedRate_periodsOfNanoseconds_roundUp() {
        assertThat(every(Duration.ofNanos(1_001), LatePolicy.ONCE).next(100, 100))
                .isEqualTo(102);
    }

    @Test
    void oneShot_hasNoNextAndLeavesNothingOut() {
        assertThat(Periods.ONE_SHOT.next(100, 1_000)).isEqualTo(Periods.NONE);
        assertThat(Periods.ONE_SHOT.leavesOut(100, 1_000)).isFalse();
        assertThat(Periods.ONE_SHOT.leavesOutOverruns()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"ONCE, false, 10000000", "SKIP, true, 10000000", "ALL, false, 6000000"})
    void calendar_asksForThePointAfter(LatePolicy late, boolean leftOut, long next) {
        Periods seconds = schedule(after -> Instant.ofEpochSecond(after.getEpochSecond() + 1), late);
        assertThat(seconds.leavesOut(5_000_000, 9_500_000)).isEqualTo(leftOut);
        assertThat(seconds.next(5_000_000, 9_500_000)).isEqualTo(next);
    }

    @Test
    void calendar_thatEndsThrowsOrGoesBack_endsTheSeries() {
        assertThat(schedule(after -> null, LatePolicy.ONCE).next(1, 1)).isEqualTo(Periods.NONE);
        assertThat(schedule(after -> after, LatePolicy.ONCE).next(1, 1)).isEqualTo(Periods.NONE);
        assertThat(schedule(
                                after -> {
                                    throw new UnsupportedOperationException("no");
                                },
                                LatePolicy.ONCE)
                        .next(1, 1))
                .isEqualTo(Periods.NONE);
        assertThat(schedule(
                                after -> {
                                    throw new NoClassDefFoundError("no");
                                },
                                LatePolicy.SKIP)
                        .leavesOut(1, 1))
                .isFalse();
    }

    @Test
    void next_ofAScheduleThatStandsStill_namesBothPoints() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Periods.next(after -> after.minusSeconds(1), 5_000_000))
                .withMessageContaining("1970-01-01T00:00:05Z")
                .withMessageContaining("1970-01-01T00:00:04Z");
    }
}

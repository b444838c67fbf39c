package io.asyncslot.stress.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pauses, suspend and a wall clock that is set: late policies apply, nothing early, nothing lost, no burst. */
class ClockJumpTests {

    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofHours(1).plusSeconds(5);
    private static final int MISSED = 360;

    private final Rig rig = new Rig();

    @ParameterizedTest
    @EnumSource(SlotClock.class)
    void once_missedPeriodsRunOnceTogether(SlotClock clock) {
        periodic(clock, LatePolicy.ONCE);
        List<Rig.Fired> fired = rig.pause(PAUSE);
        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).lateness()).isEqualTo(PAUSE.minus(PERIOD));
        goesOnAtTheGrid();
    }

    @ParameterizedTest
    @EnumSource(SlotClock.class)
    void skip_missedPeriodsDoNotRun(SlotClock clock) {
        TimerSlots<Integer> map = periodic(clock, LatePolicy.SKIP);
        // the first run was asked for by a start, so no policy leaves it out; its followers are the map's own
        assertThat(rig.pause(PERIOD)).hasSize(1);
        assertThat(rig.pause(PAUSE)).isEmpty();
        assertThat(map.stats().skipped()).isEqualTo(1);
        goesOnAtTheGrid();
    }

    @ParameterizedTest
    @EnumSource(SlotClock.class)
    void all_everyMissedPeriodRunsInOrder(SlotClock clock) {
        periodic(clock, LatePolicy.ALL);
        List<Duration> lateness =
                rig.pause(PAUSE).stream().map(Rig.Fired::lateness).toList();
        assertThat(lateness)
                .isEqualTo(LongStream.rangeClosed(1, MISSED)
                        .mapToObj(period -> PAUSE.minus(PERIOD.multipliedBy(period)))
                        .toList());
        goesOnAtTheGrid();
    }

    /** The pause has ended in the middle of a period. */
    private void goesOnAtTheGrid() {
        assertThat(rig.pause(Duration.ofSeconds(5).minusNanos(1_000))).isEmpty();
        List<Rig.Fired> fired = rig.pause(Duration.ofNanos(1_000));
        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).lateness()).isZero();
        assertThat(rig.pause(PERIOD)).hasSize(1);
    }

    private TimerSlots<Integer> periodic(SlotClock clock, LatePolicy late) {
        TimerSlots<Integer> map = rig.map("periodic", clock, PERIOD, late);
        map.start(1);
        assertThat(rig.pump()).isEmpty();
        return map;
    }

    @Test
    void oneShotsThatFellDueInAPauseFireOnceEachInOrder() {
        TimerSlots<Integer> map = rig.map("shots", SlotClock.MONOTONIC);
        for (int key = 50; key > 0; key--) {
            map.start(key, Duration.ofMinutes(key));
        }
        rig.pump();
        List<Object> keys =
                rig.pause(Duration.ofMinutes(30)).stream().map(Rig.Fired::key).toList();
        assertThat(keys)
                .isEqualTo(
                        LongStream.rangeClosed(1, 30).mapToObj(Math::toIntExact).toList());
        assertThat(rig.pause(Duration.ofMinutes(20))).hasSize(20);
        assertThat(rig.pause(Duration.ofDays(1))).isEmpty();
    }

    @Test
    void suspendCountsOnTheBoottimeAndTheWallClockOnly() {
        for (SlotClock clock : SlotClock.values()) {
            rig.map(clock.name(), clock).start(1, Duration.ofMinutes(10));
        }
        rig.pump();
        rig.ticker.suspend(Duration.ofMinutes(10).minusNanos(1_000));
        assertThat(rig.pump()).isEmpty();
        rig.ticker.suspend(Duration.ofNanos(1_000));
        assertThat(rig.pump()).extracting(Rig.Fired::map).containsExactlyInAnyOrder("REALTIME", "BOOTTIME");
        assertThat(rig.pause(Duration.ofMinutes(10).minusNanos(1_000))).isEmpty();
        assertThat(rig.pause(Duration.ofNanos(1_000)))
                .extracting(Rig.Fired::map)
                .containsExactly("MONOTONIC");
    }

    @Test
    void wallClockSetBack_aRealtimeSlotWaitsForItsPointInTime() {
        TimerSlots<Integer> map = rig.map("wall", SlotClock.REALTIME);
        map.startAt(1, Rig.WALL.plusSeconds(60));
        rig.pump();
        rig.ticker.setWallClock(Rig.WALL.minusSeconds(3_600));
        assertThat(rig.pause(Duration.ofSeconds(3_660).minusNanos(1_000))).isEmpty();
        List<Rig.Fired> fired = rig.pause(Duration.ofNanos(1_000));
        assertThat(fired).hasSize(1);
        assertThat(fired.get(0).deadline()).isEqualTo(Rig.WALL.plusSeconds(60));
        assertThat(fired.get(0).lateness()).isZero();
    }

    @Test
    void wallClockSetForth_aRealtimeSlotFiresAtTheNextLookAndNoOther() {
        Instant later = Rig.WALL.plusSeconds(86_400);
        for (SlotClock clock : SlotClock.values()) {
            rig.map(clock.name(), clock).start(1, Duration.ofDays(1));
        }
        long wake = wake();
        assertThat(wake - rig.ticker.monotonicNanos()) // by hand, it is for the test to look when it sets the clock
                .isLessThanOrEqualTo(Duration.ofDays(1).toNanos());
        rig.ticker.setWallClock(later);
        assertThat(rig.pump()).extracting(Rig.Fired::map).containsExactly("REALTIME");
    }

    @Test
    void wallClockSetBackAndForth_fixedRateDoesNotBurst() {
        rig.map("periodic", SlotClock.REALTIME, PERIOD, LatePolicy.ONCE).start(1);
        assertThat(rig.pause(PERIOD)).hasSize(1);
        rig.ticker.setWallClock(Rig.WALL.minusSeconds(3_600));
        assertThat(rig.pump()).isEmpty();
        rig.ticker.setWallClock(Rig.WALL.plusSeconds(3_605));
        assertThat(rig.pump()).hasSize(1);
        assertThat(rig.pump()).isEmpty();
    }

    private long wake() {
        return rig.backend.pump();
    }
}

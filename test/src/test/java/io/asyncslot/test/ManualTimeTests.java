package io.asyncslot.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.CancelOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Time as a test moves it: order, clocks, periods and late policies. */
class ManualTimeTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = ManualTime.create();
    private final Instant origin = time.now();

    /** What fired and at which second of the wall clock, counted from the origin. */
    private final List<String> fired = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private TimerSlots<String> map(UnaryOperator<TimerMapSpec.Builder<String>> more) {
        return time.registry()
                .register(more.apply(TimerMapSpec.named("map", String.class)
                                .callback((key, firing) -> fired.add(key + "@"
                                        + Duration.between(origin, time.now()).toSeconds())))
                        .build());
    }

    @Test
    void advance_firesInOrderEachAtItsDeadline() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("c", Duration.ofSeconds(3));
        slots.start("a", Duration.ofSeconds(1));
        slots.start("b", Duration.ofSeconds(2));
        time.advance(Duration.ofSeconds(2));
        assertThat(fired).containsExactly("a@1", "b@2");
        time.advance(Duration.ofSeconds(1));
        assertThat(fired).containsExactly("a@1", "b@2", "c@3");
    }

    @Test
    @Timeout(20) // a look at each second would take minutes
    void advance_jumpsFromDueToDue_onTheWallClockToo() {
        TimerSlots<String> slots = map(spec -> spec.schedule(ManualTimeTests::firstOfTheNextMonth));
        slots.start("monthly");
        for (int year = 0; year < 10; year++) {
            time.advance(Duration.ofDays(365));
        }
        assertThat(fired).hasSize(119); // three leap days short of ten years
        assertThat(fired.get(0)).isEqualTo("monthly@" + Duration.ofDays(31).toSeconds());
    }

    private static Instant firstOfTheNextMonth(Instant after) {
        return after.atZone(ZoneOffset.UTC)
                .toLocalDate()
                .withDayOfMonth(1)
                .plusMonths(1)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant();
    }

    @Test
    void advance_negative_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advance(Duration.ofSeconds(-1)))
                .withMessage("'span' must not be negative: PT-1S");
    }

    @Test
    void start_delayOfCenturies_saturatesAndNeverFires() {
        TimerSlots<String> slots = map(spec -> spec);
        assertThat(slots.start("a", Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.startAt("b", Instant.MAX)).isEqualTo(StartOutcome.STARTED);
        time.advance(Duration.ofDays(365 * 100));
        assertThat(fired).isEmpty();
        assertThat(slots.stats().armed()).isEqualTo(2);
    }

    @Test
    void start_delayBelowAMicrosecond_roundsUp() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", Duration.ofNanos(1));
        time.advance(Duration.ofNanos(999));
        assertThat(fired).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(fired).containsExactly("a@0");
    }

    @Test
    void start_zeroOrPast_firesAtOnce() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", Duration.ZERO);
        slots.startAt("b", Instant.MIN);
        time.runPending();
        assertThat(fired).containsExactlyInAnyOrder("a@0", "b@0");
    }

    @Test
    void every_firesAtAFixedRateUntilCancelled() {
        TimerSlots<String> slots = map(spec -> spec.every(MINUTE));
        slots.start("a");
        time.advance(Duration.ofSeconds(185));
        assertThat(fired).containsExactly("a@60", "a@120", "a@180");
        assertThat(slots.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        time.advance(Duration.ofHours(1));
        assertThat(fired).hasSize(3);
    }

    @Test
    void every_withDelay_beginsAfterIt() {
        map(spec -> spec.every(MINUTE).delay(Duration.ofSeconds(5))).start("a");
        time.advance(Duration.ofSeconds(70));
        assertThat(fired).containsExactly("a@5", "a@65");
    }

    @Test
    void late_once_missedPeriodsRunOnceThenTheGridGoesOn() {
        pausedFor(LatePolicy.ONCE);
        assertThat(fired).containsExactly("a@330", "a@360");
    }

    @Test
    void late_skip_missedPeriodsDoNotRun() {
        pausedFor(LatePolicy.SKIP);
        assertThat(fired).containsExactly("a@360");
    }

    @Test
    void late_all_everyMissedPeriodRuns() {
        pausedFor(LatePolicy.ALL);
        assertThat(fired).containsExactly("a@330", "a@330", "a@330", "a@330", "a@360");
    }

    /** A map of one period a minute that nobody looks at for five and a half minutes. */
    private void pausedFor(LatePolicy late) {
        TimerSlots<String> slots = map(spec -> spec.every(MINUTE).late(late));
        slots.start("a");
        time.advance(MINUTE);
        fired.clear();
        slots.delete("a");
        slots.start("a", Duration.ZERO);
        time.runPending(); // from here on a period a minute, counted from second 60
        fired.clear();
        time.ticker().advance(Duration.ofSeconds(270));
        time.runPending();
        time.advance(Duration.ofSeconds(30));
    }

    @Test
    void schedule_firesAtEveryPoint() {
        map(spec -> spec.schedule(after -> after.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS)))
                .start("a");
        time.advance(Duration.ofHours(3));
        assertThat(fired).containsExactly("a@3600", "a@7200", "a@10800");
    }

    @Test
    void realtime_wallClockSetForward_firesThen() {
        TimerSlots<String> slots = map(spec -> spec.clock(SlotClock.REALTIME));
        slots.startAt("a", origin.plusSeconds(3600));
        time.ticker().setWallClock(origin.plusSeconds(3600));
        time.runPending();
        assertThat(fired).containsExactly("a@3600");
    }

    @Test
    void realtime_wallClockSetBack_waits() {
        TimerSlots<String> slots = map(spec -> spec.clock(SlotClock.REALTIME));
        slots.startAt("a", origin.plusSeconds(60));
        time.ticker().setWallClock(origin.minusSeconds(3600));
        time.advance(Duration.ofSeconds(3600));
        assertThat(fired).isEmpty();
        time.advance(MINUTE);
        assertThat(fired).containsExactly("a@60");
    }

    @Test
    void monotonic_wallClockSet_doesNotMove() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.startAt("a", origin.plusSeconds(60));
        time.ticker().setWallClock(origin.plusSeconds(7200));
        time.runPending();
        assertThat(fired).isEmpty();
        time.advance(MINUTE);
        assertThat(fired).hasSize(1);
    }

    @Test
    void boottime_countsSuspend_monotonicDoesNot() {
        TimerSlots<String> slots = map(spec -> spec.clock(SlotClock.BOOTTIME));
        List<String> others = new ArrayList<>();
        TimerSlots<String> monotonic = time.registry()
                .register(TimerMapSpec.named("monotonic", String.class)
                        .callback((key, firing) -> others.add(key))
                        .build());
        slots.start("a", MINUTE);
        monotonic.start("a", MINUTE);
        time.ticker().suspend(MINUTE);
        time.runPending();
        assertThat(fired).containsExactly("a@60");
        assertThat(others).isEmpty();
        time.advance(MINUTE);
        assertThat(others).containsExactly("a");
    }

    @Test
    void stop_whatFellDueMeanwhileFiresAfterTheNextStart() throws InterruptedException {
        TimerSlots<String> slots = map(spec -> spec.every(MINUTE));
        slots.start("a");
        assertThat(time.registry().stop(Duration.ZERO)).isTrue();
        time.advance(Duration.ofSeconds(250));
        assertThat(fired).isEmpty();
        time.registry().start();
        time.runPending();
        time.advance(Duration.ofSeconds(50));
        assertThat(fired).containsExactly("a@250", "a@300");
    }

    @Test
    void jump_firesLateWhatFellDueOnTheWay() {
        try (ManualTime time = ManualTime.create()) {
            List<Duration> lateness = new ArrayList<>();
            TimerSlots<String> timers = time.registry()
                    .register(TimerMapSpec.named("late", String.class)
                            .callback((key, firing) -> lateness.add(firing.lateness()))
                            .build());
            timers.start("in time", Duration.ofSeconds(1));
            time.advance(Duration.ofSeconds(2));
            timers.start("late", Duration.ofSeconds(1));
            timers.start("not yet", Duration.ofSeconds(11));
            time.jump(Duration.ofSeconds(10));
            assertThat(lateness).containsExactly(Duration.ZERO, Duration.ofSeconds(9));
            assertThatIllegalArgumentException().isThrownBy(() -> time.jump(Duration.ofSeconds(-1)));
        }
    }
}

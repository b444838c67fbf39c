package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.backend.Periods;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Keys with schedules of their own, on clocks that the test moves and sets. */
class KeyScheduleTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Bench bench = new Bench(Runnable::run);
    private final Instant origin;

    /** Minutes and seconds since the origin, of the points that had their runs. */
    private final List<String> points = new ArrayList<>();

    KeyScheduleTests() {
        Instant now = now();
        bench.ticker.advance(Duration.between(
                now, now.truncatedTo(ChronoUnit.HOURS).plus(Duration.ofHours(1)).plus(SECOND)));
        origin = now().truncatedTo(ChronoUnit.HOURS);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private Instant now() {
        return Instant.ofEpochSecond(0, bench.ticker.realtimeNanos());
    }

    private void pass(Duration span) {
        long end = bench.ticker.monotonicNanos() + span.toNanos();
        for (long due = bench.backend.pump(); due <= end; due = bench.backend.pump()) {
            bench.ticker.advance(Duration.ofNanos(Math.max(0, due - bench.ticker.monotonicNanos())));
        }
        bench.ticker.advance(Duration.ofNanos(end - bench.ticker.monotonicNanos()));
        bench.backend.pump();
    }

    private TimerSlots<String> map(UnaryOperator<TimerMapSpec.Builder<String>> more) {
        return bench.timers(
                String.class,
                (key, firing) -> {
                    Duration since = Duration.between(origin, firing.deadline());
                    points.add(key + " " + since.toMinutes() + ":" + since.toSecondsPart());
                },
                spec -> more.apply(spec.keySchedules(true)));
    }

    /** Each full minute. */
    private record Minutely(int second) implements SlotSchedule {
        @Override
        public Instant next(Instant after) {
            Instant point = after.truncatedTo(ChronoUnit.MINUTES).plusSeconds(second);
            return point.isAfter(after) ? point : point.plus(MINUTE);
        }
    }

    @Test
    void eachKeyFollowsItsOwnSchedule_besideThoseThatHaveNone() {
        TimerSlots<String> slots = map(spec -> spec);
        assertThat(slots.start("a", new Minutely(0))).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("b", SlotSchedule.every(Duration.ofSeconds(50)))).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("once", Duration.ofSeconds(5))).isEqualTo(StartOutcome.STARTED);
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactly("once 0:6", "b 0:51", "a 1:0", "b 1:41", "a 2:0", "b 2:31", "a 3:0");
        assertThat(slots.find("a").map(SlotSnapshot::schedule)).contains(new Minutely(0));
        assertThat(slots.find("once")).isEmpty();
    }

    @Test
    void mapsOwnPeriod_isReplacedByTheKeysSchedule_andComesBack() {
        TimerSlots<String> slots = map(spec -> spec.every(Duration.ofSeconds(20)));
        slots.start("a");
        slots.start("a", new Minutely(0));
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactly("a 1:0", "a 2:0");
        slots.start("a");
        pass(Duration.ofSeconds(41));
        assertThat(points).containsExactly("a 1:0", "a 2:0", "a 2:21", "a 2:41");
        assertThat(slots.find("a").orElseThrow().schedule()).isNull();
    }

    @Test
    void anotherSchedule_takesThePlaceOfTheFormer_andAStartWithoutOneEndsIt() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(0));
        pass(MINUTE);
        assertThat(slots.start("a", new Minutely(30))).isEqualTo(StartOutcome.REARMED);
        pass(MINUTE);
        assertThat(slots.start("a", SECOND)).isEqualTo(StartOutcome.REARMED);
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactly("a 1:0", "a 1:30", "a 2:2");
        assertThat(slots.find("a")).isEmpty();
    }

    @Test
    void touchMovesThePendingPoint_andCancelEndsTheSeries() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(0));
        assertThat(slots.touch("a", Duration.ofSeconds(14))).isEqualTo(TouchOutcome.MOVED);
        pass(Duration.ofSeconds(90));
        assertThat(points).containsExactly("a 0:15", "a 1:0");
        slots.touch("a", Duration.ofSeconds(5));
        assertThat(slots.touch("a")).isEqualTo(TouchOutcome.MOVED);
        pass(MINUTE);
        assertThat(points).containsExactly("a 0:15", "a 1:0", "a 2:0");
        assertThat(slots.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.find("a")).isEmpty();
        pass(MINUTE.multipliedBy(2));
        assertThat(points).hasSize(3);
    }

    @Test
    void clockThatIsSetBack_givesNoPointTwice_andLeavesNoneOut() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(0));
        slots.start("idle", new Minutely(30));
        pass(MINUTE.multipliedBy(3));
        points.clear();
        bench.ticker.setWall(Duration.ofMinutes(-2));
        bench.backend.pump();
        pass(MINUTE.multipliedBy(4));
        assertThat(points)
                .doesNotContain("a 2:0", "a 3:0", "idle 1:30", "idle 2:30")
                .contains("a 4:0", "a 5:0");
        slots.cancel("idle");
        points.clear();
        bench.ticker.setWall(Duration.ofMinutes(-2));
        bench.backend.pump();
        slots.start("a", new Minutely(15)); // another series: its points have not fired
        pass(MINUTE);
        assertThat(points).hasSize(1);
        slots.start("fresh", new Minutely(0));
        bench.ticker.setWall(Duration.ofMinutes(-30));
        bench.backend.pump();
        points.clear();
        pass(MINUTE);
        assertThat(points).as("an earlier point is found").anyMatch(point -> point.startsWith("fresh"));
    }

    @Test
    void startWithAnEqualSchedule_doesNotRunAPointTwice() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(0));
        pass(MINUTE.multipliedBy(2));
        bench.ticker.setWall(Duration.ofSeconds(-90));
        bench.backend.pump();
        slots.start("a", new Minutely(0));
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactly("a 1:0", "a 2:0", "a 3:0");
    }

    /** A fixed rate begins with its start: none of its points has fired, whatever the clock said before. */
    @Test
    void startAtAFixedRate_afterTheClockWasSetBack_firesAPeriodLater() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", SlotSchedule.every(MINUTE));
        slots.start("touched", SlotSchedule.every(MINUTE));
        pass(MINUTE.multipliedBy(10));
        bench.ticker.setWall(Duration.ofMinutes(-5));
        bench.backend.pump();
        points.clear();
        pass(Duration.ofSeconds(10)); // 5:11
        slots.start("a", SlotSchedule.every(MINUTE));
        slots.touch("touched");
        pass(MINUTE.plus(SECOND));
        assertThat(points).containsExactlyInAnyOrder("a 6:11", "touched 6:11");
        slots.cancel("touched");
        points.clear();
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactly("a 7:11", "a 8:11");
    }

    @Test
    void restartDuringAStartWithAnotherSchedule_doesNotBringTheFormerBack() throws InterruptedException {
        TimerSlots<String> slots =
                bench.timers(String.class, (key, firing) -> firing.restart(SECOND), spec -> spec.keySchedules(true));
        slots.start("a", new Minutely(0));
        bench.ticker.advance(MINUTE);
        Object block = ((LocalSlots<String>) slots).lookUp("a");
        Thread runner;
        synchronized (block) {
            runner = Race.thread(bench.backend::pump);
            assertThat(Race.endedOrBlocked(runner))
                    .as("the restart waits for its step")
                    .isFalse();
            slots.start("a", new Minutely(30));
        }
        runner.join();
        assertThat(slots.find("a").orElseThrow().schedule()).isEqualTo(new Minutely(30));
    }

    @Test
    void touchDuringAStartWithAnotherSchedule_movesToAPointOfThat() throws InterruptedException {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(40));
        Object block = ((LocalSlots<String>) slots).lookUp("a");
        Thread toucher;
        synchronized (block) {
            toucher = Race.thread(() -> assertThat(slots.touch("a")).isEqualTo(TouchOutcome.MOVED));
            assertThat(Race.endedOrBlocked(toucher))
                    .as("the touch waits for its step")
                    .isFalse();
            slots.start("a", new Minutely(20));
        }
        toucher.join();
        pass(MINUTE);
        assertThat(points).containsExactly("a 0:20");
    }

    /** At whatever depth of the stack a start fails: what is pending goes on by the schedule that it is a point of. */
    @Test
    void startThatFails_leavesTheSchedule() {
        TimerSlots<String> slots = map(spec -> spec);
        slots.start("a", new Minutely(0));
        ScheduledBlock<String> block = (ScheduledBlock<String>) ((LocalSlots<String>) slots).lookUp("a");
        assertThat(block).isNotNull();
        Series former = block.series();
        Series other = new Series(new Minutely(30), Periods.ONE_SHOT);
        int[] failed = new int[1];
        int[] wrong = new int[1];
        boolean[] armed = new boolean[1];
        atTheEndOfTheStack(new int[1], () -> {
            if (!armed[0]) {
                wrong[0] += block.series() == former ? 0 : 1;
                failed[0]++;
                block.arm(1, other, null, null);
                armed[0] = true;
            }
        });
        assertThat(wrong[0]).as("attempts that left another schedule").isZero();
        assertThat(block.series()).isSameAs(other);
        assumeThat(failed[0])
                .as("attempts; the last frame has room for a whole start where that is compiled and the frames are not")
                .isGreaterThan(1);
    }

    /** Runs an action where the stack has no room for it, then one frame before, and so on. */
    private static void atTheEndOfTheStack(int[] left, Runnable act) {
        try {
            atTheEndOfTheStack(left, act);
        } catch (StackOverflowError e) {
            left[0] = 500;
        }
        if (left[0] > 0) {
            left[0]--;
            act.run();
        }
    }

    @Test
    void retryKeepsTheGrid() {
        TimerSlots<String> slots = bench.timers(
                String.class,
                (key, firing) -> {
                    points.add(Duration.between(origin, now()).toSeconds() + " attempt " + firing.attempt());
                    if (points.size() == 1) {
                        firing.retry(Duration.ofSeconds(7));
                        throw new IllegalStateException("the first attempt fails");
                    }
                },
                spec -> spec.keySchedules(true));
        slots.start("a", new Minutely(0));
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactly("60 attempt 1", "67 attempt 2", "120 attempt 1", "180 attempt 1");
    }

    @Test
    void latePolicyOfTheMapHolds() {
        TimerSlots<String> slots = map(spec -> spec.late(LatePolicy.ALL));
        slots.start("a", new Minutely(0));
        bench.ticker.advance(MINUTE.multipliedBy(3));
        bench.backend.pump();
        pass(SECOND);
        assertThat(points).containsExactly("a 1:0", "a 2:0", "a 3:0");
    }

    @Test
    void scheduleThatEnds_freesTheSlot_andOneWithoutPointsIsRefused() {
        TimerSlots<String> slots = map(spec -> spec);
        Instant last = origin.plus(MINUTE);
        slots.start("a", after -> after.isBefore(last) ? last : null);
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactly("a 1:0");
        assertThat(slots.find("a")).isEmpty();
        assertThatIllegalStateException()
                .isThrownBy(() -> slots.start("a", after -> null))
                .withMessageContaining("no further point");
        assertThatIllegalArgumentException().isThrownBy(() -> slots.start("a", (SlotSchedule) null));
        assertThatIllegalArgumentException().isThrownBy(() -> slots.start(null, new Minutely(0)));
        assertThat(slots.find("a")).isEmpty();
    }

    @Test
    void mapThatIsNotMadeForIt_saysSo_andContradictionsAreRefused() {
        TimerSlots<String> plain = bench.timers(String.class, (key, firing) -> {});
        assertThatIllegalStateException()
                .isThrownBy(() -> plain.start("a", new Minutely(0)))
                .withMessageContaining("set 'keySchedules'");
        TimerMapSpec<String> spec = TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .keySchedules(true)
                .build();
        assertThat(spec.clock()).isEqualTo(SlotClock.REALTIME);
        assertThat(spec.features()).containsExactly(SlotFeature.KEY_SCHEDULES);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class)
                        .callback((key, firing) -> {})
                        .clock(SlotClock.BOOTTIME)
                        .keySchedules(true)
                        .build())
                .withMessageContaining("BOOTTIME");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class)
                        .callback((key, firing) -> {})
                        .values(SlotValues.last(String.class))
                        .keySchedules(true)
                        .build())
                .withMessageContaining("exactly one firing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class)
                        .callback((key, firing) -> {})
                        .maxWait(MINUTE)
                        .keySchedules(true)
                        .build())
                .withMessageContaining("'maxWait' (PT1M)");
        assertThatIllegalArgumentException().isThrownBy(() -> SlotSchedule.every(Duration.ZERO));
        assertThatIllegalStateException()
                .isThrownBy(() -> SlotSchedule.cron("0 0 * * * *", ZoneOffset.UTC))
                .withMessageContaining("add asyncslot-spring-boot-starter");
        assertThat(SlotSchedule.every(MINUTE))
                .isEqualTo(SlotSchedule.every(MINUTE))
                .hasToString("every PT1M");
    }
}

package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSchedule;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.fixture.Bench;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wall clock is set while slots wait for points of it: each point has one run, and those that come have theirs. */
class WallClockStepTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOURS = Duration.ofHours(2);
    private static final SlotSchedule EVERY_MINUTE = minutely();
    private static final String KEY = "key";

    private final Bench bench = new Bench(Runnable::run);
    private final List<Instant> points = new ArrayList<>();
    private final List<Instant> runs = new ArrayList<>();
    private final Instant origin;

    WallClockStepTests() {
        Instant now = now();
        bench.ticker.advance(
                Duration.between(now, now.truncatedTo(ChronoUnit.MINUTES).plus(MINUTE)));
        origin = now(); // a full minute
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private Instant now() {
        return Instant.ofEpochSecond(0, bench.ticker.realtimeNanos());
    }

    private Instant minute(int number) {
        return origin.plus(MINUTE.multipliedBy(number));
    }

    private List<Instant> minutes(int from, int to) {
        return Stream.iterate(from, number -> number <= to, number -> number + 1)
                .map(this::minute)
                .toList();
    }

    private void pass(Duration span) {
        long end = bench.ticker.monotonicNanos() + span.toNanos();
        for (long due = bench.backend.pump(); due <= end; due = bench.backend.pump()) {
            bench.ticker.advance(Duration.ofNanos(Math.max(0, due - bench.ticker.monotonicNanos())));
        }
        bench.ticker.advance(Duration.ofNanos(end - bench.ticker.monotonicNanos()));
        bench.backend.pump();
    }

    private void set(Duration by) {
        bench.ticker.setWall(by);
        bench.backend.pump();
    }

    private void ran(SlotFiring firing) {
        points.add(firing.deadline());
        runs.add(now());
    }

    private static Instant fullMinute(Instant moment) {
        return moment.truncatedTo(ChronoUnit.MINUTES);
    }

    private static SlotSchedule minutely() {
        return after -> fullMinute(after).plus(MINUTE);
    }

    private TimerSlots<String> cron(LatePolicy late) {
        return map(spec -> spec.schedule(minutely()).late(late));
    }

    private TimerSlots<String> every(LatePolicy late) {
        return map(spec -> spec.every(MINUTE).clock(SlotClock.REALTIME).late(late));
    }

    private TimerSlots<String> map(UnaryOperator<TimerMapSpec.Builder<String>> more) {
        return bench.timers(String.class, (key, firing) -> ran(firing), more);
    }

    static Stream<Arguments> seriesAndPolicy() {
        return Stream.of(LatePolicy.values())
                .flatMap(late -> Stream.of(Arguments.of("cron", late), Arguments.of("every", late)));
    }

    private TimerSlots<String> started(String series, LatePolicy late) {
        TimerSlots<String> slots = series.equals("cron") ? cron(late) : every(late);
        slots.start(KEY);
        pass(Duration.ZERO);
        return slots;
    }

    private void failClocksIn(String method) {
        failClocksIn(method, Integer.MAX_VALUE);
    }

    private void failClocksIn(String method, int times) {
        AtomicInteger left = new AtomicInteger(times);
        bench.ticker.onRead(() -> {
            boolean inside = StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getMethodName().equals(method)));
            if (inside && left.getAndDecrement() > 0) {
                throw new IllegalStateException("the clock fails in " + method);
            }
        });
    }

    /** The slot is armed; that its clock cannot be read once more changes nothing for the caller. */
    @Test
    void clockThatFailsAfterTheStep_isNoFailureOfTheOperation() {
        TimerSlots<String> slots = every(LatePolicy.ONCE);
        slots.start("there");
        failClocksIn("derived");
        assertThat(slots.start("fresh")).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("there")).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.touch("there")).isEqualTo(TouchOutcome.MOVED);
        bench.ticker.onRead(() -> {});
        pass(MINUTE);
        assertThat(points).containsExactly(minute(1), minute(1));
    }

    @Test
    void clockThatFailsWhenAPointWasBroughtForward_leavesItOnTime() {
        started("every", LatePolicy.ONCE);
        set(HOURS);
        pass(Duration.ofSeconds(10)); // minute 1 is late, the next one is 121
        assertThat(points).hasSize(1);
        failClocksIn("broughtForward");
        set(HOURS.negated());
        bench.ticker.onRead(() -> {});
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactlyElementsOf(minutes(1, 3));
    }

    @Test
    void clockThatFailsForOneSlot_keepsNoOtherFromFollowingIt() {
        TimerSlots<String> slots = cron(LatePolicy.ONCE);
        for (int i = 0; i < 5; i++) {
            slots.start("key" + i);
        }
        pass(Duration.ZERO);
        failClocksIn("earlier", 1);
        set(HOURS.negated());
        pass(MINUTE);
        assertThat(points)
                .as("the four others, and at the next look the one whose clock had failed")
                .hasSize(5)
                .containsOnly(minute(-119));
    }

    @ParameterizedTest
    @MethodSource("seriesAndPolicy")
    void aheadForFiveSeconds_eachPointOfTheNextTenMinutesHasOneRun(String series, LatePolicy late) {
        started(series, late);
        pass(Duration.ofSeconds(10));
        set(HOURS);
        pass(Duration.ofSeconds(5));
        set(HOURS.negated());
        pass(Duration.ofMinutes(10));
        assertThat(points.stream().filter(point -> point.isBefore(minute(11))))
                .containsExactlyElementsOf(minutes(1, 10));
        assertThat(points).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(value = LatePolicy.class, names = "ALL", mode = EnumSource.Mode.EXCLUDE)
    void aheadForThreeMinutes_onlyWhatRanThenIsLeftOutWhenItsTimeComes(LatePolicy late) {
        started("cron", late);
        set(HOURS);
        pass(MINUTE.multipliedBy(3)); // minute 1 is late; 121, 122, 123 are on time
        assertThat(points).containsExactly(minute(1), minute(121), minute(122), minute(123));
        set(HOURS.negated());
        pass(Duration.ofMinutes(130));
        assertThat(points)
                .as("2 and 3 have passed while the clock showed 122 and 123")
                .doesNotHaveDuplicates();
        assertThat(points).hasSize(131).contains(minute(1)).containsAll(minutes(4, 133));
    }

    @Test
    void setBack_pointsThatRanDoNotRunAgain() {
        started("cron", LatePolicy.ONCE);
        pass(MINUTE.multipliedBy(5).plus(SECOND));
        assertThat(points).hasSize(5);
        set(MINUTE.multipliedBy(-3));
        pass(MINUTE.multipliedBy(3));
        assertThat(points).as("minutes 3, 4 and 5 come again").hasSize(5);
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactlyElementsOf(minutes(1, 7));
    }

    @Test
    void setBackToBeforeTheFirstPoint_theSeriesBeginsThere() {
        started("cron", LatePolicy.ONCE);
        set(HOURS.negated());
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactly(minute(-119), minute(-118), minute(-117));
    }

    @ParameterizedTest
    @EnumSource(LatePolicy.class)
    void startedWhileTheClockWasAhead_runsAPeriodLater(LatePolicy late) {
        set(HOURS);
        started("every", late);
        pass(Duration.ofSeconds(20));
        set(HOURS.negated());
        pass(Duration.ofSeconds(40).minusNanos(1_000));
        assertThat(points).isEmpty();
        pass(Duration.ofNanos(1_000));
        assertThat(runs).containsExactly(minute(1));
        pass(MINUTE.multipliedBy(9));
        assertThat(runs).containsExactlyElementsOf(minutes(1, 10));
    }

    @Test
    void aDelayOrAPointThatACallerNamedStays() {
        TimerSlots<String> slots = cron(LatePolicy.ONCE);
        slots.start("derived");
        slots.startAt("derived", minute(1));
        slots.start("delay", Duration.ofSeconds(30));
        slots.start("touched");
        slots.touch("touched", MINUTE);
        pass(Duration.ZERO);
        set(HOURS.negated());
        pass(HOURS.plusSeconds(29));
        assertThat(points).isEmpty();
        pass(Duration.ofSeconds(31));
        assertThat(points).containsExactlyInAnyOrder(minute(1), minute(1), origin.plusSeconds(30), minute(1));
    }

    @Test
    void aRetryFollowsItsDelay_andTheSeriesItsPoints() {
        TimerSlots<String> slots = bench.timers(
                String.class,
                (key, firing) -> {
                    ran(firing);
                    if (firing.attempt() == 1 && points.size() == 1) {
                        firing.retry(Duration.ofSeconds(10));
                    }
                },
                spec -> spec.schedule(minutely()));
        slots.start(KEY);
        pass(Duration.ZERO);
        set(HOURS);
        pass(Duration.ofSeconds(5)); // the first attempt of minute 1
        set(HOURS.negated());
        pass(Duration.ofSeconds(5).minusNanos(1_000));
        assertThat(runs).hasSize(1);
        pass(Duration.ofNanos(1_000));
        assertThat(runs).hasSize(2).last().isEqualTo(origin.plusSeconds(10));
        pass(MINUTE.multipliedBy(3));
        assertThat(points.subList(2, points.size())).containsExactly(minute(2), minute(3));
    }

    /** A retry stays that of its own point. The point that a touch moves it to has a run of its own, and only one. */
    @Test
    void aRetryThatIsTouchedToAPoint_isNotTheRunOfThatPoint() {
        List<String> deliveries = new ArrayList<>();
        TimerSlots<String> slots = bench.timers(
                String.class,
                (key, firing) -> {
                    ran(firing);
                    deliveries.add(Duration.between(origin, firing.deadline()) + " attempt " + firing.attempt());
                    if (firing.attempt() == 1 && points.size() == 2) {
                        firing.retry(Duration.ofSeconds(10));
                    }
                },
                spec -> spec.schedule(minutely()).late(LatePolicy.ALL));
        slots.start(KEY);
        pass(MINUTE);
        slots.touch(KEY, Duration.ofSeconds(59));
        pass(Duration.ofSeconds(59));
        slots.touch(KEY, SECOND);
        pass(SECOND);
        assertThat(deliveries)
                .containsExactly("PT1M attempt 1", "PT1M59S attempt 1", "PT2M attempt 2", "PT2M attempt 1");
        set(MINUTE.negated());
        pass(MINUTE.multipliedBy(2));
        assertThat(points.subList(4, points.size())).containsExactly(minute(3));
    }

    @Test
    void aRetryThatIsPendingWhenTheClockIsSetBack_theSeriesGoesOnFromNow() {
        for (LatePolicy late : LatePolicy.values()) {
            points.clear();
            Instant began = now();
            TimerSlots<String> slots = bench.timers(
                    String.class,
                    (key, firing) -> {
                        ran(firing);
                        if (firing.attempt() == 1) {
                            firing.retry(Duration.ofSeconds(10));
                        }
                    },
                    spec -> spec.schedule(minutely()).late(late));
            set(HOURS);
            slots.start(KEY);
            pass(MINUTE);
            set(HOURS.negated());
            pass(Duration.ofSeconds(10));
            assertThat(points).hasSize(2);
            assertThat(slots.find(KEY).orElseThrow().deadline())
                    .as("%s", late)
                    .isEqualTo(began.plus(MINUTE.multipliedBy(2)));
            slots.delete(KEY);
            pass(Duration.ofSeconds(50));
        }
    }

    @Test
    void aClockThatFailsWhileSlotsLookForAnEarlierPoint_keepsNoneFromIt() {
        for (int reading = 1; reading <= 16; reading++) {
            set(HOURS);
            TimerSlots<String> slots = cron(LatePolicy.ONCE);
            slots.start(KEY);
            bench.ticker.setWall(HOURS.negated());
            AtomicInteger left = new AtomicInteger(reading);
            bench.ticker.onRead(() -> {
                if (left.decrementAndGet() == 0) {
                    throw new IllegalStateException("the clock fails");
                }
            });
            try {
                bench.backend.pump();
            } catch (IllegalStateException e) {
                assertThat(e).hasMessage("the clock fails");
            }
            bench.ticker.onRead(() -> {});
            bench.backend.pump();
            assertThat(slots.find(KEY).orElseThrow().deadline())
                    .as("reading %d", reading)
                    .isEqualTo(minute(1));
            slots.delete(KEY);
        }
    }

    @Test
    void aPausedSlotAndOneThatRunsAreAskedToo() {
        TimerSlots<String> paused = started("cron", LatePolicy.ONCE);
        set(HOURS);
        pass(SECOND);
        paused.pause(KEY);
        set(HOURS.negated());
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactly(minute(1));
        paused.resume(KEY);
        pass(MINUTE.multipliedBy(2));
        assertThat(points).containsExactlyElementsOf(minutes(1, 4));
    }

    @Test
    void aStartOfASlotThatIsThereLeavesOutWhatRan() {
        TimerSlots<String> slots = started("cron", LatePolicy.ONCE);
        pass(MINUTE.multipliedBy(3).plus(SECOND));
        set(MINUTE.multipliedBy(-2));
        slots.start(KEY);
        pass(MINUTE.multipliedBy(3));
        assertThat(points).containsExactlyElementsOf(minutes(1, 4));
    }

    /** What has fired is of one slot: of a key's next slot nothing has, also while the former one's last run goes on. */
    @Test
    void aStartOfAnotherSlotOfAKey_beginsWithTheFirstPoint() {
        boolean[] ends = {false};
        List<TimerSlots<String>> map = new ArrayList<>();
        map.add(bench.timers(
                String.class,
                (key, firing) -> {
                    ran(firing);
                    if (ends[0]) {
                        map.get(0).delete(key);
                        if (key.equals(KEY)) {
                            map.get(0).start(key);
                        } else {
                            map.get(0).start(key, EVERY_MINUTE);
                        }
                    }
                },
                spec -> spec.schedule(minutely()).keySchedules(true)));
        TimerSlots<String> slots = map.get(0);
        slots.start(KEY);
        slots.start("own", EVERY_MINUTE);
        slots.start("rest");
        pass(MINUTE.multipliedBy(5).plus(SECOND));
        set(MINUTE.multipliedBy(-3));
        slots.delete("rest");
        slots.start("rest");
        ends[0] = true;
        slots.start(KEY, Duration.ZERO);
        slots.start("own", Duration.ZERO);
        pass(Duration.ZERO);
        for (String key : List.of("rest", KEY, "own")) {
            assertThat(slots.find(key).orElseThrow().deadline()).as(key).isEqualTo(minute(3));
        }
    }

    @Test
    void aSlotThatComesOrGoesWhileAStartDerivesItsPoint_isAskedForWhatHasFired() {
        TimerSlots<String> slots = map(spec -> spec.schedule(hooked()).keySchedules(true));
        Runnable comes = () -> {
            slots.start(KEY);
            pass(MINUTE.multipliedBy(5).plus(SECOND));
            set(MINUTE.multipliedBy(-3));
        };
        Runnable goes = () -> slots.delete(KEY);
        Runnable isReplaced = () -> {
            slots.delete(KEY);
            slots.start(KEY, MINUTE);
        };
        hook = comes;
        slots.start(KEY);
        assertThat(slots.find(KEY).orElseThrow().deadline()).isEqualTo(minute(6));
        hook = goes;
        slots.start(KEY);
        assertThat(slots.find(KEY).orElseThrow().deadline()).isEqualTo(minute(3));

        slots.delete(KEY);
        hook = comes;
        slots.start(KEY, hooked());
        hook = isReplaced;
        slots.touch(KEY);
        assertThat(slots.find(KEY).orElseThrow().deadline())
                .as("the first point of a slot of which none has fired")
                .isEqualTo(fullMinute(now()).plus(MINUTE));
        hook = goes;
        assertThat(slots.touch(KEY)).isEqualTo(TouchOutcome.ABSENT);
    }

    /** At a fixed rate a start begins a series: what has fired before is none of it, even at the same moments. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void periodsAfterAStartAtAFixedRate_followEachOther(int seconds) {
        Duration shift = Duration.ofSeconds(seconds);
        TimerSlots<String> map = every(LatePolicy.ONCE);
        map.start(KEY);
        pass(MINUTE.multipliedBy(10).plus(shift));
        set(Duration.ofMinutes(-5));
        map.start(KEY);
        points.clear();
        pass(MINUTE.multipliedBy(3));
        assertThat(points)
                .containsExactly(
                        minute(6).plus(shift), minute(7).plus(shift), minute(8).plus(shift));
        set(Duration.ofMinutes(-2));
        pass(MINUTE.multipliedBy(3));
        assertThat(points)
                .as("7 and 8 have had their runs")
                .hasSize(4)
                .last()
                .isEqualTo(minute(9).plus(shift));
    }

    @Test
    void periodsAfterATouchAtAFixedRate_followEachOther() {
        for (TimerSlots<String> slots : List.of(
                map(spec -> spec.every(MINUTE).clock(SlotClock.REALTIME).keySchedules(true)),
                map(spec -> spec.schedule(minutely()).keySchedules(true)))) {
            slots.start(KEY, SlotSchedule.every(MINUTE));
            pass(MINUTE.multipliedBy(10));
            set(Duration.ofMinutes(-5));
            slots.touch(KEY);
            runs.clear();
            pass(MINUTE.multipliedBy(3));
            assertThat(runs).hasSize(3);
            slots.delete(KEY);
            set(Duration.ofMinutes(5));
        }
    }

    /** At a fixed rate the first point is a period from the start, whatever ran by the clock before. */
    @Test
    void aStartAtAFixedRate_isDueAPeriodLater_howeverTheRateIsSet() {
        List<TimerSlots<String>> maps = List.of(
                every(LatePolicy.ONCE),
                map(spec -> spec.schedule(SlotSchedule.every(MINUTE)).late(LatePolicy.ONCE)));
        for (TimerSlots<String> slots : maps) {
            slots.start(KEY);
        }
        pass(MINUTE.multipliedBy(10));
        set(Duration.ofMinutes(-5));
        for (TimerSlots<String> slots : maps) {
            slots.start(KEY);
            assertThat(slots.find(KEY).orElseThrow().timeLeft()).isEqualTo(MINUTE);
        }
        runs.clear();
        pass(MINUTE);
        assertThat(runs).containsExactly(minute(6), minute(6));
    }

    @Test
    void theHistorySaysThatTheClockMovedTheSlot() {
        TimerSlots<String> slots = map(spec -> spec.schedule(minutely()).historySize(8));
        slots.start(KEY);
        set(HOURS);
        pass(SECOND);
        set(HOURS.negated());
        List<SlotEvent> history = slots.find(KEY).orElseThrow().history();
        assertThat(history).last().satisfies(event -> {
            assertThat(event.kind()).isEqualTo(SlotEvent.Kind.MOVED);
            assertThat(event.cause()).isEqualTo(new SlotCause(SlotCause.Type.CLOCK, null));
        });
    }

    @Test
    void withAndWithoutHistory_twoMapsAtOnce() {
        map(spec -> spec.schedule(minutely()).historySize(8)).start(KEY);
        every(LatePolicy.ONCE).start(KEY);
        set(HOURS);
        pass(SECOND);
        points.clear();
        set(HOURS.negated());
        pass(MINUTE.multipliedBy(3));
        assertThat(points).hasSize(4);
    }

    @Test
    void manySteps_noPointTwiceAndNoneThatComesIsMissed() {
        started("cron", LatePolicy.ONCE);
        for (int i = 0; i < 40; i++) {
            set(Duration.ofHours(1 + i % 7));
            pass(Duration.ofSeconds(7));
            set(Duration.ofHours(1 + i % 7).negated());
            pass(Duration.ofSeconds(23));
        }
        assertThat(points).doesNotHaveDuplicates();
        assertThat(points.stream().filter(point -> !point.isAfter(minute(20))))
                .containsExactlyInAnyOrderElementsOf(minutes(1, 20));
    }

    /** What the schedule does when it is asked next, and so between the reading of the clock and the step that arms. */
    private Runnable hook = () -> {};

    private SlotSchedule hooked() {
        return after -> {
            Runnable present = hook;
            hook = () -> {};
            present.run();
            return minutely().next(after);
        };
    }

    @Test
    void setBackBetweenTheReadingOfTheClockAndTheArmingOfANewSlot() {
        TimerSlots<String> slots = map(spec -> spec.schedule(hooked()));
        set(HOURS);
        slots.start("another"); // so that somebody has looked at the clock
        pass(SECOND);
        hook = () -> set(HOURS.negated());
        slots.start(KEY);
        assertThat(slots.find(KEY).orElseThrow().deadline()).isEqualTo(minute(1));
    }

    @Test
    void setBackBetweenTheReadingOfTheClockAndTheBeginOfARun() {
        TimerSlots<String> slots = map(spec -> spec.schedule(hooked()));
        slots.start(KEY);
        pass(SECOND);
        hook = () -> set(HOURS.negated());
        set(HOURS);
        assertThat(points).containsExactly(minute(1));
        assertThat(slots.find(KEY).orElseThrow().deadline()).isEqualTo(minute(2));
    }

    @Test
    void aScheduleThatFailsWhenTheClockIsSetBack_leavesTheSlotWhereItIs() {
        TimerSlots<String> slots = map(spec -> spec.schedule(hooked()));
        slots.start(KEY);
        set(HOURS);
        pass(SECOND);
        hook = () -> {
            throw new IllegalStateException("no calendar today");
        };
        set(HOURS.negated());
        assertThat(slots.find(KEY).orElseThrow().deadline()).isEqualTo(minute(121));
        pass(HOURS.plus(MINUTE));
        assertThat(points).as("it goes on").contains(minute(121));
    }

    @Test
    @Timeout(30)
    void withATimerThread() throws Exception {
        AtomicLong ahead = new AtomicLong();
        Ticker ticker = new Ticker() {
            @Override
            public long monotonicNanos() {
                return SystemTicker.instance().monotonicNanos();
            }

            @Override
            public long realtimeNanos() {
                return SystemTicker.instance().realtimeNanos() + ahead.get();
            }

            @Override
            public long boottimeNanos() {
                return SystemTicker.instance().boottimeNanos();
            }
        };
        BlockingQueue<Instant> fired = new LinkedBlockingQueue<>();
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .ticker(ticker)
                .backend(new JvmBackend())
                .build()) {
            registry.start();
            registry.register(TimerMapSpec.named("real", String.class)
                            .callback((key, firing) -> fired.add(firing.deadline()))
                            .every(Duration.ofMillis(50))
                            .clock(SlotClock.REALTIME)
                            .build())
                    .start(KEY);
            Instant first = fired.take();
            ahead.set(HOURS.toNanos());
            while (fired.take().isBefore(first.plus(MINUTE))) {
                // until it runs by the clock that is ahead
            }
            ahead.set(0);
            Instant next = fired.take();
            while (next.isAfter(first.plus(HOURS))) {
                next = fired.take();
            }
            assertThat(next).isBefore(first.plus(MINUTE));
        }
    }
}

package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.CancelOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Firings that are delivered again: how often, when, and what wins over them. */
class RedeliveryTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TEN = Duration.ofSeconds(10);

    private final Bench bench = new Bench();

    /** What each run was, and at which second it began: {@code attempt@second}. */
    private final List<String> runs = new ArrayList<>();

    private final List<Long> generations = new ArrayList<>();
    private final List<RetryOutcome> outcomes = new ArrayList<>();

    /** What the callback does; a test sets it. */
    private SlotCallback<Object> script = (key, firing) -> {};

    @AfterEach
    void close() {
        bench.close();
    }

    private void run(Object key, SlotFiring firing) throws Exception {
        runs.add(firing.attempt() + "@" + bench.ticker.monotonicNanos() / 1_000_000_000L);
        generations.add(firing.generation());
        script.run(key, firing);
    }

    private TimerSlots<String> timers() {
        return bench.timers(
                String.class, this::run, spec -> spec.delay(TEN).historySize(16).whenIdle(WhenIdle.KEEP));
    }

    private TimerSlots<String> every(Duration period, LatePolicy late) {
        return bench.timers(
                String.class, this::run, spec -> spec.every(period).late(late).historySize(16));
    }

    private WorkSlots<String> works() {
        return bench.works(String.class, this::run);
    }

    /** Fails and asks for another attempt, as often as said. */
    private SlotCallback<Object> failing(int times, Duration delay) {
        return (key, firing) -> {
            if (firing.attempt() <= times) {
                outcomes.add(firing.retry(delay));
                throw new IllegalStateException("attempt " + firing.attempt());
            }
        };
    }

    /** Lets time pass second by second. */
    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            bench.advanceAndRun(SECOND);
        }
    }

    private static void checkBooks(SlotMap<?> map) {
        SlotMapStats stats = map.stats();
        assertThat(stats.started())
                .as("%s", stats)
                .isEqualTo(stats.fired()
                        + stats.cancelled()
                        + stats.deletedArmed()
                        + stats.skipped()
                        + map.stats().armed());
        assertThat(stats.references()).isEqualTo(stats.slots());
    }

    // ---- delivered again ------------------------------------------------------------------------------------------

    @Test
    void retry_deliversTheFiringAgain_nextAttemptSameGeneration() {
        TimerSlots<String> slots = timers();
        script = failing(2, Duration.ofSeconds(3));
        slots.start("k");
        pass(20);
        assertThat(runs).containsExactly("1@10", "2@13", "3@16");
        assertThat(generations).hasSize(3).containsOnly(generations.get(0));
        assertThat(outcomes).containsExactly(RetryOutcome.SCHEDULED, RetryOutcome.SCHEDULED);
        assertThat(slots.stats().fired()).isEqualTo(3);
        assertThat(slots.stats().retried()).isEqualTo(2);
        assertThat(slots.stats().failed()).isZero();
        assertThat(slots.stats().latenessMax()).isLessThan(SECOND);
        checkBooks(slots);
    }

    @Test
    void retry_exhausted_lastFailureIsTheFailure() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            if (firing.attempt() < 3) {
                firing.retry(SECOND);
            }
            throw new IllegalStateException("attempt " + firing.attempt());
        };
        slots.start("k");
        pass(20);
        assertThat(runs).containsExactly("1@10", "2@11", "3@12");
        assertThat(slots.stats().retried()).isEqualTo(2);
        assertThat(slots.stats().failed()).isOne();
        assertThat(slots.find("k").orElseThrow().lastFiring().failure()).contains("attempt 3");
    }

    @Test
    void retry_isInTheHistory_withItsDelay() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(3));
        slots.start("k");
        pass(20);
        List<SlotEvent> history = slots.find("k").orElseThrow().history();
        assertThat(history)
                .extracting(SlotEvent::kind)
                .containsExactly(Kind.STARTED, Kind.FIRED, Kind.RETRIED, Kind.FAILED, Kind.FIRED, Kind.COMPLETED);
        assertThat(history.get(2).detail()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void retry_ofWork_waitsForItsDelay() {
        WorkSlots<String> slots = works();
        script = failing(1, SECOND);
        slots.submit("k");
        bench.settle();
        assertThat(runs).containsExactly("1@0");
        assertThat(slots.submit("k")).isEqualTo(SubmitOutcome.COALESCED);
        pass(3);
        assertThat(runs).containsExactly("1@0", "2@1");
        checkBooks(slots);
    }

    @Test
    void firingAfterRetries_isAFirstAttempt() {
        TimerSlots<String> slots = timers();
        script = failing(1, SECOND);
        slots.start("k");
        pass(15);
        slots.start("k");
        pass(15);
        assertThat(runs).containsExactly("1@10", "2@11", "1@25", "2@26");
        assertThat(generations.get(2)).isGreaterThan(generations.get(1));
        checkBooks(slots);
    }

    @Test
    void attachment_livesAsLongAsTheFiring() {
        TimerSlots<String> slots = timers();
        List<Object> found = new ArrayList<>();
        script = (key, firing) -> {
            found.add(firing.attachment(this) + ", " + firing.attachment(slots));
            firing.attach(this, "left by attempt " + firing.attempt());
            firing.attach(slots, "other");
            firing.attach(slots, firing.attempt() == 1 ? "second" : null);
            if (firing.attempt() == 1) {
                firing.retry(SECOND);
            }
        };
        slots.start("k");
        pass(15);
        slots.start("k");
        pass(15);
        assertThat(found)
                .containsExactly("null, null", "left by attempt 1, second", "null, null", "left by attempt 1, second");
    }

    // ---- what wins ------------------------------------------------------------------------------------------------

    @Test
    void start_betweenAttempts_beginsAnew() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(5));
        slots.start("k");
        pass(12);
        assertThat(slots.start("k")).isEqualTo(StartOutcome.REARMED);
        pass(12);
        assertThat(runs).containsExactly("1@10", "1@22");
        assertThat(generations.get(1)).isGreaterThan(generations.get(0));
        checkBooks(slots);
    }

    @Test
    void manyStarts_betweenAttempts_areNotMistakenForTheRetry() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(5));
        slots.start("k");
        pass(11);
        for (int i = 0; i < 256; i++) { // twice round the word's tag
            slots.start("k");
        }
        pass(20);
        assertThat(runs).startsWith("1@10", "1@21");
    }

    @Test
    void touch_betweenAttempts_movesTheRetry() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(5));
        slots.start("k");
        pass(12);
        assertThat(slots.touch("k", TEN)).isEqualTo(TouchOutcome.MOVED);
        pass(12);
        assertThat(runs).containsExactly("1@10", "2@22");
        assertThat(generations.get(1)).isEqualTo(generations.get(0));
        checkBooks(slots);
    }

    @Test
    void cancel_betweenAttempts_removesTheRetry() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(5));
        slots.start("k");
        pass(12);
        assertThat(slots.cancel("k")).isEqualTo(CancelOutcome.CANCELLED);
        pass(12);
        assertThat(runs).containsExactly("1@10");
        slots.start("k");
        pass(12);
        assertThat(runs).containsExactly("1@10", "1@34");
        checkBooks(slots);
    }

    @Test
    void delete_betweenAttempts_removesTheRetry() {
        TimerSlots<String> slots = timers();
        script = failing(1, Duration.ofSeconds(5));
        slots.start("k");
        pass(12);
        slots.delete("k");
        pass(12);
        assertThat(runs).containsExactly("1@10");
        assertThat(slots.stats().references()).isZero();
        checkBooks(slots);
    }

    @Test
    void cancel_duringTheRun_keepsItFromBeingDeliveredAgain() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            assertThat(slots.cancel("k")).isEqualTo(CancelOutcome.RUNNING);
            assertThat(slots.cancel("k")).isEqualTo(CancelOutcome.RUNNING);
            outcomes.add(firing.retry(SECOND));
            throw new IllegalStateException();
        };
        slots.start("k");
        pass(15);
        assertThat(outcomes).containsExactly(RetryOutcome.WITHDRAWN);
        assertThat(runs).hasSize(1);
        assertThat(slots.stats().failed()).isOne();
        assertThat(slots.touch("k")).isEqualTo(TouchOutcome.NOT_ARMED);
        assertThat(slots.find("k").orElseThrow().deadline()).isNull();
        script = failing(1, SECOND);
        slots.start("k");
        pass(15);
        assertThat(outcomes).containsExactly(RetryOutcome.WITHDRAWN, RetryOutcome.SCHEDULED);
        checkBooks(slots);
    }

    @Test
    void cancelAndAwait_duringTheRun_leavesNothingBehind() throws Exception {
        TimerSlots<String> slots = timers();
        AtomicReference<CancelOutcome> answer = new AtomicReference<>();
        AtomicReference<Thread> waiter = new AtomicReference<>();
        script = (key, firing) -> {
            waiter.set(Race.thread(() -> answer.set(slots.cancelAndAwait("k", Duration.ofSeconds(30)))));
            assertThat(Race.endedOrBlocked(waiter.get())).isFalse();
            outcomes.add(firing.retry(SECOND));
        };
        slots.start("k");
        bench.advanceAndRun(TEN);
        waiter.get().join();
        assertThat(answer).hasValue(CancelOutcome.NOT_ARMED);
        assertThat(outcomes).containsExactly(RetryOutcome.WITHDRAWN);
        pass(5);
        assertThat(runs).hasSize(1);
    }

    @Test
    void start_duringTheRun_isNotReplaced() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            if (runs.size() == 1) {
                slots.start("k", Duration.ofSeconds(7));
                outcomes.add(firing.retry(SECOND));
                throw new IllegalStateException();
            }
        };
        slots.start("k");
        pass(20);
        assertThat(outcomes).containsExactly(RetryOutcome.SUPERSEDED);
        assertThat(runs).containsExactly("1@10", "1@17");
        assertThat(slots.stats().failed()).isOne();
        checkBooks(slots);
    }

    @Test
    void delete_duringTheRun_refusesTheRetry() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            slots.delete("k");
            outcomes.add(firing.retry(SECOND));
        };
        slots.start("k");
        pass(15);
        assertThat(outcomes).containsExactly(RetryOutcome.FREED);
        assertThat(slots.stats().references()).isZero();
        checkBooks(slots);
    }

    @Test
    void secondRetryOfARun_changesNothing() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            if (firing.attempt() == 1) {
                outcomes.add(firing.retry(SECOND));
                outcomes.add(firing.retry(TEN));
            }
        };
        slots.start("k");
        pass(25);
        assertThat(outcomes).containsExactly(RetryOutcome.SCHEDULED, RetryOutcome.SUPERSEDED);
        assertThat(runs).containsExactly("1@10", "2@11");
    }

    // ---- periodic slots ---------------------------------------------------------------------------------------------

    @Test
    void retry_beforeTheNextPeriod_keepsTheGridAndTheGenerations() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ONCE);
        script = failing(2, Duration.ofSeconds(3));
        slots.start("k");
        pass(32);
        assertThat(runs).containsExactly("1@10", "2@13", "3@16", "1@20", "2@23", "3@26", "1@30");
        assertThat(generations.subList(0, 3)).containsOnly(generations.get(0));
        assertThat(generations.get(3)).isEqualTo(generations.get(0) + 1);
        assertThat(generations.get(6)).isEqualTo(generations.get(0) + 2);
        checkBooks(slots);
    }

    @Test
    void retry_afterTheNextPeriod_isSupersededByIt() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ONCE);
        script = failing(1, TEN);
        slots.start("k");
        pass(25);
        assertThat(runs).containsExactly("1@10", "1@20");
        assertThat(outcomes).containsOnly(RetryOutcome.SUPERSEDED);
        assertThat(slots.stats().failed()).isEqualTo(2);
        checkBooks(slots);
    }

    @Test
    void retry_afterTheNextPeriod_whenAllPeriodsRun_comesFirst() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ALL);
        script = (key, firing) -> {
            if (runs.size() == 1) {
                outcomes.add(firing.retry(Duration.ofSeconds(15)));
            }
        };
        slots.start("k");
        pass(32);
        assertThat(runs).containsExactly("1@10", "2@25", "1@25", "1@30");
        checkBooks(slots);
    }

    @Test
    void retry_isNeverLeftOutForBeingLate() {
        TimerSlots<String> slots = every(TEN, LatePolicy.SKIP);
        script = failing(1, Duration.ofSeconds(3));
        slots.start("k");
        bench.advanceAndRun(TEN);
        bench.advanceAndRun(Duration.ofSeconds(35)); // nobody looked for three periods
        assertThat(runs).containsExactly("1@10", "2@45");
        pass(5);
        assertThat(runs).containsExactly("1@10", "2@45", "1@50");
        checkBooks(slots);
    }

    @Test
    void cancelOfAPeriod_duringTheRun_endsTheSeriesForTheRetryToo() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ONCE);
        script = (key, firing) -> {
            assertThat(slots.cancel("k")).isEqualTo(CancelOutcome.CANCELLED);
            outcomes.add(firing.retry(SECOND));
        };
        slots.start("k");
        pass(25);
        assertThat(outcomes).containsExactly(RetryOutcome.WITHDRAWN);
        assertThat(runs).containsExactly("1@10");
        checkBooks(slots);
    }

    @Test
    void cancel_ofARetry_endsTheSeries() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ONCE);
        script = failing(1, Duration.ofSeconds(3));
        slots.start("k");
        pass(11);
        assertThat(slots.cancel("k")).isEqualTo(CancelOutcome.CANCELLED);
        pass(25);
        assertThat(runs).containsExactly("1@10");
        checkBooks(slots);
    }

    @Test
    void touchOfTheNextPeriod_duringTheRun_isNotReplaced() {
        TimerSlots<String> slots = every(TEN, LatePolicy.ONCE);
        script = (key, firing) -> {
            if (runs.size() == 1) {
                slots.touch("k", Duration.ofSeconds(4));
                outcomes.add(firing.retry(SECOND));
            }
        };
        slots.start("k");
        pass(15);
        assertThat(outcomes).containsExactly(RetryOutcome.SUPERSEDED);
        assertThat(runs).containsExactly("1@10", "1@14");
        checkBooks(slots);
    }

    // ---- postponed ------------------------------------------------------------------------------------------------

    @Test
    void postpone_deliversTheSameAttemptAgain_andTellsNobodyOfARun() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            if (runs.size() < 3) {
                outcomes.add(firing.postpone(SECOND));
            }
        };
        slots.start("k");
        pass(15);
        assertThat(runs).containsExactly("1@10", "1@11", "1@12");
        assertThat(generations).containsOnly(generations.get(0));
        assertThat(slots.stats().postponed()).isEqualTo(2);
        assertThat(slots.stats().retried()).isZero();
        assertThat(slots.find("k").orElseThrow().history())
                .extracting(SlotEvent::kind)
                .containsExactly(
                        Kind.STARTED,
                        Kind.FIRED,
                        Kind.POSTPONED,
                        Kind.FIRED,
                        Kind.POSTPONED,
                        Kind.FIRED,
                        Kind.COMPLETED);
        checkBooks(slots);
    }

    @Test
    void postpone_thatThrows_isAFailure() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> {
            if (runs.size() == 1) {
                firing.postpone(SECOND);
                throw new IllegalStateException();
            }
        };
        slots.start("k");
        pass(15);
        assertThat(runs).containsExactly("1@10", "1@11");
        assertThat(slots.stats().failed()).isOne();
    }

    // ---- misuse ---------------------------------------------------------------------------------------------------

    @Test
    void retry_afterTheRun_isRefused() {
        TimerSlots<String> slots = timers();
        AtomicReference<SlotFiring> kept = new AtomicReference<>();
        script = (key, firing) -> {
            SlotFiring former = kept.getAndSet(firing);
            if (former != null) {
                assertThatIllegalStateException().isThrownBy(() -> former.retry(SECOND));
            }
        };
        slots.start("k");
        pass(11);
        SlotFiring over = kept.get();
        assertThatIllegalStateException()
                .isThrownBy(() -> over.retry(SECOND))
                .withMessageContaining("from inside its own run");
        assertThatIllegalStateException().isThrownBy(() -> over.attach(this, "x"));
        assertThat(over.attachment(this)).isNull();
        slots.start("k");
        pass(11);
        assertThat(slots.stats().failed()).isZero();
    }

    @Test
    void retry_fromAnotherThread_isRefused() throws Exception {
        TimerSlots<String> slots = timers();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        script = (key, firing) -> {
            Thread other = new Thread(() -> {
                try {
                    firing.retry(SECOND);
                } catch (IllegalStateException e) {
                    thrown.set(e);
                }
            });
            other.start();
            other.join();
        };
        slots.start("k");
        pass(11);
        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void retry_negativeDelay_isRefused() {
        TimerSlots<String> slots = timers();
        script = (key, firing) -> assertThatIllegalArgumentException()
                .isThrownBy(() -> firing.retry(Duration.ofSeconds(-1)))
                .withMessage("'delay' must not be negative: PT-1S");
        slots.start("k");
        pass(11);
        assertThat(slots.stats().failed()).isZero();
    }

    // ---- races ----------------------------------------------------------------------------------------------------

    /**
     * T1: run: retry. T2: cancel.
     *
     * <p>Retry first: SCHEDULED, and CANCELLED takes it away. Cancel first: RUNNING, and the retry is WITHDRAWN. In no
     * order is there another run.
     */
    @Test
    void retryAgainstCancel_neverRunsAgain() throws Exception {
        AtomicInteger retryFirst = new AtomicInteger();
        AtomicInteger cancelFirst = new AtomicInteger();
        try (Race race = new Race()) {
            TimerSlots<String> slots = timers();
            for (int round = 0; race.goesOn(round, 5_000, retryFirst, cancelFirst); round++) {
                AtomicReference<CancelOutcome> cancel = new AtomicReference<>();
                AtomicReference<RetryOutcome> retry = new AtomicReference<>();
                script = (key, firing) ->
                        race.run(() -> retry.set(firing.retry(SECOND)), () -> cancel.set(slots.cancel("k")));
                slots.start("k", Duration.ZERO);
                bench.settle();
                if (retry.get() == RetryOutcome.SCHEDULED) {
                    retryFirst.incrementAndGet();
                    assertThat(cancel).as("round %d", round).hasValue(CancelOutcome.CANCELLED);
                } else {
                    cancelFirst.incrementAndGet();
                    assertThat(retry).as("round %d", round).hasValue(RetryOutcome.WITHDRAWN);
                    assertThat(cancel).as("round %d", round).hasValue(CancelOutcome.RUNNING);
                }
                int before = runs.size();
                bench.advanceAndRun(SECOND);
                assertThat(runs).as("round %d", round).hasSize(before);
            }
            checkBooks(slots);
        }
        Race.reached("retry first", retryFirst.get());
        Race.reached("cancel first", cancelFirst.get());
    }

    /**
     * T1: run: retry. T2: start.
     *
     * <p>In both orders one firing follows, and it is a first attempt of a higher generation.
     */
    @Test
    void retryAgainstStart_theStartWins() throws Exception {
        AtomicInteger retryFirst = new AtomicInteger();
        AtomicInteger startFirst = new AtomicInteger();
        try (Race race = new Race()) {
            TimerSlots<String> slots = timers();
            for (int round = 0; race.goesOn(round, 5_000, retryFirst, startFirst); round++) {
                AtomicReference<StartOutcome> start = new AtomicReference<>();
                AtomicReference<RetryOutcome> retry = new AtomicReference<>();
                AtomicInteger deliveries = new AtomicInteger();
                script = (key, firing) -> {
                    if (deliveries.incrementAndGet() == 1) {
                        race.run(
                                () -> retry.set(firing.retry(SECOND)),
                                () -> start.set(slots.start("k", Duration.ofSeconds(2))));
                    } else {
                        assertThat(firing.attempt()).isOne();
                    }
                };
                slots.start("k", Duration.ZERO);
                bench.settle();
                boolean first = retry.get() == RetryOutcome.SCHEDULED;
                (first ? retryFirst : startFirst).incrementAndGet();
                assertThat(start).as("round %d", round).hasValue(first ? StartOutcome.REARMED : StartOutcome.STARTED);
                pass(2);
                assertThat(deliveries).as("round %d", round).hasValue(2);
            }
            assertThat(slots.stats().failed()).isZero();
            checkBooks(slots);
        }
        Race.reached("retry first", retryFirst.get());
        Race.reached("start first", startFirst.get());
    }

    /** Without history a slot gets what it needs for another attempt when it asks for one. */
    @Test
    void failureThatIsFollowedByAnotherAttempt_isNotCounted_withoutHistory() {
        TimerSlots<String> slots =
                bench.timers(String.class, this::run, spec -> spec.delay(TEN).whenIdle(WhenIdle.KEEP));
        script = failing(1, SECOND);
        slots.start("key");
        pass(10);
        assertThat(slots.stats().retried()).isEqualTo(1);
        assertThat(slots.stats().failed()).isZero();
        pass(1);
        assertThat(runs).containsExactly("1@10", "2@11");
        assertThat(slots.stats().failed()).isZero();
    }
}

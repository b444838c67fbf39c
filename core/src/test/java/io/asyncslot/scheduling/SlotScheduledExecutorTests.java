package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.asyncslot.DuplicateSlotMapException;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.fixture.Bench;
import io.asyncslot.jvm.EngineProbe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What only ours has: exact times on clocks that the test moves, and slots that come and go with the tasks. */
class SlotScheduledExecutorTests {

    private final Bench bench = new Bench();
    private final SlotScheduledExecutor executor = new SlotScheduledExecutor(bench.registry, "tasks", bench.ticker);
    private final List<Long> millis = new ArrayList<>();

    @AfterEach
    void close() {
        bench.close();
    }

    private void note() {
        millis.add(NANOSECONDS.toMillis(bench.ticker.monotonicNanos()));
    }

    /** Notes the time, and takes some. */
    private Runnable taking(long duration) {
        return () -> {
            note();
            bench.ticker.advance(Duration.ofMillis(duration));
        };
    }

    /** Lets time pass in steps of a millisecond. */
    private void passUntil(long end) {
        bench.settle();
        while (NANOSECONDS.toMillis(bench.ticker.monotonicNanos()) < end) {
            bench.advanceAndRun(Duration.ofMillis(1));
        }
    }

    private SlotMap<?> map(String name) {
        return bench.registry.map(name).orElseThrow();
    }

    private void assertNothingOnTheHeap() {
        bench.settle();
        for (String name : List.of("tasks", "tasks-now")) {
            assertThat(map(name).stats().slots()).as("slots of %s", name).isZero();
            assertThat(Bench.references(map(name))).as("references of %s", name).isZero();
        }
        assertThat(EngineProbe.filed(bench.backend)).as("timers filed").isZero();
    }

    @Test
    void schedule_runsAtItsVeryTime() {
        executor.schedule(this::note, 7, MILLISECONDS);
        executor.schedule(this::note, 3, MILLISECONDS);
        executor.schedule(this::note, 0, MILLISECONDS);
        passUntil(20);
        assertThat(millis).containsExactly(0L, 3L, 7L);
        assertNothingOnTheHeap();
    }

    @Test
    void endedByItself_leavesNothingBehind_thoughNobodyWaitsForIt() {
        executor.schedule(this::note, 5, MILLISECONDS);
        executor.shutdown();
        assertThat(bench.registry.map("tasks")).isPresent();
        passUntil(10);
        assertThat(millis).containsExactly(5L);
        await().untilAsserted(() -> assertThat(bench.registry.maps()).isEmpty());
    }

    @Test
    void endedByTheCancelOfItsLastTask_leavesNothingBehind() {
        Future<?> last = executor.schedule(this::note, 5, MILLISECONDS);
        executor.shutdown();
        last.cancel(false);
        assertThat(executor.isTerminated()).isTrue();
        await().untilAsserted(() -> assertThat(bench.registry.maps()).isEmpty());
    }

    @Test
    void fixedRate_afterAStop_makesUpForAllByDefault() throws Exception {
        executor.scheduleAtFixedRate(this::note, 10, 10, MILLISECONDS);
        assertThat(runsRoundAStop()).containsExactly(10L, 65L, 65L, 65L, 65L, 65L, 70L, 80L);
    }

    @Test
    void fixedRate_afterAStop_once_runsOnceThenOnItsGrid() throws Exception {
        late(LatePolicy.ONCE).scheduleAtFixedRate(this::note, 10, 10, MILLISECONDS);
        assertThat(runsRoundAStop()).containsExactly(10L, 65L, 70L, 80L);
    }

    @Test
    void fixedRate_afterAStop_skip_waitsForItsGrid() throws Exception {
        late(LatePolicy.SKIP).scheduleAtFixedRate(this::note, 10, 10, MILLISECONDS);
        assertThat(runsRoundAStop()).containsExactly(10L, 70L, 80L);
    }

    @Test
    void fixedRate_thatOverruns_once_runsOnceForWhatFellDueMeanwhile() {
        late(LatePolicy.ONCE).scheduleAtFixedRate(takingFirst(35), 10, 10, MILLISECONDS);
        passUntil(60);
        assertThat(millis).containsExactly(10L, 45L, 50L, 60L);
    }

    @Test
    void fixedRate_thatOverruns_skip_leavesOutWhatFellDueMeanwhile() {
        late(LatePolicy.SKIP).scheduleAtFixedRate(takingFirst(35), 10, 10, MILLISECONDS);
        passUntil(60);
        assertThat(millis).containsExactly(10L, 50L, 60L);
    }

    /** Notes the time; only its first run takes some. */
    private Runnable takingFirst(long duration) {
        return () -> {
            note();
            bench.ticker.advance(Duration.ofMillis(millis.size() == 1 ? duration : 0));
        };
    }

    @Test
    void fixedRate_skip_cancelledWhileLeftOut_leavesNothing() throws Exception {
        SlotScheduledExecutor skipping = late(LatePolicy.SKIP);
        ScheduledFuture<?> future = skipping.scheduleAtFixedRate(this::note, 10, 10, MILLISECONDS);
        bench.registry.stop(Duration.ZERO);
        passUntil(55);
        bench.registry.start();
        bench.settle();
        assertThat(millis).isEmpty();
        assertThat(future.isDone()).isFalse();
        future.cancel(false);
        passUntil(80);
        assertThat(millis).isEmpty();
        assertThat(map("late").stats().slots()).isZero();
    }

    private SlotScheduledExecutor late(LatePolicy policy) {
        return new SlotScheduledExecutor(bench.registry, "late", bench.ticker, "jvm", policy);
    }

    /** Runs at 10 ms, then not before 65 ms: five points of the grid are missed. */
    private List<Long> runsRoundAStop() throws InterruptedException {
        passUntil(15);
        bench.registry.stop(Duration.ZERO);
        passUntil(65);
        bench.registry.start();
        passUntil(80);
        return millis;
    }

    @Test
    void fixedRate_isDueOnItsGrid() {
        executor.scheduleAtFixedRate(taking(3), 5, 10, MILLISECONDS);
        passUntil(60);
        assertThat(millis).containsExactly(5L, 15L, 25L, 35L, 45L, 55L);
    }

    @Test
    void fixedRate_thatTakesLonger_runsOneAfterAnotherAndKeepsTheCount() {
        List<Long> durations = new ArrayList<>(List.of(25L, 1L, 1L, 1L, 1L));
        executor.scheduleAtFixedRate(
                () -> {
                    note();
                    bench.ticker.advance(Duration.ofMillis(durations.remove(0)));
                },
                0,
                10,
                MILLISECONDS);
        passUntil(39);
        // due at 0, 10, 20, 30: the second and third come late, the fourth is on the grid again
        assertThat(millis).containsExactly(0L, 25L, 26L, 30L);
    }

    @Test
    void fixedRate_afterAPause_makesUpForAllItMissed() {
        executor.scheduleAtFixedRate(this::note, 10, 10, MILLISECONDS);
        bench.advanceAndRun(Duration.ofMillis(45));
        assertThat(millis).containsExactly(45L, 45L, 45L, 45L);
        passUntil(60);
        assertThat(millis).endsWith(45L, 50L, 60L);
    }

    @Test
    void fixedDelay_isDueAPeriodAfterTheEnd() {
        executor.scheduleWithFixedDelay(taking(3), 5, 10, MILLISECONDS);
        passUntil(60);
        assertThat(millis).containsExactly(5L, 18L, 31L, 44L, 57L);
    }

    @Test
    void fixedDelay_afterAPause_runsOnce() {
        executor.scheduleWithFixedDelay(this::note, 10, 10, MILLISECONDS);
        bench.advanceAndRun(Duration.ofMillis(45));
        passUntil(70);
        assertThat(millis).containsExactly(45L, 55L, 65L);
    }

    @Test
    void getDelay_followsTheClock() {
        ScheduledFuture<?> once = executor.schedule(() -> {}, 10, MILLISECONDS);
        ScheduledFuture<?> rate = executor.scheduleAtFixedRate(() -> {}, 4, 10, MILLISECONDS);
        assertThat(once.compareTo(rate)).isPositive();
        passUntil(6);
        assertThat(once.getDelay(MILLISECONDS)).isEqualTo(4);
        assertThat(rate.getDelay(MILLISECONDS)).isEqualTo(8);
        assertThat(once.compareTo(rate)).isNegative();
        passUntil(13);
        assertThat(once.getDelay(MILLISECONDS)).isEqualTo(-3);
    }

    @Test
    void hugeDelay_isComparedAsTheLatest() {
        passUntil(5);
        ScheduledFuture<?> huge = executor.schedule(() -> {}, Long.MAX_VALUE, NANOSECONDS);
        ScheduledFuture<?> soon = executor.schedule(() -> {}, 1, MILLISECONDS);
        assertThat(huge.compareTo(soon)).isPositive();
        assertThat(soon.compareTo(huge)).isNegative();
    }

    @Test
    void registryClosedDuringARun_endsAPeriodicTask() {
        ScheduledFuture<?> future = executor.scheduleAtFixedRate(bench.registry::close, 1, 1, MILLISECONDS);
        passUntil(5);
        assertThat(future.isCancelled()).isTrue();
    }

    @Test
    void sameDeadline_isComparedByOrderOfSubmission() {
        ScheduledFuture<?> first = executor.schedule(() -> {}, Long.MAX_VALUE, DAYS);
        ScheduledFuture<?> second = executor.schedule(() -> {}, Long.MAX_VALUE, SECONDS);
        assertThat(first.getDelay(NANOSECONDS)).isEqualTo(Long.MAX_VALUE);
        assertThat(first.compareTo(second)).isNegative();
        assertThat(second.compareTo(first)).isPositive();
    }

    @Test
    void cancel_leavesNothingOnTheHeap() {
        List<Future<?>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            futures.add(executor.schedule(() -> {}, 1 + i, DAYS));
            futures.add(executor.scheduleAtFixedRate(() -> {}, 1, 1, DAYS));
            futures.add(executor.submit(() -> {}));
        }
        assertThat(map("tasks").stats().slots()).isEqualTo(200);
        assertThat(map("tasks-now").stats().slots()).isEqualTo(100);
        futures.forEach(future -> future.cancel(false));
        assertThat(map("tasks").stats().slots()).isZero();
        assertThat(map("tasks-now").stats().slots()).isZero();
        assertNothingOnTheHeap();
    }

    @Test
    void cancelFromInside_leavesNoInterruptOnTheThread() {
        AtomicReference<Future<?>> self = new AtomicReference<>();
        AtomicBoolean interrupted = new AtomicBoolean();
        self.set(executor.schedule(
                () -> {
                    self.get().cancel(true);
                    interrupted.set(Thread.currentThread().isInterrupted());
                },
                1,
                MILLISECONDS));
        passUntil(1);
        assertThat(interrupted).isTrue();
        assertThat(Thread.interrupted()).isFalse();
        assertNothingOnTheHeap();
    }

    @Test
    void run_leavesNothingOnTheHeap() {
        for (int i = 0; i < 100; i++) {
            executor.schedule(this::note, i % 5, MILLISECONDS);
        }
        passUntil(5);
        assertThat(millis).hasSize(100);
        assertNothingOnTheHeap();
    }

    @Test
    void failedPeriodicTask_leavesNothingOnTheHeap() {
        ScheduledFuture<?> future = executor.scheduleAtFixedRate(
                () -> {
                    throw new IllegalStateException("on purpose");
                },
                1,
                1,
                MILLISECONDS);
        passUntil(3);
        assertThat(future.isDone()).isTrue();
        assertThat(map("tasks").stats().fired()).isEqualTo(1);
        assertNothingOnTheHeap();
    }

    @Test
    void stoppedRegistry_runsTasksWhenItIsStartedAgain() throws InterruptedException {
        bench.registry.stop(Duration.ZERO);
        executor.execute(this::note);
        executor.schedule(this::note, 2, MILLISECONDS);
        passUntil(5);
        assertThat(millis).isEmpty();
        bench.registry.start();
        passUntil(10);
        assertThat(millis).hasSize(2);
        assertNothingOnTheHeap();
    }

    @Test
    void fullWorkers_makeATaskLateAndLoseNone() {
        bench.hand.refuseNext(3);
        executor.execute(this::note);
        executor.scheduleAtFixedRate(this::note, 1, 2, MILLISECONDS);
        passUntil(20);
        assertThat(millis).hasSize(1 + 10);
    }

    @Test
    void cancelWaiting_cancelsWhatWaits_andInterruptsNothing() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        ScheduledFuture<?> running = executor.scheduleAtFixedRate(
                () -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                    }
                },
                0,
                1,
                MILLISECONDS);
        ScheduledFuture<?> later = executor.schedule(this::note, 1, DAYS);
        assertThat(executor.isIdle()).isTrue();
        Thread runner = new Thread(bench::settle);
        runner.start();
        await().until(() -> !executor.isIdle());
        assertThat(executor.cancelWaiting()).isEqualTo(1);
        assertThat(later.isCancelled()).isTrue();
        assertThat(running.isCancelled()).as("it runs no more").isTrue();
        assertThat(executor.isTerminated()).isFalse();
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> executor.execute(this::note));
        gate.countDown();
        runner.join();
        assertThat(executor.awaitTermination(30, SECONDS)).isTrue();
        assertThat(executor.isIdle()).isTrue();
        assertThat(interrupted).isFalse();
        assertThat(millis).isEmpty();
    }

    @Test
    void ended_givesItsNamesBack() throws InterruptedException {
        executor.shutdown();
        assertThat(executor.awaitTermination(0, TimeUnit.NANOSECONDS)).isTrue();
        assertThat(bench.registry.maps()).isEmpty();
        new SlotScheduledExecutor(bench.registry, "tasks", bench.ticker).execute(this::note);
        bench.settle();
        assertThat(millis).hasSize(1);
    }

    @Test
    void name_thatIsTaken_isRefusedAndNothingRegistered() {
        assertThatExceptionOfType(DuplicateSlotMapException.class)
                .isThrownBy(() -> new SlotScheduledExecutor(bench.registry, "tasks"));
        bench.registry.register(WorkMapSpec.named("other-now", String.class)
                .callback((key, firing) -> {})
                .build());
        assertThatExceptionOfType(DuplicateSlotMapException.class)
                .isThrownBy(() -> new SlotScheduledExecutor(bench.registry, "other"));
        bench.registry.register(TimerMapSpec.named("other", String.class)
                .callback((key, firing) -> {})
                .build());
    }

    @Test
    void closedRegistry_refusesTasks() {
        bench.registry.close();
        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> executor.execute(this::note))
                .withMessageContaining("closed");
        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> executor.schedule(this::note, 1, SECONDS));
        executor.shutdown();
        assertThat(executor.isTerminated()).isTrue();
    }
}

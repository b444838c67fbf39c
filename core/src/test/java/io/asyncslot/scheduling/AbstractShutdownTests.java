package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How an executor comes to its end. */
abstract class AbstractShutdownTests extends AbstractExecutorTests {

    AbstractShutdownTests(ExecutorUnderTest kind) {
        super(kind);
    }

    @Test
    void shutdown_ofAnIdleExecutor_terminatesIt() throws Exception {
        ScheduledExecutorService executor = open();
        assertThat(executor.isShutdown()).isFalse();
        assertThat(executor.isTerminated()).isFalse();
        executor.shutdown();
        executor.shutdown();
        assertThat(executor.isShutdown()).isTrue();
        awaitEnd(executor);
    }

    @Test
    void awaitTermination_beforeShutdown_timesOut() throws Exception {
        ScheduledExecutorService executor = open();
        assertThat(executor.awaitTermination(Long.MIN_VALUE, DAYS)).isFalse();
        assertThat(executor.awaitTermination(0, DAYS)).isFalse();
        long began = System.nanoTime();
        assertThat(executor.awaitTermination(SHORT_MILLIS, MILLISECONDS)).isFalse();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(SHORT_MILLIS));
        assertThat(executor.isTerminated()).isFalse();
    }

    @Test
    void awaitTermination_isWokenByTheLastTask() throws Exception {
        ScheduledExecutorService executor = open();
        Blocker blocker = new Blocker();
        executor.execute(blocker);
        await(blocker.begun);
        executor.shutdown();
        assertThat(executor.awaitTermination(SHORT_MILLIS, MILLISECONDS)).isFalse();
        assertThat(executor.isTerminated()).isFalse();
        blocker.release.countDown();
        awaitEnd(executor);
        assertThat(blocker.ended.getCount()).isZero();
    }

    @Test
    void awaitTermination_canBeInterrupted() {
        ScheduledExecutorService executor = open();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> executor.awaitTermination(LONG_SECONDS, SECONDS));
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void afterShutdown_everythingIsRefused() {
        assertRefusesAll(false);
    }

    @Test
    void afterShutdownNow_everythingIsRefused() {
        assertRefusesAll(true);
    }

    private void assertRefusesAll(boolean now) {
        ScheduledExecutorService executor = open();
        if (now) {
            assertThat(executor.shutdownNow()).isEmpty();
        } else {
            executor.shutdown();
        }
        AtomicInteger ran = new AtomicInteger();
        Runnable task = ran::incrementAndGet;
        List<Runnable> attempts = List.of(
                () -> executor.execute(task),
                () -> executor.submit(task),
                () -> executor.submit(task, "result"),
                () -> executor.submit(ran::incrementAndGet),
                () -> executor.schedule(task, 1, MILLISECONDS),
                () -> executor.schedule(ran::incrementAndGet, 1, MILLISECONDS),
                () -> executor.schedule(task, 0, MILLISECONDS),
                () -> executor.scheduleAtFixedRate(task, 1, 1, MILLISECONDS),
                () -> executor.scheduleWithFixedDelay(task, 1, 1, MILLISECONDS));
        assertThat(attempts)
                .allSatisfy(attempt -> assertThatExceptionOfType(RejectedExecutionException.class)
                        .isThrownBy(attempt::run));
        assertThat(executor.isTerminated()).isTrue();
        assertThat(ran).hasValue(0);
    }

    @Test
    void shutdown_letsDelayedTasksRun_andCancelsPeriodicOnes() throws Exception {
        ScheduledExecutorService executor = open();
        List<ScheduledFuture<String>> delayed = new ArrayList<>();
        List<ScheduledFuture<?>> periodic = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 5; i++) {
            delayed.add(executor.schedule(() -> "ran", 300 + i, MILLISECONDS));
            periodic.add(executor.scheduleAtFixedRate(ran::incrementAndGet, 1, 1, DAYS));
            periodic.add(executor.scheduleWithFixedDelay(ran::incrementAndGet, 1, 1, DAYS));
        }
        executor.shutdown();
        assertThat(executor.isShutdown()).isTrue();
        assertThat(periodic).allSatisfy(future -> {
            assertThat(future.isCancelled()).isTrue();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(future::get);
        });
        for (ScheduledFuture<String> future : delayed) {
            assertThat(future.get(LONG_SECONDS, SECONDS)).isEqualTo("ran");
        }
        awaitEnd(executor);
        assertThat(ran).hasValue(0);
    }

    @Test
    void shutdown_whileAPeriodicTaskRuns_letsTheRunEndAndNoOtherBegin() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        Blocker blocker = new Blocker();
        ScheduledFuture<?> future = executor.scheduleAtFixedRate(
                () -> {
                    ran.incrementAndGet();
                    blocker.run();
                },
                0,
                1,
                MILLISECONDS);
        await(blocker.begun);
        executor.shutdown();
        assertThat(executor.isTerminated()).isFalse();
        blocker.release.countDown();
        awaitEnd(executor);
        assertThat(future.isCancelled()).isTrue();
        assertThat(ran).hasValue(1);
        assertThat(blocker.interrupted.getCount()).isOne();
    }

    @Test
    void shutdown_fromInsideATask_letsItEnd() throws Exception {
        ScheduledExecutorService executor = open();
        Future<Boolean> future = executor.submit(() -> {
            executor.shutdown();
            return executor.isShutdown() && !executor.isTerminated();
        });
        assertThat(future.get(LONG_SECONDS, SECONDS)).isTrue();
        awaitEnd(executor);
    }

    @Test
    void shutdownNow_answersWhatWaits_andCancelsNoneOfIt() throws Exception {
        ScheduledExecutorService executor = open();
        List<Future<?>> futures = new ArrayList<>();
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 5; i++) {
            futures.add(executor.schedule(ran::incrementAndGet, 1 + i, DAYS));
            futures.add(executor.scheduleAtFixedRate(ran::incrementAndGet, 1, 1, DAYS));
            futures.add(executor.scheduleWithFixedDelay(ran::incrementAndGet, 1, 1, DAYS));
        }
        List<Runnable> waiting = executor.shutdownNow();
        awaitEnd(executor);
        assertThat(waiting).hasSameSizeAs(futures);
        assertThat(new ArrayList<Object>(waiting)).containsExactlyInAnyOrderElementsOf(futures);
        assertThat(futures).allSatisfy(future -> {
            assertThat(future.isDone()).isFalse();
            assertThat(future.isCancelled()).isFalse();
        });
        assertThat(ran).hasValue(0);
    }

    @Test
    void shutdownNow_interruptsWhatRuns_andKeepsItsResult() throws Exception {
        ScheduledExecutorService executor = open(1);
        CountDownLatch begun = new CountDownLatch(1);
        Future<String> running = executor.submit(() -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
                return "never";
            } catch (InterruptedException e) {
                return "interrupted";
            }
        });
        await(begun);
        AtomicInteger ran = new AtomicInteger();
        Future<?> waitsForTheThread = executor.submit(ran::incrementAndGet);
        List<Runnable> waiting = executor.shutdownNow();
        assertThat(running.get(LONG_SECONDS, SECONDS)).isEqualTo("interrupted");
        awaitEnd(executor);
        assertThat(new ArrayList<Object>(waiting)).containsExactly(waitsForTheThread);
        assertThat(waitsForTheThread.isDone()).isFalse();
        assertThat(ran).hasValue(0);
    }

    @Test
    void shutdownNow_interruptsARunThatWasCancelledWithout() throws Exception {
        ScheduledExecutorService executor = open();
        Blocker blocker = new Blocker();
        Future<?> future = executor.submit(blocker);
        await(blocker.begun);
        future.cancel(false);
        assertThat(executor.shutdownNow()).isEmpty();
        await(blocker.interrupted);
        awaitEnd(executor);
    }

    @Test
    void shutdownNow_whileAPeriodicTaskRuns_endsIt() throws Exception {
        ScheduledExecutorService executor = open();
        Blocker blocker = new Blocker();
        ScheduledFuture<?> future = executor.scheduleWithFixedDelay(blocker, 0, 1, MILLISECONDS);
        await(blocker.begun);
        executor.shutdownNow();
        await(blocker.interrupted);
        awaitEnd(executor);
        assertThat(future.isCancelled()).isTrue();
    }

    @Test
    void shutdownNow_afterShutdown_takesBackTheDelayedTasks() throws Exception {
        ScheduledExecutorService executor = open();
        Future<?> future = executor.schedule(() -> {}, 1, DAYS);
        executor.shutdown();
        assertThat(executor.awaitTermination(SHORT_MILLIS, MILLISECONDS)).isFalse();
        assertThat(new ArrayList<Object>(executor.shutdownNow())).containsExactly(future);
        awaitEnd(executor);
    }

    @Test
    void shutdownNow_ofATaskThatIsRunByTheCaller_completesItsFuture() throws Exception {
        ScheduledExecutorService executor = open();
        Future<String> future = executor.schedule(() -> "by hand", 1, DAYS);
        executor.shutdownNow().forEach(Runnable::run);
        assertCompletedOrCancelled(future);
        awaitEnd(executor);
    }

    /** The JDK's own refuses to run it and cancels it; either way nobody waits for ever. */
    private static void assertCompletedOrCancelled(Future<String> future) throws Exception {
        assertThat(future.isDone()).isTrue();
        if (!future.isCancelled()) {
            assertThat(future.get()).isEqualTo("by hand");
        }
    }

    @Test
    void cancelOfTheLastDelayedTask_terminates() throws Exception {
        ScheduledExecutorService executor = open();
        Future<?> future = executor.schedule(() -> {}, 1, DAYS);
        executor.shutdown();
        assertThat(executor.isTerminated()).isFalse();
        assertThat(future.cancel(false)).isTrue();
        awaitEnd(executor);
    }
}

package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Tasks that are cancelled before, in and after their run. */
abstract class AbstractCancellationTests extends AbstractExecutorTests {

    AbstractCancellationTests(ExecutorUnderTest kind) {
        super(kind);
    }

    private static void assertCancelled(Future<?> future) {
        assertThat(future.isDone()).isTrue();
        assertThat(future.isCancelled()).isTrue();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> future.get(LONG_SECONDS, SECONDS));
    }

    @Test
    void cancel_ofWhatWaits_keepsItFromRunning() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        List<ScheduledFuture<?>> futures = new ArrayList<>();
        List<Boolean> cancelled = new ArrayList<>();
        long began = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            futures.add(executor.schedule(ran::incrementAndGet, 500, MILLISECONDS));
            futures.add(executor.scheduleAtFixedRate(ran::incrementAndGet, 500, 1, MILLISECONDS));
            futures.add(executor.scheduleWithFixedDelay(ran::incrementAndGet, 500, 1, MILLISECONDS));
        }
        boolean interrupts = false;
        for (ScheduledFuture<?> future : futures) {
            cancelled.add(future.cancel(interrupts ^= true));
        }
        assumeTrue(System.nanoTime() - began < 500_000_000L, "SKIPPED: this thread had no CPU for a while");
        assertThat(cancelled).containsOnly(true);
        for (ScheduledFuture<?> future : futures) {
            assertThat(future.cancel(true)).as("a second time").isFalse();
            assertCancelled(future);
        }
        executor.schedule(() -> {}, 600, MILLISECONDS).get(LONG_SECONDS, SECONDS);
        assertThat(ran).hasValue(0);
    }

    @Test
    void cancel_ofWhatWaitsForAThread_keepsItFromRunning() throws Exception {
        ScheduledExecutorService executor = open(1);
        Blocker blocker = new Blocker();
        executor.execute(blocker);
        await(blocker.begun);
        AtomicInteger ran = new AtomicInteger();
        Future<?> now = executor.submit(ran::incrementAndGet);
        Future<?> later = executor.schedule(ran::incrementAndGet, 1, MILLISECONDS);
        assertThat(now.cancel(true)).isTrue();
        assertThat(later.cancel(true)).isTrue();
        blocker.release.countDown();
        executor.schedule(() -> {}, SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS);
        assertThat(ran).hasValue(0);
        assertThat(blocker.interrupted.getCount()).isOne();
    }

    @Test
    void cancel_whileItRuns_interrupts() throws Exception {
        ScheduledExecutorService executor = open(1);
        Blocker blocker = new Blocker();
        ScheduledFuture<?> future = executor.schedule(blocker, 1, MILLISECONDS);
        await(blocker.begun);
        assertThat(future.cancel(true)).isTrue();
        await(blocker.interrupted);
        assertCancelled(future);
        assertThat(executor.submit(() -> Thread.currentThread().isInterrupted()).get(LONG_SECONDS, SECONDS))
                .as("the next task on the thread")
                .isFalse();
    }

    @Test
    void cancel_whileItRuns_withoutInterrupting_letsItEnd() throws Exception {
        ScheduledExecutorService executor = open(1);
        Blocker blocker = new Blocker();
        ScheduledFuture<?> future = executor.schedule(blocker, 1, MILLISECONDS);
        await(blocker.begun);
        assertThat(future.cancel(false)).isTrue();
        assertCancelled(future);
        executor.shutdown();
        assertThat(executor.isTerminated()).as("while it runs").isFalse();
        assertThat(blocker.ended.getCount()).isOne();
        blocker.release.countDown();
        awaitEnd(executor);
        assertThat(blocker.interrupted.getCount()).isOne();
        assertThat(blocker.ended.getCount()).isZero();
    }

    @Test
    void cancel_ofAPeriodicTaskWhileItRuns_endsIt() throws Exception {
        ScheduledExecutorService executor = open();
        for (boolean rate : new boolean[] {true, false}) {
            AtomicInteger ran = new AtomicInteger();
            Blocker blocker = new Blocker();
            Runnable task = () -> {
                ran.incrementAndGet();
                blocker.run();
            };
            ScheduledFuture<?> future = rate
                    ? executor.scheduleAtFixedRate(task, 0, 1, MILLISECONDS)
                    : executor.scheduleWithFixedDelay(task, 0, 1, MILLISECONDS);
            await(blocker.begun);
            assertThat(future.cancel(true)).isTrue();
            await(blocker.interrupted);
            assertCancelled(future);
            executor.schedule(() -> {}, SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS);
            assertThat(ran).hasValue(1);
        }
    }

    @Test
    void cancel_ofAPeriodicTaskFromInside_endsIt() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        AtomicReference<ScheduledFuture<?>> self = new AtomicReference<>();
        CountDownLatch known = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        self.set(executor.scheduleAtFixedRate(
                () -> {
                    try {
                        known.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    if (ran.incrementAndGet() == 3 && self.get().cancel(false)) {
                        cancelled.countDown();
                    }
                },
                0,
                1,
                MILLISECONDS));
        known.countDown();
        await(cancelled);
        assertCancelled(self.get());
        executor.schedule(() -> {}, SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS);
        assertThat(ran).hasValue(3);
    }

    @Test
    void cancel_ofATaskThatHasRun_changesNothing() throws Exception {
        ScheduledFuture<String> future = open().schedule(() -> "done", 1, MILLISECONDS);
        assertThat(future.get(LONG_SECONDS, SECONDS)).isEqualTo("done");
        assertThat(future.cancel(true)).isFalse();
        assertThat(future.isCancelled()).isFalse();
        assertThat(future.get()).isEqualTo("done");
    }

    @Test
    void cancel_wakesWhoWaits() throws Exception {
        ScheduledFuture<?> future = open().schedule(() -> {}, 1, DAYS);
        CountDownLatch woken = new CountDownLatch(1);
        Thread waiter = new Thread(() -> {
            try {
                future.get();
            } catch (CancellationException e) {
                woken.countDown();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        waiter.start();
        future.cancel(false);
        await(woken);
        waiter.join();
    }
}

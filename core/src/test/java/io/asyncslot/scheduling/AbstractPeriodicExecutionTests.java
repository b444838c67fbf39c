package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tasks of fixed rate and of fixed delay. */
abstract class AbstractPeriodicExecutionTests extends AbstractExecutorTests {

    AbstractPeriodicExecutionTests(ExecutorUnderTest kind) {
        super(kind);
    }

    private static final long PERIOD = MILLISECONDS.toNanos(SHORT_MILLIS);

    /** A run, in readings of the clock. */
    private record Run(long begin, long end) {}

    private final BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger overlaps = new AtomicInteger();

    private void slowTask() {
        long begin = System.nanoTime();
        if (atOnce.incrementAndGet() > 1) {
            overlaps.incrementAndGet();
        }
        while (System.nanoTime() - begin < PERIOD / 2) {
            Thread.yield();
        }
        atOnce.decrementAndGet();
        runs.add(new Run(begin, System.nanoTime()));
    }

    private Run nextRun() throws InterruptedException {
        Run run = runs.poll(LONG_SECONDS, SECONDS);
        assertThat(run).as("another run").isNotNull();
        return run;
    }

    @Test
    void fixedRate_isNeverAheadOfItsGrid() throws Exception {
        long began = System.nanoTime();
        ScheduledFuture<?> future =
                open(4).scheduleAtFixedRate(this::slowTask, SHORT_MILLIS * 2, SHORT_MILLIS, MILLISECONDS);
        for (int k = 0; k < 10; k++) {
            assertThat(nextRun().begin() - began).as("run %d", k).isGreaterThanOrEqualTo(PERIOD * (2 + k));
        }
        assertThat(future.isDone()).isFalse();
        assertThat(overlaps).hasValue(0);
    }

    @Test
    void fixedRate_thatTakesLongerThanItsPeriod_neverOverlapsItself() throws Exception {
        open(4).scheduleAtFixedRate(this::slowTask, 0, 1, MILLISECONDS);
        Run former = nextRun();
        for (int k = 0; k < 10; k++) {
            Run run = nextRun();
            assertThat(run.begin()).isGreaterThanOrEqualTo(former.end());
            former = run;
        }
        assertThat(overlaps).hasValue(0);
    }

    @Test
    void fixedDelay_countsFromTheEndOfARun() throws Exception {
        long began = System.nanoTime();
        open(4).scheduleWithFixedDelay(this::slowTask, SHORT_MILLIS * 2, SHORT_MILLIS, MILLISECONDS);
        Run former = nextRun();
        assertThat(former.begin() - began).isGreaterThanOrEqualTo(PERIOD * 2);
        for (int k = 0; k < 8; k++) {
            Run run = nextRun();
            assertThat(run.begin() - former.end()).as("pause %d", k).isGreaterThanOrEqualTo(PERIOD);
            former = run;
        }
        assertThat(overlaps).hasValue(0);
    }

    @Test
    void severalAtDifferentPeriods_allGoOn() throws Exception {
        ScheduledExecutorService executor = open(2);
        CountDownLatch fast = new CountDownLatch(30);
        CountDownLatch slow = new CountDownLatch(5);
        CountDownLatch delayed = new CountDownLatch(10);
        executor.scheduleAtFixedRate(fast::countDown, 0, 1, MILLISECONDS);
        executor.scheduleAtFixedRate(slow::countDown, 5, SHORT_MILLIS, MILLISECONDS);
        executor.scheduleWithFixedDelay(delayed::countDown, 1, 3, MILLISECONDS);
        await(fast);
        await(slow);
        await(delayed);
    }

    @Test
    void fixedRate_endsByItsFirstException() throws Exception {
        failsAtTheThirdRun(true);
    }

    @Test
    void fixedDelay_endsByItsFirstException() throws Exception {
        failsAtTheThirdRun(false);
    }

    private void failsAtTheThirdRun(boolean rate) throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger count = new AtomicInteger();
        Runnable task = () -> {
            if (count.incrementAndGet() == 3) {
                throw new IllegalStateException("on purpose");
            }
        };
        ScheduledFuture<?> future = rate
                ? executor.scheduleAtFixedRate(task, 1, 1, MILLISECONDS)
                : executor.scheduleWithFixedDelay(task, 1, 1, MILLISECONDS);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> future.get(LONG_SECONDS, SECONDS))
                .havingCause()
                .isInstanceOf(IllegalStateException.class)
                .withMessage("on purpose");
        executor.schedule(() -> {}, SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS);
        assertThat(count).hasValue(3);
        assertThat(future.isDone()).isTrue();
        assertThat(future.isCancelled()).isFalse();
        assertThat(future.cancel(true)).isFalse();
        executor.shutdown();
        awaitEnd(executor); // it left nothing behind that would be waited for
    }

    @Test
    void periodThatIsNotPositive_isRefused() {
        ScheduledExecutorService executor = open();
        for (long period : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> executor.scheduleAtFixedRate(() -> {}, 1, period, DAYS));
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> executor.scheduleWithFixedDelay(() -> {}, 1, period, DAYS));
        }
    }
}

package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tasks that run once, now or later. */
abstract class AbstractDelayedExecutionTests extends AbstractExecutorTests {

    AbstractDelayedExecutionTests(ExecutorUnderTest kind) {
        super(kind);
    }

    @Test
    void execute_runsTheTask() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        open().execute(ran::countDown);
        await(ran);
    }

    @Test
    void execute_ofATaskThatFails_harmsNobody() throws Exception {
        ScheduledExecutorService executor = open(1);
        executor.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        assertThat(executor.submit(() -> "next").get(LONG_SECONDS, SECONDS)).isEqualTo("next");
    }

    @Test
    void schedule_ofACallable_answersItsResultNotEarly() throws Exception {
        ScheduledExecutorService executor = open();
        for (long delay : new long[] {1, SHORT_MILLIS, 3 * SHORT_MILLIS}) {
            long began = System.nanoTime();
            ScheduledFuture<Long> future = executor.schedule(() -> System.nanoTime(), delay, MILLISECONDS);
            long ran = future.get(LONG_SECONDS, SECONDS);
            assertThat(ran - began).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(delay));
            assertThat(future.isDone()).isTrue();
            assertThat(future.isCancelled()).isFalse();
        }
    }

    @Test
    void schedule_ofARunnable_answersNullNotEarly() throws Exception {
        long began = System.nanoTime();
        CountDownLatch ran = new CountDownLatch(1);
        Future<?> future = open().schedule(ran::countDown, SHORT_MILLIS, MILLISECONDS);
        assertThat(future.get(LONG_SECONDS, SECONDS)).isNull();
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(SHORT_MILLIS));
        assertThat(ran.getCount()).isZero();
    }

    @Test
    void schedule_withNoOrANegativeDelay_runsAtOnce() throws Exception {
        ScheduledExecutorService executor = open();
        for (long delay : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThat(executor.schedule(() -> delay, delay, DAYS).get(LONG_SECONDS, SECONDS))
                    .isEqualTo(delay);
        }
    }

    @Test
    void schedule_withAHugeDelay_holdsNothingUp() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        List<ScheduledFuture<?>> huge = new ArrayList<>();
        for (long delay : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE / 2}) {
            huge.add(executor.schedule(ran::incrementAndGet, delay, NANOSECONDS));
            huge.add(executor.schedule(ran::incrementAndGet, delay, DAYS));
            huge.add(executor.scheduleAtFixedRate(ran::incrementAndGet, delay, delay, SECONDS));
            huge.add(executor.scheduleWithFixedDelay(ran::incrementAndGet, delay, delay, SECONDS));
        }
        assertThat(executor.schedule(() -> "short", SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS))
                .isEqualTo("short");
        assertThat(ran).hasValue(0);
        assertThat(huge)
                .allSatisfy(future -> assertThat(future.getDelay(DAYS)).isGreaterThan(365 * 100))
                .allSatisfy(future -> assertThat(future.cancel(false)).isTrue());
    }

    @Test
    void schedule_ofAnInitialDelayThatIsOver_withAHugePeriod_runsOnce() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch both = new CountDownLatch(2);
        Runnable task = () -> {
            ran.incrementAndGet();
            both.countDown();
        };
        executor.scheduleAtFixedRate(task, -1, Long.MAX_VALUE, SECONDS);
        executor.scheduleWithFixedDelay(task, Long.MIN_VALUE, Long.MAX_VALUE, SECONDS);
        await(both);
        executor.schedule(() -> {}, SHORT_MILLIS, MILLISECONDS).get(LONG_SECONDS, SECONDS);
        assertThat(ran).hasValue(2);
    }

    @Test
    void schedule_ofATaskThatFails_tellsByTheFuture() {
        ScheduledExecutorService executor = open();
        Callable<String> failing = () -> {
            throw new IllegalArgumentException("on purpose");
        };
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> executor.schedule(failing, 1, MILLISECONDS).get(LONG_SECONDS, SECONDS))
                .withCauseInstanceOf(IllegalArgumentException.class);
        Runnable worse = () -> {
            throw new AssertionError("on purpose");
        };
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> executor.schedule(worse, 1, MILLISECONDS).get(LONG_SECONDS, SECONDS))
                .withCauseInstanceOf(AssertionError.class);
    }

    @Test
    void schedule_fromInsideATask_runsToo() throws Exception {
        ScheduledExecutorService executor = open(1);
        CountDownLatch deep = new CountDownLatch(20);
        executor.execute(new Runnable() {
            @Override
            public void run() {
                deep.countDown();
                if (deep.getCount() > 0) {
                    executor.schedule(this, deep.getCount() % 3, MILLISECONDS);
                }
            }
        });
        await(deep);
    }

    @Test
    void schedule_ofMany_runsEachOnce() throws Exception {
        ScheduledExecutorService executor = open();
        int many = 2_000;
        AtomicInteger[] runs = new AtomicInteger[many];
        List<Future<?>> futures = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            AtomicInteger count = runs[i] = new AtomicInteger();
            futures.add(executor.schedule(count::incrementAndGet, i % 7, MILLISECONDS));
        }
        for (Future<?> future : futures) {
            future.get(LONG_SECONDS, SECONDS);
        }
        executor.shutdown();
        awaitEnd(executor);
        assertThat(runs).allSatisfy(count -> assertThat(count).hasValue(1));
    }

    @Test
    void get_ofATaskThatIsNotDue_timesOut() {
        ScheduledFuture<String> future = open().schedule(() -> "never", 1, DAYS);
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> future.get(SHORT_MILLIS, MILLISECONDS));
        assertThat(future.isDone()).isFalse();
    }

    @Test
    void getDelay_fallsAndIsComparedByTime() {
        ScheduledExecutorService executor = open();
        ScheduledFuture<?> later = executor.schedule(() -> {}, 2, DAYS);
        ScheduledFuture<?> sooner = executor.schedule(() -> {}, 1, DAYS);
        ScheduledFuture<?> periodic = executor.scheduleAtFixedRate(() -> {}, 3, 1, DAYS);
        assertThat(sooner.getDelay(SECONDS)).isBetween(86_400 - 3_600L, 86_400L);
        assertThat(sooner.compareTo(later)).isNegative();
        assertThat(later.compareTo(sooner)).isPositive();
        assertThat(periodic.compareTo(later)).isPositive();
        assertThat(later.compareTo(later)).isZero();
        assertThat(((RunnableScheduledFuture<?>) sooner).isPeriodic()).isFalse();
        assertThat(((RunnableScheduledFuture<?>) periodic).isPeriodic()).isTrue();
    }

    @Test
    void getDelay_ofATaskThatHasRun_isNotPositive() throws Exception {
        ScheduledFuture<?> future = open().schedule(() -> {}, 1, MILLISECONDS);
        future.get(LONG_SECONDS, SECONDS);
        assertThat(future.getDelay(NANOSECONDS)).isNotPositive();
    }
}

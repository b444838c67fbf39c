package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every executor service has: submit, invokeAny, invokeAll, and their misuse. */
abstract class AbstractSubmissionTests extends AbstractExecutorTests {

    AbstractSubmissionTests(ExecutorUnderTest kind) {
        super(kind);
    }

    private static final Callable<String> FAILS = () -> {
        throw new ArithmeticException("on purpose");
    };

    @Test
    void submit_answersTheResult() throws Exception {
        ScheduledExecutorService executor = open();
        AtomicInteger ran = new AtomicInteger();
        assertThat(executor.submit(() -> "called").get(LONG_SECONDS, SECONDS)).isEqualTo("called");
        assertThat(executor.submit((Runnable) ran::incrementAndGet).get(LONG_SECONDS, SECONDS))
                .isNull();
        assertThat(executor.submit(ran::incrementAndGet, "given").get(LONG_SECONDS, SECONDS))
                .isEqualTo("given");
        assertThat(ran).hasValue(2);
    }

    @Test
    void submit_ofATaskThatFails_tellsByTheFuture() {
        Future<String> future = open().submit(FAILS);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> future.get(LONG_SECONDS, SECONDS))
                .withCauseInstanceOf(ArithmeticException.class);
    }

    @Test
    void invokeAny_answersTheOneThatSucceeds() throws Exception {
        ScheduledExecutorService executor = open();
        assertThat(executor.invokeAny(List.of(FAILS, () -> "one", FAILS))).isEqualTo("one");
        assertThat(executor.invokeAny(List.of(FAILS, () -> "one"), LONG_SECONDS, SECONDS))
                .isEqualTo("one");
    }

    @Test
    void invokeAny_withoutSuccess_tellsAFailure() {
        ScheduledExecutorService executor = open();
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> executor.invokeAny(List.of(FAILS, FAILS)))
                .withCauseInstanceOf(ArithmeticException.class);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> executor.invokeAny(List.of(FAILS), LONG_SECONDS, SECONDS))
                .withCauseInstanceOf(ArithmeticException.class);
    }

    @Test
    void invokeAny_thatTimesOut_interruptsWhatRuns() throws Exception {
        ScheduledExecutorService executor = open();
        Blocker blocker = new Blocker();
        Callable<String> blocking = () -> {
            blocker.run();
            return "late";
        };
        assertThatExceptionOfType(TimeoutException.class)
                .isThrownBy(() -> executor.invokeAny(List.of(blocking), 300, MILLISECONDS));
        if (blocker.begun.getCount() == 0) { // a thread may have been found too late for it to begin
            await(blocker.interrupted);
        }
        executor.shutdown();
        awaitEnd(executor);
    }

    @Test
    void invokeAll_answersAllResultsInOrder() throws Exception {
        ScheduledExecutorService executor = open();
        List<Callable<String>> tasks = List.of(() -> "a", () -> "b", FAILS, () -> "d");
        for (List<Future<String>> futures :
                List.of(executor.invokeAll(tasks), executor.invokeAll(tasks, LONG_SECONDS, SECONDS))) {
            assertThat(futures)
                    .hasSize(4)
                    .allSatisfy(future -> assertThat(future.isDone()).isTrue());
            assertThat(futures.get(0).get()).isEqualTo("a");
            assertThat(futures.get(1).get()).isEqualTo("b");
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> futures.get(2).get());
            assertThat(futures.get(3).get()).isEqualTo("d");
        }
        assertThat(executor.<String>invokeAll(List.of())).isEmpty();
    }

    @Test
    void invokeAll_thatTimesOut_cancelsWhatIsNotDone() throws Exception {
        ScheduledExecutorService executor = open(1);
        Blocker blocker = new Blocker();
        List<Callable<String>> tasks = List.of(
                () -> "first",
                () -> {
                    blocker.run();
                    return "second";
                },
                () -> "third");
        List<Future<String>> futures = executor.invokeAll(tasks, 500, MILLISECONDS);
        assertThat(futures)
                .hasSize(3)
                .allSatisfy(future -> assertThat(future.isDone()).isTrue());
        assertThat(futures.get(1).isCancelled()).isTrue();
        if (blocker.begun.getCount() == 0) {
            await(blocker.interrupted);
        }
        executor.shutdown();
        awaitEnd(executor);
    }

    @Test
    @SuppressWarnings({"DataFlowIssue", "NullAway"})
    void nulls_areRefused() {
        ScheduledExecutorService executor = open();
        Runnable task = () -> {};
        Callable<String> call = () -> "called";
        Collection<Callable<String>> holed = Arrays.asList(null, call);
        List<ThrowingCallable> misuses = List.of(
                () -> executor.execute(null),
                () -> executor.submit((Runnable) null),
                () -> executor.submit((Callable<String>) null),
                () -> executor.submit(null, "result"),
                () -> executor.schedule((Runnable) null, 1, SECONDS),
                () -> executor.schedule((Callable<String>) null, 1, SECONDS),
                () -> executor.schedule(task, 1, null),
                () -> executor.schedule(call, 1, null),
                () -> executor.scheduleAtFixedRate(null, 1, 1, SECONDS),
                () -> executor.scheduleAtFixedRate(task, 1, 1, null),
                () -> executor.scheduleWithFixedDelay(null, 1, 1, SECONDS),
                () -> executor.scheduleWithFixedDelay(task, 1, 1, null),
                () -> executor.invokeAny(null),
                () -> executor.invokeAny(holed),
                () -> executor.invokeAny(null, 1, SECONDS),
                () -> executor.invokeAny(List.of(call), 1, null),
                () -> executor.invokeAll(null),
                () -> executor.invokeAll(holed),
                () -> executor.invokeAll(null, 1, SECONDS),
                () -> executor.invokeAll(holed, 1, SECONDS),
                () -> executor.invokeAll(List.of(call), 1, null),
                () -> executor.awaitTermination(1, null));
        for (int i = 0; i < misuses.size(); i++) {
            assertThatNullPointerException().as("misuse %d", i).isThrownBy(misuses.get(i));
        }
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> executor.invokeAny(List.<Callable<String>>of()));
    }
}

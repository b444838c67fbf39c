package io.asyncslot.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the behaviour suite shares. Its scenarios are those that the public JSR-166 test suite has for scheduled
 * execution. No test expects anything to be quick: things are awaited for long, and only being early is an error.
 */
@Timeout(60)
abstract class AbstractExecutorTests {

    static final long LONG_SECONDS = 30;
    static final long SHORT_MILLIS = 20;

    private final ExecutorUnderTest kind;
    private final List<Runnable> ends = new ArrayList<>();

    AbstractExecutorTests(ExecutorUnderTest kind) {
        this.kind = kind;
    }

    /** Opens an executor that the test's end shuts down. */
    ScheduledExecutorService open(int threads) {
        ExecutorUnderTest.Opened opened = kind.open(threads);
        ends.add(opened.end());
        return opened.executor();
    }

    ScheduledExecutorService open() {
        return open(2);
    }

    @AfterEach
    void end() {
        ends.forEach(Runnable::run);
    }

    static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(LONG_SECONDS, TimeUnit.SECONDS))
                .as("came in time")
                .isTrue();
    }

    static void awaitEnd(ScheduledExecutorService executor) throws InterruptedException {
        assertThat(executor.awaitTermination(LONG_SECONDS, TimeUnit.SECONDS))
                .as("terminated in time")
                .isTrue();
        assertThat(executor.isTerminated()).isTrue();
    }

    /** A task that says when it begins and goes on until it is told or interrupted. */
    static final class Blocker implements Runnable {

        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final CountDownLatch interrupted = new CountDownLatch(1);
        final CountDownLatch ended = new CountDownLatch(1);

        @Override
        public void run() {
            begun.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            } finally {
                ended.countDown();
            }
        }
    }
}

package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The behaviour suite on slots. */
class SlotBehaviourTests {

    @Nested
    class DelayedExecution extends AbstractDelayedExecutionTests {
        DelayedExecution() {
            super(ExecutorUnderTest.SLOTS);
        }
    }

    @Nested
    class PeriodicExecution extends AbstractPeriodicExecutionTests {
        PeriodicExecution() {
            super(ExecutorUnderTest.SLOTS);
        }
    }

    @Nested
    class Cancellation extends AbstractCancellationTests {
        Cancellation() {
            super(ExecutorUnderTest.SLOTS);
        }
    }

    @Nested
    class Shutdown extends AbstractShutdownTests {
        Shutdown() {
            super(ExecutorUnderTest.SLOTS);
        }

        /** The JDK's own rarely cancels a task that comes while it ends: so this is asked of ours only. */
        @Test
        void shutdown_againstSubmitters_losesNothing() throws Exception {
            for (int round = 0; round < 50; round++) {
                ScheduledExecutorService executor = open();
                AtomicInteger ran = new AtomicInteger();
                List<Future<?>> accepted = new ArrayList<>();
                CountDownLatch going = new CountDownLatch(1);
                Thread submitter = new Thread(() -> {
                    try {
                        for (int i = 0; ; i++) {
                            accepted.add(executor.schedule(ran::incrementAndGet, i % 3, MILLISECONDS));
                            if (i == 20) {
                                going.countDown();
                            }
                        }
                    } catch (RejectedExecutionException e) {
                        // the shutdown has come
                    }
                });
                submitter.start();
                await(going);
                executor.shutdown();
                submitter.join();
                awaitEnd(executor);
                assertThat(ran).hasValue(accepted.size());
                assertThat(accepted)
                        .allSatisfy(future -> assertThat(future.isDone()).isTrue());
                end();
            }
        }
    }

    @Nested
    class Submission extends AbstractSubmissionTests {
        Submission() {
            super(ExecutorUnderTest.SLOTS);
        }
    }
}

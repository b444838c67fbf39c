package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done again and again, and what many ask it for. */
@Timeout(60)
class LoopTests {

    @Test
    void wakeDuringAStep_isNotLost_andTheCloseEndsItOnce() throws Exception {
        AtomicInteger steps = new AtomicInteger();
        AtomicInteger overs = new AtomicInteger();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Loop loop = NodeThreads.REAL.loop("test", new Loop.Step() {
            @Override
            public long step() {
                if (steps.incrementAndGet() == 1) {
                    inside.countDown();
                    try {
                        boolean unused = goOn.await(50, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
                return Loop.WOKEN;
            }

            @Override
            public void over() {
                overs.incrementAndGet();
            }
        });
        loop.start();
        assertThat(inside.await(50, TimeUnit.SECONDS)).isTrue();
        loop.wake();
        goOn.countDown();
        await().untilAtomic(steps, org.hamcrest.Matchers.greaterThanOrEqualTo(2));
        loop.close();
        await().untilAtomic(overs, org.hamcrest.Matchers.equalTo(1));
    }

    @Test
    void stepThatFails_isFollowedByTheNext_withAClearInterruptFlag_andTheEndIsCarriedOut() {
        AtomicInteger steps = new AtomicInteger();
        AtomicInteger overs = new AtomicInteger();
        AtomicInteger interrupted = new AtomicInteger();
        Loop loop = NodeThreads.REAL.loop("test", new Loop.Step() {
            @Override
            public long step() {
                interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                if (steps.incrementAndGet() == 1) {
                    Thread.currentThread().interrupt();
                    throw new OutOfMemoryError("as on a full heap");
                }
                return Loop.WOKEN;
            }

            @Override
            public void over() {
                if (overs.incrementAndGet() == 1) {
                    throw new OutOfMemoryError("as on a full heap");
                }
            }
        });
        loop.start();
        await().untilAtomic(steps, org.hamcrest.Matchers.equalTo(2));
        loop.close();
        await().untilAtomic(overs, org.hamcrest.Matchers.equalTo(2));
        assertThat(interrupted).hasValue(0);
    }

    @Test
    void questions_whoseStepAnErrorCutsShort_areAnsweredToo() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        AtomicInteger pauses = new AtomicInteger();
        NodeThreads threads = (NodeThreads) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {NodeThreads.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("pause") && pauses.incrementAndGet() == 1) {
                        throw new OutOfMemoryError("as on a full heap");
                    }
                    return method.invoke(NodeThreads.REAL, arguments);
                });
        GroupCommit<Integer, Integer> commits =
                new GroupCommit<>(threads, "test", 250, Duration.ofMillis(1), (List<Integer> questions) -> {
                    awaited(asked);
                    return questions.stream().map(question -> question + 1).toList();
                });
        List<CompletableFuture<Integer>> answers =
                IntStream.range(0, 100).mapToObj(commits::ask).toList();
        commits.start(); // the first statement has many questions, so the next one waits for company
        List<CompletableFuture<Integer>> cutShort =
                IntStream.range(100, 400).mapToObj(commits::ask).toList();
        asked.countDown();
        for (CompletableFuture<Integer> answer : answers) {
            assertThat(answer.get(20, TimeUnit.SECONDS)).isPositive();
        }
        int failed = 0;
        for (CompletableFuture<Integer> answer : cutShort) {
            try {
                assertThat(answer.get(20, TimeUnit.SECONDS)).isPositive();
            } catch (ExecutionException e) {
                assertThat(e).hasRootCauseMessage("an error has cut the request short");
                failed++;
            }
        }
        assertThat(pauses).hasValueGreaterThan(0);
        assertThat(failed).isEqualTo(1); // the one that was taken when the pause failed
        commits.close();
    }

    private static void awaited(CountDownLatch latch) {
        try {
            assertThat(latch.await(50, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void questions_areAnsweredInBatches_alsoThoseAskedWhileTheLoopFallsIdle() {
        AtomicInteger statements = new AtomicInteger();
        GroupCommit<Integer, Integer> commits =
                new GroupCommit<>(NodeThreads.REAL, "test", 250, Duration.ZERO, (List<Integer> questions) -> {
                    statements.incrementAndGet();
                    return questions.stream().map(question -> question + 1).toList();
                });
        commits.start();
        for (int i = 0; i < 20_000; i++) {
            assertThat(commits.ask(i).orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(i + 1);
        }
        assertThat(statements).hasValue(20_000);
        commits.close();
        CompletableFuture<Integer> late = commits.ask(1);
        assertThat(late).failsWithin(Duration.ofSeconds(20)).withThrowableThat().withMessageContaining("closed");
    }
}

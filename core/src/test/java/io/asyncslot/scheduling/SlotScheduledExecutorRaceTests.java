package io.asyncslot.scheduling;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.fixture.Race;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cancels against runs and shutdowns against everything: the count stays exact, and no interrupt strays. */
@Timeout(120)
class SlotScheduledExecutorRaceTests {

    private static final int ROUNDS = 60;
    private static final int SUBMITTERS = 3;
    private static final int TASKS = 200;

    private final ExecutorService workers = Executors.newFixedThreadPool(3);
    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(workers).build();
    private final AtomicInteger strayInterrupts = new AtomicInteger();
    private final AtomicInteger interruptedRuns = new AtomicInteger();
    private final AtomicInteger cancelledInTime = new AtomicInteger();
    private final AtomicInteger ran = new AtomicInteger();

    SlotScheduledExecutorRaceTests() {
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
        workers.shutdownNow();
    }

    /** Runs for a moment; knows whether an interrupt was meant for it. */
    private final class Task implements Runnable {

        private final AtomicReference<Future<?>> future = new AtomicReference<>();

        @Override
        public void run() {
            if (Thread.currentThread().isInterrupted()) {
                Future<?> own = future.get();
                if (own != null && !own.isCancelled()) {
                    strayInterrupts.incrementAndGet();
                }
            }
            long until = System.nanoTime() + MICROSECONDS.toNanos(30);
            while (System.nanoTime() < until) {
                if (Thread.currentThread().isInterrupted()) {
                    interruptedRuns.incrementAndGet();
                    return;
                }
            }
            ran.incrementAndGet();
        }
    }

    private void submit(SlotScheduledExecutor executor, long seed, Queue<Future<?>> accepted) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Future<?>> mine = new ArrayList<>();
        try {
            for (int i = 0; i < TASKS; i++) {
                Future<?> future = one(executor, random);
                accepted.add(future);
                mine.add(future);
                if (random.nextInt(3) > 0
                        && mine.get(random.nextInt(mine.size())).cancel(random.nextBoolean())) {
                    cancelledInTime.incrementAndGet();
                }
            }
        } catch (RejectedExecutionException e) {
            // the end has come
        }
    }

    private Future<?> one(SlotScheduledExecutor executor, SplittableRandom random) {
        int delay = random.nextInt(300);
        Task task = new Task();
        Future<?> future = switch (random.nextInt(4)) {
            case 0 -> executor.schedule(task, 0, MICROSECONDS);
            case 1 -> executor.schedule(task, delay, MICROSECONDS);
            case 2 -> executor.scheduleAtFixedRate(task, delay, 100, MICROSECONDS);
            default -> executor.scheduleWithFixedDelay(task, delay, 50, MICROSECONDS);
        };
        task.future.set(future);
        return future;
    }

    private void assertNoSlots() {
        for (SlotMap<?> map : registry.maps()) {
            assertThat(map.stats().slots()).as("slots of %s", map.name()).isZero();
        }
    }

    @Test
    void shutdown_inTheMidst_endsWithEverythingDone() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            SlotScheduledExecutor executor = new SlotScheduledExecutor(registry, "round" + round);
            Queue<Future<?>> accepted = new ConcurrentLinkedQueue<>();
            List<Thread> submitters = submitters(executor, round, accepted);
            awaitRuns(ran.get() + 1 + round * 3, submitters);
            executor.shutdown();
            for (Thread submitter : submitters) {
                submitter.join();
            }
            assertThat(executor.awaitTermination(30, SECONDS)).isTrue();
            assertThat(accepted)
                    .allSatisfy(future -> assertThat(future.isDone()).isTrue());
            assertNoSlots();
        }
        assertThat(strayInterrupts).hasValue(0);
        Race.reached("cancel before the end of a run", cancelledInTime.get());
        Race.reached("interrupt of a run", interruptedRuns.get());
    }

    @Test
    void shutdownNow_inTheMidst_endsWithEverythingDoneOrAnswered() throws Exception {
        int answered = 0;
        for (int round = 0; round < ROUNDS; round++) {
            SlotScheduledExecutor executor = new SlotScheduledExecutor(registry, "round" + round);
            Queue<Future<?>> accepted = new ConcurrentLinkedQueue<>();
            accepted.add(executor.schedule(new Task(), 1, DAYS));
            List<Thread> submitters = submitters(executor, round, accepted);
            awaitRuns(ran.get() + 1 + round * 3, submitters);
            List<Runnable> waiting = executor.shutdownNow();
            answered += waiting.size();
            for (Thread submitter : submitters) {
                submitter.join();
            }
            assertThat(executor.awaitTermination(30, SECONDS)).isTrue();
            assertThat(waiting).doesNotHaveDuplicates();
            List<Object> open = new ArrayList<>(accepted);
            open.removeIf(future -> ((Future<?>) future).isDone());
            assertThat(new ArrayList<Object>(waiting)).containsAll(open);
            int before = ran.get();
            executor.awaitTermination(1, MICROSECONDS);
            assertThat(ran).as("nothing runs after the end").hasValue(before);
            assertNoSlots();
        }
        assertThat(answered).isGreaterThanOrEqualTo(ROUNDS);
    }

    private List<Thread> submitters(SlotScheduledExecutor executor, int round, Queue<Future<?>> accepted) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < SUBMITTERS; i++) {
            long seed = round * 31L + i;
            threads.add(Race.thread(() -> submit(executor, seed, accepted)));
        }
        return threads;
    }

    /** Waits until the tasks are under way, or all of them have been submitted. */
    private void awaitRuns(int count, List<Thread> submitters) {
        while (ran.get() < count && submitters.stream().anyMatch(Thread::isAlive)) {
            Thread.onSpinWait();
        }
    }
}

package io.asyncslot.cluster.node;

import io.asyncslot.backend.EngineThreads;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of a node, and all its waits on them: so that somebody else can decide what goes on when. Whatever a node does by
 * itself it does in a step of a {@link Loop}, in a task of the upkeep, or in a task of the executor of the callbacks. Thread-safe.
 */
interface NodeThreads {

    /** Makes a loop that has not started. */
    Loop loop(String name, Loop.Step step);

    /** One thread for what is done later or now and then. */
    ScheduledExecutorService upkeep();

    /** Runs something rare on a thread that may wait. */
    void once(Runnable task);

    /** What tells when a held slot is due. */
    SlotBackend timers();

    /** Waits for an answer, and throws what it has failed with. */
    void join(CompletableFuture<?> answer);

    /**
     * Waits for an answer, however it turns out.
     *
     * @return false when the time was over first
     */
    boolean await(Future<?> answer, Duration limit) throws InterruptedException;

    /** Lets time pass. */
    void pause(Duration time);

    /** Lets some time pass that others are not likely to choose too. */
    void pauseUpTo(Duration most);

    /** Threads of this process, which do not keep it alive. */
    NodeThreads REAL = new NodeThreads() {

        @Override
        public Loop loop(String name, Loop.Step step) {
            return new ThreadLoop(name, step);
        }

        @Override
        public ScheduledExecutorService upkeep() {
            return Executors.newSingleThreadScheduledExecutor(
                    task -> EngineThreads.daemon(task, "asyncslot-cluster-upkeep"));
        }

        @Override
        public void once(Runnable task) {
            EngineThreads.runOnce(task);
        }

        @Override
        public SlotBackend timers() {
            return new JvmBackend();
        }

        @Override
        public void join(CompletableFuture<?> answer) {
            Object unused = answer.join();
        }

        @Override
        public boolean await(Future<?> answer, Duration limit) throws InterruptedException {
            try {
                answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                return true; // whoever wants to know looks into it
            }
            return true;
        }

        @Override
        public void pause(Duration time) {
            LockSupport.parkNanos(time.toNanos());
        }

        @Override
        public void pauseUpTo(Duration most) {
            LockSupport.parkNanos(1 + ThreadLocalRandom.current().nextLong(most.toNanos()));
        }
    };
}

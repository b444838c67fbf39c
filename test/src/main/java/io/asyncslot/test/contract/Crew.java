package io.asyncslot.test.contract;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The executor of the kit: as many threads as there are callbacks, or the caller's; and it can hold callbacks back or
 * refuse them.
 */
final class Crew implements Executor, AutoCloseable {

    private final AtomicInteger numbers = new AtomicInteger();
    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "contract-worker-" + numbers.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    });

    /** Guarded by {@code this}, as all below. */
    private final Queue<Runnable> held = new ArrayDeque<>();

    private boolean holding;
    private boolean inCaller;
    private int refusals;

    @Override
    public void execute(Runnable task) {
        boolean run;
        synchronized (this) {
            if (refusals > 0) {
                refusals--;
                notifyAll();
                throw new RejectedExecutionException("the kit refuses this one");
            }
            if (holding) {
                held.add(task);
                notifyAll();
                return;
            }
            run = inCaller;
        }
        if (run) {
            task.run();
        } else {
            pool.execute(task);
        }
    }

    synchronized void runInCaller() {
        inCaller = true;
    }

    synchronized void refuse(int number) {
        refusals = number;
    }

    synchronized void hold() {
        holding = true;
    }

    /** Waits until a number of callbacks is held back. */
    synchronized void awaitHeld(int number, long patienceNanos) throws InterruptedException {
        long until = System.nanoTime() + patienceNanos;
        while (held.size() < number) {
            long left = (until - System.nanoTime()) / 1_000_000L;
            if (left <= 0) {
                throw new AssertionError(held.size() + " of " + number + " callbacks were handed to the executor");
            }
            wait(left);
        }
    }

    /** Lets go of what is held back. */
    void release() {
        List<Runnable> tasks;
        synchronized (this) {
            holding = false;
            tasks = new ArrayList<>(held);
            held.clear();
        }
        tasks.forEach(this::execute);
    }

    @Override
    public void close() {
        release();
        pool.shutdown();
    }
}

package io.asyncslot.scheduling;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what an executor has still to see through, and knows when it has ended: shut down, with nothing left.
 * Thread-safe, lock-free.
 *
 * <p>A task counts once while it has a slot and once more while it runs: so the slot can be freed at any moment, by
 * anybody, and the executor does not end before the run.
 */
final class TaskCount {

    private static final long SHUTDOWN = 1L << 62;
    private static final long STOPPED = 1L << 61;

    /** The flags, and below them the count. Any thread, by CAS; a flag is never taken back. */
    private final AtomicLong word = new AtomicLong();

    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Counts a task that is about to get a slot.
     *
     * @return false after shutdown: nothing was counted
     */
    boolean admit() {
        return addUnless(SHUTDOWN);
    }

    /**
     * Counts a run that is about to begin.
     *
     * @return false when there is to be none: nothing was counted
     */
    boolean begin() {
        return addUnless(STOPPED);
    }

    private boolean addUnless(long flag) {
        for (; ; ) {
            long seen = word.get();
            if ((seen & flag) != 0 || seen == SHUTDOWN) {
                return false;
            }
            if (word.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    /** Takes back what {@link #admit} or {@link #begin} has counted. */
    void leave() {
        endIfDone(word.decrementAndGet());
    }

    /** Admits no more tasks. */
    void shutdown() {
        raise(SHUTDOWN);
    }

    /** Admits no more tasks and lets no more runs begin. */
    void stop() {
        raise(SHUTDOWN | STOPPED);
    }

    private void raise(long flags) {
        endIfDone(word.updateAndGet(seen -> seen | flags));
    }

    /** Waits until the executor has ended, whatever interrupts it. */
    void awaitEnd() {
        for (; ; ) {
            try {
                ended.await();
                return;
            } catch (InterruptedException e) {
                // the executor goes on: so does what keeps the process alive for it
            }
        }
    }

    private void endIfDone(long seen) {
        if ((seen & ~STOPPED) == SHUTDOWN) {
            ended.countDown();
        }
    }

    boolean isShutdown() {
        return (word.get() & SHUTDOWN) != 0;
    }

    boolean isStopped() {
        return (word.get() & STOPPED) != 0;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    boolean awaitEnd(long timeout, TimeUnit unit) throws InterruptedException {
        return ended.await(timeout, unit);
    }
}

package io.asyncslot.core;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts callbacks in the executor's hands and lets a stop wait until there are none. Thread-safe. */
public final class InFlight {

    private final AtomicLong count = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();

    /** Threads that wait. Raised before they look at the count; read after the count was lowered. */
    private final AtomicInteger waiters = new AtomicInteger();

    /** Makes a count of none. */
    public InFlight() {}

    /** A callback is about to be handed over. */
    public void launched() {
        count.incrementAndGet();
    }

    /** A callback has ended, or was not handed over after all. */
    public void landed() {
        if (count.decrementAndGet() == 0 && waiters.get() != 0) {
            lock.lock();
            try {
                none.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Waits until there are none.
     *
     * @param nanos the longest wait
     * @return whether there are none
     * @throws InterruptedException if interrupted while waiting
     */
    public boolean awaitNone(long nanos) throws InterruptedException {
        long left = nanos;
        lock.lockInterruptibly();
        try {
            waiters.incrementAndGet();
            try {
                while (count.get() != 0) {
                    if (left <= 0) {
                        return false;
                    }
                    left = none.awaitNanos(left);
                }
                return true;
            } finally {
                waiters.decrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells how many there are.
     *
     * @return the count
     */
    public long count() {
        return count.get();
    }
}

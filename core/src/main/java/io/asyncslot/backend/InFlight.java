package io.asyncslot.backend;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts callbacks in the executor's hands and lets a stop wait until there are none. Thread-safe. */
public final class InFlight {

    /** In the upper half are those that have not begun, in the lower half all. */
    private static final long NOT_BEGUN = 1L << 32;

    private final AtomicLong count = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();

    /** Called whenever there are none any more. */
    private final Runnable whenNone;

    /** Threads that wait. Raised before they look at the count; read after the count was lowered. */
    private final AtomicInteger waiters = new AtomicInteger();

    /** Makes a count of none. */
    public InFlight() {
        this(() -> {});
    }

    /**
     * Makes a count of none.
     *
     * @param whenNone called by whoever lowers the count to none; must not block
     */
    public InFlight(Runnable whenNone) {
        this.whenNone = whenNone;
    }

    /** A callback is about to be handed over. */
    public void launched() {
        launched(1);
    }

    /**
     * Some callbacks are about to be handed over.
     *
     * @param callbacks how many
     */
    public void launched(int callbacks) {
        count.addAndGet(callbacks * (NOT_BEGUN + 1));
    }

    /** A callback begins that was not handed over: a thread that is there takes it up. */
    public void entered() {
        count.incrementAndGet();
    }

    /** A callback handed over begins. */
    public void begun() {
        count.addAndGet(-NOT_BEGUN);
    }

    /** A callback that has begun has ended. */
    public void landed() {
        lower(1);
    }

    /** A callback handed over does not begin: it was refused, or taken back. */
    public void takenBack() {
        lower(NOT_BEGUN + 1);
    }

    private void lower(long by) {
        if (count.addAndGet(-by) == 0) {
            whenNone.run();
            if (waiters.get() != 0) {
                Locks.lock(lock);
                try {
                    none.signalAll();
                } finally {
                    lock.unlock();
                }
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
        return (int) count.get();
    }

    /**
     * Tells how many of them have not begun.
     *
     * @return the count
     */
    public int queued() {
        return (int) (count.get() >>> 32);
    }
}

package io.asyncslot.backend;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where threads wait for runs to end. A few striped locks, touched only when somebody waits; never held over user
 * code. Thread-safe; does not pin virtual threads.
 */
public final class RunBarrier {

    private static final RunBarrier[] STRIPES = new RunBarrier[64];

    static {
        for (int i = 0; i < STRIPES.length; i++) {
            STRIPES[i] = new RunBarrier();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private RunBarrier() {}

    /**
     * The barrier for what belongs to an object.
     *
     * @param owner the object, told from others by identity
     * @return its barrier, which it may share with other objects
     */
    public static RunBarrier of(Object owner) {
        return STRIPES[System.identityHashCode(owner) & STRIPES.length - 1];
    }

    /**
     * Waits until something holds. Whoever makes it hold must afterwards see that somebody waits, and signal.
     *
     * @param done cheap, free of side effects
     * @param nanos the longest wait
     * @return whether it holds
     * @throws InterruptedException if interrupted while waiting
     */
    public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
        long left = nanos;
        lock.lockInterruptibly();
        try {
            while (!done.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets everybody look again. */
    public void signal() {
        Locks.lock(lock);
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}

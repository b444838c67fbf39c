package io.asyncslot.core;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where threads wait for runs to end. A few striped locks, touched only when somebody waits; never held over user
 * code. Thread-safe; does not pin virtual threads.
 */
final class RunBarrier {

    private static final RunBarrier[] STRIPES = new RunBarrier[64];

    static {
        for (int i = 0; i < STRIPES.length; i++) {
            STRIPES[i] = new RunBarrier();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private RunBarrier() {}

    /** The barrier for what belongs to an object. */
    static RunBarrier of(Object owner) {
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
    boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
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
    void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}

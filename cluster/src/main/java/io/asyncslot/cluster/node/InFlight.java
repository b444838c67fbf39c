package io.asyncslot.cluster.node;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts what is between the begin of a run and its end, and lets somebody wait until nothing is. Thread-safe. */
final class InFlight {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();

    /** Guarded by {@link #lock}. */
    private int count;

    void enter() {
        lock.lock();
        try {
            count++;
        } finally {
            lock.unlock();
        }
    }

    /** Leaves; true when nothing is in flight any more. */
    boolean leave() {
        lock.lock();
        try {
            count--;
            if (count == 0) {
                none.signalAll();
            }
            return count == 0;
        } finally {
            lock.unlock();
        }
    }

    boolean isNone() {
        lock.lock();
        try {
            return count == 0;
        } finally {
            lock.unlock();
        }
    }

    boolean awaitNone(long nanos) throws InterruptedException {
        long left = nanos;
        lock.lockInterruptibly();
        try {
            while (count != 0) {
                if (left <= 0) {
                    return false;
                }
                left = none.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    static long nanos(java.time.Duration limit) {
        return Math.max(
                0, limit.toSeconds() >= 1L << 32 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(limit.toMillis()));
    }
}

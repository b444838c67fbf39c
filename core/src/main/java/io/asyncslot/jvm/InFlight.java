package io.asyncslot.jvm;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts callbacks in the executor's hands and lets a stop wait until there are none. Thread-safe. */
final class InFlight {

    private final AtomicLong count = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();

    /** Threads that wait. Raised before they look at the count; read after the count was lowered. */
    private final AtomicInteger waiters = new AtomicInteger();

    void launched() {
        count.incrementAndGet();
    }

    void landed() {
        if (count.decrementAndGet() == 0 && waiters.get() != 0) {
            lock.lock();
            try {
                none.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    boolean awaitNone(long nanos) throws InterruptedException {
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

    long count() {
        return count.get();
    }
}

package io.asyncslot.registry;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets the starts of a scope in until it is closed, and knows when the last one is out. Thread-safe, lock-free.
 *
 * <p>Flag and count are one word: a start is either in before the close, which then waits for it, or sees the flag.
 */
final class ScopeGate {

    private static final long CLOSED = 1L << 62;

    /** The flag, and below it how many are in. Any thread, by atomic addition or CAS; the flag is never taken back. */
    private final AtomicLong word = new AtomicLong();

    private final CountDownLatch empty = new CountDownLatch(1);

    /** Set by a close that waits no longer, before it deletes; read by starts that come out. */
    private volatile boolean givenUp;

    /**
     * Goes in.
     *
     * @return false when it is closed: nobody went in
     */
    boolean enter() {
        for (; ; ) {
            long seen = word.get();
            if ((seen & CLOSED) != 0) {
                return false;
            }
            if (word.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    /** Goes out. */
    void leave() {
        if (word.decrementAndGet() == CLOSED) {
            empty.countDown();
        }
    }

    /** Closes; nobody comes in from now on. Idempotent. */
    void close() {
        if (word.updateAndGet(seen -> seen | CLOSED) == CLOSED) {
            empty.countDown();
        }
    }

    boolean isClosed() {
        return (word.get() & CLOSED) != 0;
    }

    /**
     * Waits until all are out. If they are not within the limit, nobody waits for them, and they have to look for
     * themselves.
     */
    boolean awaitEmpty(long nanos) throws InterruptedException {
        boolean all = false;
        try {
            all = empty.await(nanos, TimeUnit.NANOSECONDS);
        } finally {
            if (!all) {
                givenUp = true;
            }
        }
        return all;
    }

    /** Whether a close may have overlooked those who are in. */
    boolean isGivenUp() {
        return givenUp;
    }
}

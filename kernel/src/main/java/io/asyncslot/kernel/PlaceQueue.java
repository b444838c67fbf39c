package io.asyncslot.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Records that threads leave for whoever has a lock, in order; each record is in it once at the most. To leave one takes
 * neither the lock nor any heap, so it cannot fail. Any thread adds, the lock's holder takes.
 */
final class PlaceQueue {

    private static final int NONE = -1;

    /** Which comes after a record, or was added before it. Written by whoever adds it; then, with the lock, by the taker. */
    private final AtomicIntegerArray next;

    /** What was added last. Any thread, by CAS; emptied by the taker. */
    private final AtomicInteger newest = new AtomicInteger(NONE);

    /** The first of those that were taken over from there, oldest first. Written with the lock; volatile. */
    private volatile int first = NONE;

    PlaceQueue(int capacity) {
        this.next = new AtomicIntegerArray(capacity);
    }

    /** Adds a record that is not in the queue. */
    void add(int place) {
        int seen;
        do {
            seen = newest.get();
            next.set(place, seen);
        } while (!newest.compareAndSet(seen, place));
    }

    /** Takes the oldest one; -1 when there is none. */
    int poll() {
        int taken = first;
        if (taken == NONE) {
            taken = takeOver();
        }
        if (taken != NONE) {
            first = next.get(taken);
        }
        return taken;
    }

    /** Takes over what was added, and turns it round; answers the oldest. */
    private int takeOver() {
        int oldest = NONE;
        int place = newest.getAndSet(NONE);
        while (place != NONE) {
            int older = next.get(place);
            next.set(place, oldest);
            oldest = place;
            place = older;
        }
        return oldest;
    }

    /** Whether there is none. A hint, unless asked with the lock. */
    boolean isEmpty() {
        return first == NONE && newest.get() == NONE;
    }
}

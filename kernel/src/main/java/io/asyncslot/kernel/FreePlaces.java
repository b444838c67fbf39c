package io.asyncslot.kernel;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/** The records that no slot has: a stack of indices. Lock-free; any thread takes and gives back. */
final class FreePlaces {

    private static final int NONE = -1;

    /** Which is below, by index. Written by whoever pushes it, before the CAS on {@link #top}. */
    private final AtomicIntegerArray below;

    /** Index on top in the low half, number of the change in the high half, so that a stale CAS fails. Any thread, CAS. */
    private final AtomicLong top = new AtomicLong(pack(0, NONE));

    FreePlaces(int capacity) {
        this.below = new AtomicIntegerArray(capacity);
    }

    /** Takes one; -1 when there is none. */
    int take() {
        for (; ; ) {
            long seen = top.get();
            int index = (int) seen;
            if (index == NONE) {
                return NONE;
            }
            if (top.compareAndSet(seen, pack(number(seen) + 1, below.get(index)))) {
                return index;
            }
        }
    }

    void giveBack(int index) {
        for (; ; ) {
            long seen = top.get();
            below.set(index, (int) seen);
            if (top.compareAndSet(seen, pack(number(seen) + 1, index))) {
                return;
            }
        }
    }

    private static int number(long packed) {
        return (int) (packed >>> Integer.SIZE);
    }

    private static long pack(int number, int index) {
        return (long) number << Integer.SIZE | index & 0xFFFF_FFFFL;
    }
}

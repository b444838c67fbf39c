package io.asyncslot.stress.soak;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When each of the latest starts of some keys began, by generation. Such a key is started and touched by one thread only and never
 * deleted, so that its generation is the number of its starts, and a firing can be held against the very start that it
 * belongs to. Each key is written by its owner and read by anybody.
 */
final class OwnedKeys {

    private static final int KEPT = 16;
    private static final int EVERY = 8;
    private static final int PLACE = 5;

    private final AtomicIntegerArray starts;
    private final AtomicLongArray began;

    OwnedKeys(int keys) {
        int owned = keys / EVERY + 1;
        this.starts = new AtomicIntegerArray(owned);
        this.began = new AtomicLongArray(owned * KEPT);
    }

    static boolean isOwned(int key) {
        return key % EVERY == PLACE;
    }

    /** A key near a given one that this thread owns; needs a key of each thread. */
    static int ownedBy(int thread, int threads, int key, int keys) {
        int slot = key / EVERY / threads * threads + thread;
        int own = slot * EVERY + PLACE;
        return own < keys ? own : thread * EVERY + PLACE;
    }

    /** Before a start, by the owner. */
    void starting(int key) {
        int slot = key / EVERY;
        began.set(place(slot, starts.get(slot) + 1), System.nanoTime());
    }

    /** After a start, by the owner. */
    void started(int key) {
        starts.incrementAndGet(key / EVERY);
    }

    /** When the start of this generation began; 0 when that is not known any more. */
    long began(int key, long generation) {
        int slot = key / EVERY;
        long at = began.get(place(slot, generation));
        return starts.get(slot) - generation >= KEPT - 1 ? 0 : at;
    }

    private static int place(int slot, long generation) {
        return slot * KEPT + (int) (generation % KEPT);
    }
}

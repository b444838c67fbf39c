package io.asyncslot.stress.soak;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When each of the latest starts of some keys began, by generation. Such a key is started and touched by one thread only and never
 * deleted: so the generation that its owner finds after a start is that start's, and a firing can be held against the very start that
 * it belongs to. A firing that comes before its owner has looked is not held against anything. Each key is written by its owner and
 * read by anybody.
 */
final class OwnedKeys {

    private static final int KEPT = 16;
    private static final int EVERY = 8;
    private static final int PLACE = 5;

    /** Written last, and set to 0 first: who reads the same generation before and after has the time that belongs to it. */
    private final AtomicLongArray generations;

    private final AtomicLongArray began;

    OwnedKeys(int keys) {
        int owned = keys / EVERY + 1;
        this.generations = new AtomicLongArray(owned * KEPT);
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

    /** After a start, by the owner, who has found its generation. */
    void started(int key, long generation, long nanos) {
        int place = place(key, generation);
        generations.set(place, 0);
        began.set(place, nanos);
        generations.set(place, generation);
    }

    /** When the start of this generation began; 0 when that is not known, or not any more. */
    long began(int key, long generation) {
        int place = place(key, generation);
        if (generations.get(place) != generation) {
            return 0;
        }
        long at = began.get(place);
        return generations.get(place) == generation ? at : 0;
    }

    private static int place(int key, long generation) {
        return key / EVERY * KEPT + (int) (generation % KEPT);
    }
}

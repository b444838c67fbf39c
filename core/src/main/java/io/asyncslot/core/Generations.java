package io.asyncslot.core;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Remembers how far the generations of freed incarnations got, so that those of a later incarnation of the same key
 * are higher. Per stripe of keys, not per key: a number may be left out but none is given twice to a key. Thread-safe.
 */
final class Generations {

    private static final int STRIPES = 256;

    private final AtomicLongArray highest = new AtomicLongArray(STRIPES);

    /** The first generation of a new incarnation; to be asked once no live incarnation of the key exists. */
    long next(Object key) {
        return highest.get(stripe(key)) + 1;
    }

    /** Notes the last generation of an incarnation; after it was freed and before it leaves the index. */
    void retire(Object key, long generation) {
        int stripe = stripe(key);
        for (long seen = highest.get(stripe); seen < generation; seen = highest.get(stripe)) {
            if (highest.compareAndSet(stripe, seen, generation)) {
                return;
            }
        }
    }

    private static int stripe(Object key) {
        int hash = key.hashCode();
        return (hash ^ hash >>> 16) & STRIPES - 1;
    }
}

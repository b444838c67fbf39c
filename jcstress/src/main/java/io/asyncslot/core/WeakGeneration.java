package io.asyncslot.core;

import io.asyncslot.core.StateWord.Arming;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The generation as it must not be: the tag counts by compare-and-set, as the real one does, but the base follows it
 * by an addition where the real one has a compare-and-set from the base that was read.
 */
final class WeakGeneration {

    private static final int TAG_MASK = 0x7F;
    private static final int HELP_LAG = 64;

    private final AtomicLong base;
    private final AtomicInteger tag;

    WeakGeneration(long base, int tag) {
        this.base = new AtomicLong(base);
        this.tag = new AtomicInteger(tag);
    }

    Arming arm(long deadline) {
        for (; ; ) {
            int seen = tag.get();
            int lag = seen - (int) base.get() & TAG_MASK;
            if (lag >= HELP_LAG) {
                base.getAndAdd(lag);
            } else if (tag.compareAndSet(seen, seen + 1 & TAG_MASK)) {
                return Arming.REARMED;
            }
        }
    }

    long generation() {
        long from = base.get();
        return from + (tag.get() - (int) from & TAG_MASK);
    }
}

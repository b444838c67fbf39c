package io.asyncslot.core;

import java.util.concurrent.atomic.AtomicInteger;

/** How many live slots a map may hold. Exact; thread-safe; costs nothing when there is no limit. */
final class Capacity {

    private final int limit;
    private final AtomicInteger taken = new AtomicInteger();

    Capacity(int limit) {
        this.limit = limit;
    }

    boolean reserve() {
        if (limit == 0) {
            return true;
        }
        for (int seen = taken.get(); seen < limit; seen = taken.get()) {
            if (taken.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Takes a place for a slot that is there already, whatever the limit. */
    void take() {
        if (limit != 0) {
            taken.incrementAndGet();
        }
    }

    void giveBack() {
        if (limit != 0) {
            taken.decrementAndGet();
        }
    }
}

package io.asyncslot.jvm;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The intake as it must not be: whoever takes or withdraws looks at a cell and then marks it, in two steps. */
final class WeakIntake {

    private static final Integer DONE = -1;

    private final AtomicReferenceArray<@Nullable Integer> cells = new AtomicReferenceArray<>(8);
    private final AtomicInteger claimed = new AtomicInteger();
    private final AtomicInteger[] taken = {new AtomicInteger(), new AtomicInteger()};
    private int next;

    void push(int id) {
        int at;
        do {
            at = claimed.getAndIncrement();
        } while (!cells.compareAndSet(at, null, id));
    }

    void takeAll() {
        for (int end = claimed.get(); next < end; next++) {
            withdraw(next);
        }
    }

    void withdraw(int at) {
        Integer found = cells.get(at);
        cells.set(at, DONE);
        if (found != null && found >= 0) {
            taken[found].incrementAndGet();
        }
    }

    int taken(int id) {
        return taken[id].get();
    }
}

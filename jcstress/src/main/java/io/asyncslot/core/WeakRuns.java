package io.asyncslot.core;

import io.asyncslot.CancelOutcome;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Two callbacks that await each other as they must not: each looks whether it is awaited, and announces itself on the
 * other only then.
 */
final class WeakRuns {

    private static final int ARMED = 0;
    private static final int RUNNING = 1;
    private static final int ENDED = 2;

    private final AtomicIntegerArray state = new AtomicIntegerArray(2);
    private final AtomicIntegerArray awaited = new AtomicIntegerArray(2);
    private final AtomicInteger waiting = new AtomicInteger();

    String run(int key) {
        if (!state.compareAndSet(key, ARMED, RUNNING)) {
            return "no run";
        }
        CancelOutcome outcome = cancelTheOther(key, 1 - key);
        state.set(key, ENDED);
        return outcome.name();
    }

    private CancelOutcome cancelTheOther(int key, int other) {
        if (awaited.get(key) != 0) {
            return CancelOutcome.WOULD_DEADLOCK;
        }
        awaited.set(other, 1);
        if (state.compareAndSet(other, ARMED, ENDED)) {
            return CancelOutcome.CANCELLED;
        }
        waiting.getAndIncrement();
        while (waiting.get() < 2) {
            if (state.get(other) == ENDED) {
                return CancelOutcome.NOT_ARMED;
            }
            Thread.onSpinWait();
        }
        return CancelOutcome.TIMED_OUT; // both wait: neither would ever end
    }
}

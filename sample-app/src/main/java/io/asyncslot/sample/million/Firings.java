package io.asyncslot.sample.million;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/** What every key's callback did: how often it ran, and whether it ever ran before its time. Thread-safe. */
final class Firings {

    private final AtomicIntegerArray runs;
    private final long[] dueNanos;
    private final LongAdder early = new LongAdder();

    Firings(int keys) {
        this.runs = new AtomicIntegerArray(keys);
        this.dueNanos = new long[keys];
    }

    /** Notes the earliest moment a key may fire. Called before its start, so that the start publishes it. */
    void expect(int key, Duration delay) {
        dueNanos[key] = System.nanoTime() + delay.toNanos();
    }

    /** The callback. */
    void fired(int key) {
        if (System.nanoTime() - dueNanos[key] < 0) {
            early.increment();
        }
        runs.incrementAndGet(key);
    }

    int runs(int key) {
        return runs.get(key);
    }

    long early() {
        return early.sum();
    }

    /** How long from now until the moment that {@link #expect} noted; negative when it is over. */
    long nanosLeft(int key) {
        return dueNanos[key] - System.nanoTime();
    }
}

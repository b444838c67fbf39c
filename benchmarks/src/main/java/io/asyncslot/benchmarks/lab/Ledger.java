package io.asyncslot.benchmarks.lab;

import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Fired;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/** What became of a set of timers: each is to fire once, and not early. Thread-safe but for the questions at the end. */
final class Ledger implements Fired {

    private final long[] due;
    private final long[] lateness;
    private final AtomicIntegerArray runs;
    private final LongAdder total = new LongAdder();
    private final Key[] keys;

    /** Makes keys of their own for so many timers, beginning with an index. */
    Ledger(int first, int timers) {
        this.due = new long[timers];
        this.lateness = new long[timers];
        this.runs = new AtomicIntegerArray(timers);
        this.keys = new Key[timers];
        for (int i = 0; i < timers; i++) {
            keys[i] = new Key(first + i);
        }
    }

    /** Arms the timer number {@code i}; its lateness counts from this call plus the delay. */
    void start(KeyedTimers timers, int i, Delay delay) {
        due[i] = System.nanoTime() + delay.nanos();
        timers.start(keys[i], delay);
    }

    /** Arms the timer number {@code i} to fire at a reading of the nanosecond clock. */
    void startAt(KeyedTimers timers, int i, long deadline) {
        due[i] = deadline;
        timers.start(keys[i], Delay.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    @Override
    public void fired(Key key) {
        long now = System.nanoTime();
        int i = key.index() - keys[0].index();
        if (i < 0) {
            return; // of a round that was given up
        }
        if (runs.getAndIncrement(i) == 0) {
            lateness[i] = now - due[i];
        }
        total.increment();
    }

    /** Lets the timers do their work until all have fired; at most until {@code limit} on the nanosecond clock. */
    void await(KeyedTimers timers, long limit) throws InterruptedException {
        while (total.sum() < keys.length && System.nanoTime() < limit) {
            if (!timers.poll()) {
                Thread.sleep(1);
            }
        }
    }

    /** Forgets the keys. */
    void delete(KeyedTimers timers) {
        for (Key key : keys) {
            timers.delete(key);
        }
    }

    /** Reports how many fired, were early, lost or doubled. */
    void count(Findings findings) {
        int lost = 0;
        int doubled = 0;
        int early = 0;
        for (int i = 0; i < keys.length; i++) {
            lost += runs.get(i) == 0 ? 1 : 0;
            doubled += runs.get(i) > 1 ? 1 : 0;
            early += lateness[i] < 0 ? 1 : 0;
        }
        findings.add("fired", keys.length - lost);
        findings.add("lost", lost);
        findings.add("doubled", doubled);
        findings.add("early", early);
    }

    /** Reports the lateness in microseconds. */
    void lateness(Findings findings) {
        long[] sorted = lateness.clone();
        Arrays.sort(sorted);
        findings.add("p50", micros(sorted, 0.5));
        findings.add("p99", micros(sorted, 0.99));
        findings.add("p99.9", micros(sorted, 0.999));
        findings.add("max", micros(sorted, 1));
    }

    /** When the last one fired, on the nanosecond clock. */
    long last() {
        long last = due[0] + lateness[0];
        for (int i = 1; i < keys.length; i++) {
            last = Math.max(last, due[i] + lateness[i]);
        }
        return last;
    }

    private static double micros(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)] / 1e3;
    }
}

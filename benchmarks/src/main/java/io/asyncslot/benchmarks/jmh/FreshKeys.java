package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Keys that have no timer yet, one thread's own, and how many of them are under way. */
@State(Scope.Thread)
public class FreshKeys {

    private static final int KEYS = 1 << 12;
    private static final int UNDER_WAY = 256;
    private static final AtomicInteger RANGES = new AtomicInteger();

    private final Key[] keys = new Key[KEYS];
    private int next;

    /** Makes the keys. */
    @Setup(Level.Trial)
    public void prepare(PendingTimers pending) {
        int base = pending.n + KEYS * RANGES.getAndIncrement();
        for (int i = 0; i < KEYS; i++) {
            keys[i] = new Key(base + i);
        }
    }

    /** Puts the first keys under way, for the workload that wants them so. */
    void begin(KeyedTimers timers) {
        for (int i = 0; i < UNDER_WAY; i++) {
            timers.start(next(), PendingTimers.MINUTE);
        }
    }

    Key next() {
        return keys[next++ & KEYS - 1];
    }

    /** The key that is under way longest, to be asked for just before the next one. */
    Key oldest() {
        return keys[next - UNDER_WAY & KEYS - 1];
    }
}

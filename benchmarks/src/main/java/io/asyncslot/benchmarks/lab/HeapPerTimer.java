package io.asyncslot.benchmarks.lab;

import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.peer.Peer;
import java.lang.ref.Reference;
import java.util.concurrent.TimeUnit;

/** Heap bytes that one pending keyed timer takes, its key not counted. */
final class HeapPerTimer {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long SPREAD = TimeUnit.MINUTES.toNanos(1);

    private HeapPerTimer() {}

    static void measure(Peer peer, int n, Findings findings) throws InterruptedException {
        Key[] keys = new Key[n];
        for (int i = 0; i < n; i++) {
            keys[i] = new Key(i);
        }
        KeyedTimers timers = peer.open(key -> {
            throw new IllegalStateException("fired: " + key);
        });
        timers.start(new Key(n), Delay.ofNanos(2 * HOUR)); // what is loaded and made once is not counted
        try {
            long before = used(n);
            for (int i = 0; i < n; i++) {
                timers.start(keys[i], Delay.ofNanos(HOUR + SPREAD / n * i));
            }
            findings.add("bytes", (double) (used(n) - before) / n);
        } finally {
            Reference.reachabilityFence(keys);
            timers.close();
        }
    }

    private static long used(int n) throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            Thread.sleep(n >= 1_000_000 ? 300 : 50);
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}

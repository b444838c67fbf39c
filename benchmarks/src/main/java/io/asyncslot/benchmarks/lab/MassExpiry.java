package io.asyncslot.benchmarks.lab;

import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.peer.Peer;
import io.asyncslot.benchmarks.peer.SlotTimers;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Very many timers that all expire: spread evenly over a window, or all at one instant. */
final class MassExpiry {

    private static final long LIMIT = TimeUnit.SECONDS.toNanos(20);
    private static final int ATTEMPTS = 4;
    private static final int DRAIN_MILLIS = 5_000;

    private final int n;
    private final Swap swap = new Swap();
    private final KeyedTimers timers;
    private long lead = TimeUnit.SECONDS.toNanos(4);
    private int round;

    MassExpiry(Peer peer, int n) {
        this.n = n;
        this.lead = Math.max(TimeUnit.MILLISECONDS.toNanos(200), lead * n / 1_000_000);
        this.timers = peer.open(swap);
    }

    /** Measures: a first round of each kind is for the JIT compiler alone. */
    static void measure(Peer peer, int n, long window, int rounds, Function<String, Findings> findings)
            throws InterruptedException {
        MassExpiry lab = new MassExpiry(peer, n);
        Findings ignored = (metric, value) -> {};
        for (int i = 0; i <= rounds; i++) {
            lab.round(window, i == 0 ? ignored : findings.apply("mass.spread"));
        }
        if (peer == Peer.AGRONA) {
            return; // every tick of its wheel is as large as the fullest one: 32 GB
        }
        for (int i = 0; i <= rounds; i++) {
            lab.round(0, i == 0 ? ignored : findings.apply("mass.burst"));
        }
        lab.timers.close();
    }

    /** One round; if arming overran the first deadline, as it may on a busy machine, again with more time. */
    private void round(long window, Findings findings) throws InterruptedException {
        for (int i = 0; !attempt(window, findings); i++) {
            if (i == ATTEMPTS) {
                throw new IllegalStateException("arming takes longer than " + lead + " ns");
            }
            lead *= 2;
        }
    }

    /** How many slots stay behind; the last callbacks may still be about to free theirs. */
    private static long left(SlotTimers slots) throws InterruptedException {
        for (int i = 0; i < DRAIN_MILLIS && slots.size() > 0; i++) {
            Thread.sleep(1);
        }
        return slots.size();
    }

    private boolean attempt(long window, Findings findings) throws InterruptedException {
        Ledger ledger = new Ledger(round++ * n, n);
        swap.to(ledger);
        System.gc();
        long began = System.nanoTime();
        long first = began + lead;
        for (int i = 0; i < n; i++) {
            int scattered = (int) (i * 7_368_787L % n); // a prime: a permutation of the window
            ledger.startAt(timers, i, first + window * scattered / n);
        }
        long armed = System.nanoTime();
        if (armed > first) {
            ledger.delete(timers);
            return false;
        }
        lead = Math.max(TimeUnit.MILLISECONDS.toNanos(200), 2 * (armed - began));
        while (System.nanoTime() < first - TimeUnit.MILLISECONDS.toNanos(50)) {
            if (!timers.poll()) {
                Thread.sleep(1);
            }
        }
        long cpu = ProcessCpu.nanos();
        ledger.await(timers, first + window + LIMIT);
        findings.add("cpu", (ProcessCpu.nanos() - cpu) / 1e3 / n);
        findings.add("arm", (double) (armed - began) / n);
        findings.add("after", (ledger.last() - first) / 1e6);
        findings.add("window", window / 1e6);
        ledger.lateness(findings);
        ledger.count(findings);
        if (timers instanceof SlotTimers slots) {
            findings.add("left", (double) left(slots));
        }
        ledger.delete(timers);
        return true;
    }
}

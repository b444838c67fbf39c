package io.asyncslot.benchmarks.lab;

import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** How late single timers are, delays of 1 to 20 ms, at a steady rate. */
final class Lateness {

    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long DRAIN = TimeUnit.SECONDS.toNanos(10);

    private final Delay[] delays = new Delay[1 << 10];
    private final Swap swap = new Swap();
    private final KeyedTimers timers;
    private int nextIndex;

    private Lateness(Peer peer) {
        Random random = new Random(7);
        for (int i = 0; i < delays.length; i++) {
            delays[i] = Delay.ofNanos(1_000_000 + random.nextInt(19_000_000));
        }
        this.timers = peer.open(swap);
    }

    /** Measures one of late.1k, late.50k and late.busy, or all three for "late". */
    static void measure(Peer peer, String kind, long millis, Function<String, Findings> findings)
            throws InterruptedException {
        Lateness lab = new Lateness(peer);
        Findings ignored = (metric, value) -> {};
        lab.phase(10, Math.max(200, millis / 3), ignored);
        lab.phase(1, Math.max(100, millis / 5), ignored);
        if ("late.1k".startsWith(kind)) {
            lab.phase(1, millis, findings.apply("late.1k"));
        }
        if ("late.50k".startsWith(kind)) {
            lab.phase(50, millis, findings.apply("late.50k"));
        }
        if ("late.busy".startsWith(kind)) {
            lab.busy(millis, findings.apply("late.busy"));
        }
        lab.timers.close();
    }

    private void busy(long millis, Findings findings) throws InterruptedException {
        AtomicBoolean busy = new AtomicBoolean(true);
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            Thread spinner = new Thread(() -> spin(busy), "busy-" + i);
            spinner.setDaemon(true);
            spinner.start();
        }
        phase(1, Math.max(100, millis / 5), (metric, value) -> {});
        phase(1, millis, findings);
        busy.set(false);
    }

    private void phase(int perMilli, long millis, Findings findings) throws InterruptedException {
        Ledger ledger = new Ledger(nextIndex, (int) (perMilli * millis));
        nextIndex += (int) (perMilli * millis);
        swap.to(ledger);
        System.gc();
        long began = System.nanoTime();
        long cpu = ProcessCpu.nanos();
        int started = 0;
        for (long tick = began; started < perMilli * millis; tick += TICK) {
            waitUntil(tick);
            for (int i = 0; i < perMilli; i++) {
                ledger.start(timers, started, delays[started & delays.length - 1]);
                started++;
            }
        }
        ledger.await(timers, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20) + DRAIN);
        findings.add("cores", (double) (ProcessCpu.nanos() - cpu) / (System.nanoTime() - began));
        ledger.lateness(findings);
        ledger.count(findings);
    }

    private void waitUntil(long tick) {
        long rest;
        while ((rest = tick - System.nanoTime()) > 0) {
            if (!timers.poll()) {
                LockSupport.parkNanos(rest);
            }
        }
    }

    private static void spin(AtomicBoolean goOn) {
        while (goOn.get()) {
            // uses up its CPU
        }
    }
}

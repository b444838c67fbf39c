package io.asyncslot.benchmarks.lab;

import com.sun.management.ThreadMXBean;
import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Fired;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * What single operations cost, measured in a second or two: for comparisons of two candidates that take turns in many short
 * JVMs. Knows nothing of AsyncSlot but {@link KeyedTimers}, so that it can measure any version of it.
 */
public final class Calls {

    /** What the names of such measurements begin with. */
    public static final String PREFIX = "calls.";

    private static final Delay MINUTE = Delay.ofNanos(60_000_000_000L);
    private static final int BATCH = 64;
    private static final int CHECKED = 16 * BATCH;
    private static final int OTHERS = 1 << 12;
    private static final int WARM_UPS = 5;
    private static final int ROUNDS = 7;
    private static final long ROUND = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(30);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final int n;
    private final Key[] held;
    private final Key[] equal;
    private final Key[] others = new Key[OTHERS];
    private final Key[] drawn = new Key[BATCH];
    private final SplittableRandom random = new SplittableRandom(7);
    private int next;

    private Calls(int n) {
        this.n = n;
        this.held = keys(n, 0);
        this.equal = keys(n, 0);
        for (int i = 0; i < OTHERS; i++) {
            others[i] = new Key(n + i);
        }
    }

    /**
     * Measures.
     *
     * @param kind rearm: a random one of {@code n} pending keys moves, named by an equal key; fresh: start and delete; kept:
     *     start and cancel; both with {@code n} others pending; firing: {@code n} keys are started, all due
     *     at one instant
     * @param open makes what is measured
     * @param findings gets ns, cpu and bytes of each round: wall time of the caller, CPU time and allocation of the process;
     *     of firing, ns is the time from the instant, or from the last start if that was later, until the last callback
     */
    public static void measure(String kind, int n, Function<Fired, KeyedTimers> open, Findings findings)
            throws InterruptedException {
        Calls calls = new Calls(n);
        if (kind.equals("firing")) {
            calls.firing(open, findings);
            return;
        }
        KeyedTimers timers = open.apply(key -> {
            throw new IllegalStateException("fired during the measurement: " + key);
        });
        for (Key key : calls.held) {
            timers.start(key, MINUTE);
        }
        for (int i = 0; i < WARM_UPS + ROUNDS; i++) {
            calls.round(kind, timers, i < WARM_UPS ? (metric, value) -> {} : findings);
        }
        timers.close();
    }

    private void round(String kind, KeyedTimers timers, Findings findings) {
        long allocated = allocated();
        long cpu = ProcessCpu.nanos();
        long began = System.nanoTime();
        long used = THREADS.getCurrentThreadCpuTime();
        long done = 0;
        // By the CPU time of this thread: on a busy machine a round takes longer, and is not a shorter one.
        while (done % CHECKED != 0 || THREADS.getCurrentThreadCpuTime() - used < ROUND) {
            switch (kind) {
                case "rearm" -> rearm(timers);
                case "fresh" -> fresh(timers);
                case "kept" -> kept(timers);
                default -> throw new IllegalArgumentException("no such calls: " + kind);
            }
            done += BATCH;
        }
        long now = System.nanoTime();
        findings.add("ns", (double) (now - began) / done);
        findings.add("cpu", (double) (ProcessCpu.nanos() - cpu) / done);
        findings.add("bytes", (double) (allocated() - allocated) / done);
    }

    private void rearm(KeyedTimers timers) {
        for (int i = 0; i < BATCH; i++) {
            drawn[i] = equal[random.nextInt(n)];
        }
        for (Key key : drawn) {
            timers.start(key, MINUTE);
        }
    }

    private void fresh(KeyedTimers timers) {
        for (int i = 0; i < BATCH; i++) {
            Key key = others[next++ & OTHERS - 1];
            timers.start(key, MINUTE);
            timers.delete(key);
        }
    }

    private void kept(KeyedTimers timers) {
        for (int i = 0; i < BATCH; i++) {
            Key key = others[next++ & OTHERS - 1];
            timers.start(key, MINUTE);
            timers.cancel(key);
        }
    }

    private void firing(Function<Fired, KeyedTimers> open, Findings findings) throws InterruptedException {
        Swap swap = new Swap();
        KeyedTimers timers = open.apply(swap);
        long lead = TimeUnit.MILLISECONDS.toNanos(Math.max(200, n / 500));
        for (int i = 0; i < WARM_UPS + ROUNDS; i++) {
            Ledger ledger = new Ledger(i * n, n);
            swap.to(ledger);
            long allocated = allocated();
            long cpu = ProcessCpu.nanos();
            long due = System.nanoTime() + lead;
            for (int k = 0; k < n; k++) {
                ledger.startAt(timers, k, due);
            }
            long from = Math.max(due, System.nanoTime());
            ledger.await(timers, from + LIMIT);
            if (i >= WARM_UPS) {
                findings.add("ns", (double) Math.max(0, ledger.last() - from) / n);
                findings.add("cpu", (double) (ProcessCpu.nanos() - cpu) / n);
                findings.add("bytes", (double) (allocated() - allocated) / n);
            }
            ledger.delete(timers);
        }
        timers.close();
    }

    private static long allocated() {
        return LongStream.of(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    private static Key[] keys(int n, int first) {
        Key[] keys = new Key[n];
        for (int i = 0; i < n; i++) {
            keys[i] = new Key(first + i);
        }
        return keys;
    }
}

package io.asyncslot.benchmarks.values;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.asyncslot.benchmarks.report.Summary;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/** Measures one peer in this process: what a value costs who adds it, all threads together, and the heap. */
final class ValueBatches {

    private static final Duration WINDOW = Duration.ofMillis(500);
    private static final Duration NEVER = Duration.ofHours(2);
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(60);

    /** A prime: neighbours in time are of other keys. */
    private static final long SCATTER = 7_368_787L;

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final BatchPeer peer;
    private final Long[] keys;
    private final Integer[] values;
    private final int rounds;

    /**
     * What a value costs.
     *
     * @param add nanoseconds of the thread that adds it
     * @param cpu nanoseconds of CPU time of the process, until all batches are handed over
     * @param allocated bytes that all threads allocate, likewise
     * @param held bytes of heap while it is pending, the value not counted
     */
    record Figures(double add, double cpu, double allocated, double held) {}

    ValueBatches(BatchPeer peer, int values, int keys, int rounds) {
        this.peer = peer;
        this.keys = new Long[keys];
        this.values = new Integer[values];
        this.rounds = rounds;
        for (int i = 0; i < keys; i++) {
            this.keys[i] = ((long) i << 32) | i;
        }
        for (int i = 0; i < values; i++) {
            this.values[i] = i;
        }
    }

    /** The medians of all rounds but the first two, which are for the JIT compiler. */
    Figures measure() throws InterruptedException {
        List<Figures> all = new ArrayList<>();
        for (int i = -2; i < rounds; i++) {
            Figures round = round();
            if (i >= 0) {
                all.add(round);
            }
        }
        return new Figures(
                median(all, Figures::add), median(all, Figures::cpu), median(all, Figures::allocated), held());
    }

    private static double median(List<Figures> all, ToDoubleFunction<Figures> of) {
        return Summary.median(all.stream().mapToDouble(of).toArray());
    }

    private Figures round() throws InterruptedException {
        AtomicInteger handed = new AtomicInteger();
        AtomicLong sum = new AtomicLong();
        int n = values.length;
        try (Batches batches = peer.open(WINDOW, batch -> {
            long part = 0;
            for (Integer value : batch) {
                part += value;
            }
            sum.addAndGet(part);
            handed.addAndGet(batch.size());
        })) {
            System.gc();
            long before = allocated();
            long cpu = SYSTEM.getProcessCpuTime();
            long began = System.nanoTime();
            add(batches);
            long added = System.nanoTime();
            while (handed.get() < n) {
                if (System.nanoTime() - added > LIMIT) {
                    throw new IllegalStateException(peer.title() + " has handed over " + handed + " of " + n);
                }
                Thread.sleep(1);
            }
            Figures figures = new Figures(
                    (double) (added - began) / n,
                    (double) (SYSTEM.getProcessCpuTime() - cpu) / n,
                    (double) (allocated() - before) / n,
                    0);
            if (handed.get() != n || sum.get() != (long) n * (n - 1) / 2) {
                throw new IllegalStateException(peer.title() + " has handed over a value twice, or another one");
            }
            return figures;
        }
    }

    /** Of all threads that live: none of those that work here ends before it is closed. */
    private static long allocated() {
        return LongStream.of(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    private void add(Batches batches) {
        int n = values.length;
        for (int i = 0; i < n; i++) {
            batches.add(keys[(int) (i * SCATTER % keys.length)], values[i]);
        }
    }

    private double held() throws InterruptedException {
        Batches batches = peer.open(NEVER, batch -> {
            throw new IllegalStateException("handed over hours before it is due");
        });
        try (batches) {
            batches.add(-1L, -1); // what is loaded and made once is not counted
            long before = used();
            add(batches);
            return (double) (used() - before) / values.length;
        } finally {
            Reference.reachabilityFence(values);
        }
    }

    private static long used() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            Thread.sleep(200);
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}

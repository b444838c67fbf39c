package io.asyncslot.benchmarks.lab;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * How late callbacks begin, by the caller's own clock, one timer a millisecond with delays of 1 to 20 ms: on the backend's
 * own thread and on a worker. And what a backend costs that has nothing to do. The same few keys take turns, so that no
 * slot is made during the measurement.
 */
final class BackendLateness {

    private static final int KEYS = 64;
    private static final int DRAIN_MILLIS = 10_000;

    /** When each key is to fire, 0 while it is not armed. */
    private final AtomicLongArray due = new AtomicLongArray(KEYS);

    private final long[] lateness;
    private final AtomicInteger fired = new AtomicInteger();

    private BackendLateness(int timers) {
        this.lateness = new long[timers];
    }

    static void measure(Backend backend, int millis, Findings inline, Findings onWorker, Findings idle)
            throws Exception {
        new BackendLateness(millis).run(backend, Runnable::run, inline, idle);
        ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "worker");
            thread.setDaemon(true);
            return thread;
        });
        new BackendLateness(millis).run(backend, worker, onWorker, (metric, value) -> {});
        worker.shutdown();
    }

    private void run(Backend backend, Executor executor, Findings late, Findings idle) throws Exception {
        SlotBackend made = backend.open();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(executor).backend(made).build()) {
            TimerSlots<Integer> slots = registry.register(TimerMapSpec.named("late", Integer.class)
                    .callback((key, firing) -> fired(key))
                    .build());
            registry.start();
            phase(slots, lateness.length / 3);
            fired.set(0);
            int lost = phase(slots, lateness.length);
            idle(slots, lateness.length, idle);
            if (Backend.fallbacks(made) != 0) {
                throw new IllegalStateException("the kernel refused " + Backend.fallbacks(made) + " slots");
            }
            long[] sorted = Arrays.copyOf(lateness, lateness.length - lost);
            Arrays.sort(sorted);
            late.add("p50", sorted[sorted.length / 2] / 1e3);
            late.add("p99", sorted[(int) (sorted.length * 0.99)] / 1e3);
            late.add("max", sorted[sorted.length - 1] / 1e3);
            late.add("early", (double)
                    Arrays.stream(sorted).filter(value -> value < 0).count());
            late.add("lost", lost);
        }
    }

    private void fired(int key) {
        long late = System.nanoTime() - due.getAndSet(key, 0);
        int at = fired.getAndIncrement();
        if (at < lateness.length) {
            lateness[at] = late;
        }
    }

    /** Arms so many timers, one a millisecond; answers how many of them have not fired. */
    private int phase(TimerSlots<Integer> slots, int timers) throws InterruptedException {
        Random random = new Random(7);
        long tick = System.nanoTime();
        for (int i = 0, key = 0; i < timers; i++) {
            for (long rest; (rest = tick - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(rest);
            }
            tick += 1_000_000;
            do {
                key = (key + 1) % KEYS;
            } while (due.get(key) != 0); // this machine was away: the next key
            long delay = 1_000_000L + random.nextInt(19_000_000);
            due.set(key, System.nanoTime() + delay);
            slots.start(key, Duration.ofNanos(delay));
        }
        for (int i = 0; i < DRAIN_MILLIS && fired.get() < timers; i++) {
            Thread.sleep(1);
        }
        return timers - fired.get();
    }

    private static void idle(TimerSlots<Integer> slots, int millis, Findings findings) throws InterruptedException {
        for (int i = 0; i < KEYS; i++) {
            slots.start(i, Duration.ofHours(1 + i));
        }
        Thread.sleep(200);
        long began = System.nanoTime();
        long cpu = ProcessCpu.nanos();
        Thread.sleep(millis);
        findings.add("cores", (double) (ProcessCpu.nanos() - cpu) / (System.nanoTime() - began));
    }
}

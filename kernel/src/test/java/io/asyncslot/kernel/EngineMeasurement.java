package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Measures what operations cost a caller, and how late callbacks are, on the kernel and on the jvm backend. A program, not a
 * test: its figures are printed and nothing is asserted.
 */
final class EngineMeasurement {

    private static final int KEYS = 1_000;
    private static final int ROUNDS = 300;

    private EngineMeasurement() {}

    /** Measures both backends. */
    public static void main(String[] arguments) throws Exception {
        warmSlab();
        run("jvm", new JvmBackend());
        run(
                "kernel",
                new KernelBackend(KernelSettings.of(65_536, 32, null, "engine measurement"), KernelOptions.defaults()));
    }

    private static long fallbacks(SlotBackend backend) {
        return backend instanceof KernelBackend kernel ? kernel.fallbacks() : 0;
    }

    /** Waits until the kernel has taken every slot. */
    private static void awaitTaken(SlotBackend backend) throws InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            Object left = backend.report().details().get("fallbacksNow");
            if (left == null || left.equals(0)) {
                return;
            }
            Thread.sleep(10);
        }
        System.out.println("the kernel has not taken every slot: figures of slots that it has include others");
    }

    /** Lets the kernel grow the slab that its timers come from: see docs/kernel.md on ENOMEM. */
    private static void warmSlab() throws Exception {
        List<java.nio.channels.Pipe> pipes = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            pipes.add(java.nio.channels.Pipe.open());
        }
        for (int i = 0; i < pipes.size(); i++) {
            if (i % 20 != 0) {
                pipes.get(i).source().close();
                pipes.get(i).sink().close();
            }
        }
    }

    private static void run(String name, SlotBackend backend) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(1);
        List<Long> lateness = new ArrayList<>();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend)
                .listener((firing, duration, failure) ->
                        lateness.add(firing.lateness().toNanos()))
                .build();
        registry.start();
        TimerSlots<String> map = registry.register(TimerMapSpec.named("t", String.class)
                .callback((key, firing) -> {})
                .build());
        String[] keys = new String[KEYS];
        for (int i = 0; i < KEYS; i++) {
            keys[i] = "key-" + i;
        }
        List<String> some = Arrays.asList(keys).subList(0, 256);
        Duration hour = Duration.ofHours(1);
        long[] best = new long[5];
        Arrays.fill(best, Long.MAX_VALUE);
        int counted = 0;
        for (int round = 0; round < ROUNDS; round++) { // slots that are new to the kernel
            long refused = fallbacks(backend);
            long t0 = System.nanoTime();
            map.startAll(some, hour);
            long t1 = System.nanoTime();
            for (int i = 0; i < 16; i++) {
                map.start("alone-" + i, hour);
            }
            long t2 = System.nanoTime();
            if (fallbacks(backend) == refused) { // or else it is not the kernel that is measured
                best[0] = Math.min(best[0], (t1 - t0) / 256);
                best[1] = Math.min(best[1], (t2 - t1) / 16);
                counted++;
            }
            some.forEach(map::delete);
            for (int i = 0; i < 16; i++) {
                map.delete("alone-" + i);
            }
            map.stats();
            Thread.sleep(10);
        }
        map.startAll(Arrays.asList(keys), hour);
        awaitTaken(backend);
        Duration later = hour;
        Duration earlier = hour;
        for (int round = 0; round < ROUNDS; round++) { // slots that the kernel has
            later = later.plusSeconds(1);
            earlier = earlier.minusSeconds(1);
            long t2 = System.nanoTime();
            for (int i = 0; i < KEYS; i++) {
                map.start(keys[i], later);
            }
            long t3 = System.nanoTime();
            map.startAll(some, earlier);
            long t4 = System.nanoTime();
            for (int i = 256; i < KEYS; i++) {
                map.start(keys[i], earlier);
            }
            long t5 = System.nanoTime();
            best[2] = Math.min(best[2], (t3 - t2) / KEYS);
            best[3] = Math.min(best[3], (t4 - t3) / 256);
            best[4] = Math.min(best[4], (t5 - t4) / (KEYS - 256));
        }
        for (int i = 0; i < 1_000; i++) {
            map.start("late", Duration.ofMillis(3));
            Thread.sleep(5);
        }
        registry.stop(Duration.ofSeconds(5));
        long[] sorted = lateness.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                Locale.ROOT,
                "%-7s ns an operation, best of %d rounds: start fresh 256 at once %d, alone %d; re-arm later %d; earlier 256 at"
                        + " once %d, alone %d; callback late p50 %.1f us, p99 %.1f us%n",
                name,
                ROUNDS,
                best[0],
                best[1],
                best[2],
                best[3],
                best[4],
                sorted[sorted.length / 2] / 1e3,
                sorted[sorted.length * 99 / 100] / 1e3);
        System.out.println(name + " fresh rounds without a refusal: " + counted);
        System.out.println(name + " " + backend.report().details());
        registry.close();
        executor.shutdown();
    }
}

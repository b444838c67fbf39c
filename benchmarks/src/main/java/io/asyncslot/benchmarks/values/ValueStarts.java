package io.asyncslot.benchmarks.values;

import com.sun.management.ThreadMXBean;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.benchmarks.report.Summary;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;

/** Measures, in this process, what a start with a value costs on live keys. */
enum ValueStarts {
    /** No values: what the others are compared with. */
    NONE {
        @Override
        BiConsumer<Long, Integer> open(AsyncSlotRegistry registry) {
            TimerSlots<Long> slots = registry.register(TimerMapSpec.named("starts", Long.class)
                    .callback((key, firing) -> {})
                    .build());
            return (key, value) -> slots.start(key, FAR);
        }
    },
    /** The value replaces the one before. */
    LAST {
        @Override
        BiConsumer<Long, Integer> open(AsyncSlotRegistry registry) {
            registry.register(TimerMapSpec.named("starts", Long.class)
                    .callback(SlotValues.last(Integer.class), (key, value, firing) -> {})
                    .build());
            ValueTimerSlots<Long, Integer> slots = registry.timers("starts", Long.class, Integer.class);
            return (key, value) -> slots.start(key, FAR, value);
        }
    },
    /** The value is added to those before. */
    COLLECT {
        @Override
        BiConsumer<Long, Integer> open(AsyncSlotRegistry registry) {
            registry.register(TimerMapSpec.named("starts", Long.class)
                    .collecting(SlotValues.collect(Integer.class), (key, values, firing) -> {})
                    .build());
            ValueTimerSlots<Long, Integer> slots = registry.timers("starts", Long.class, Integer.class);
            return (key, value) -> slots.start(key, FAR, value);
        }
    };

    private static final Duration FAR = Duration.ofHours(2);
    private static final int WARM_UPS = 2;

    /** A prime: neighbours in time are of other keys. */
    private static final long SCATTER = 7_368_787L;

    /** Registers the map and answers what starts a key with a value. */
    abstract BiConsumer<Long, Integer> open(AsyncSlotRegistry registry);

    /** Nanoseconds and allocated bytes per start: medians of all rounds, each with live keys that have one value. */
    double[] measure(int n, int keyCount, int rounds) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Integer[] values = new Integer[n];
        Long[] keys = new Long[keyCount];
        for (int i = 0; i < n; i++) {
            values[i] = i;
        }
        for (int i = 0; i < keyCount; i++) {
            keys[i] = ((long) i << 32) | i;
        }
        double[] nanos = new double[rounds];
        double[] bytes = new double[rounds];
        for (int round = -WARM_UPS; round < rounds; round++) {
            try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build()) {
                BiConsumer<Long, Integer> start = open(registry);
                registry.start();
                for (Long key : keys) {
                    start.accept(key, values[0]);
                }
                System.gc();
                long before = allocated(threads);
                long began = System.nanoTime();
                for (int i = 0; i < n; i++) {
                    start.accept(keys[(int) (i * SCATTER % keyCount)], values[i]);
                }
                if (round >= 0) {
                    nanos[round] = (double) (System.nanoTime() - began) / n;
                    bytes[round] = (double) (allocated(threads) - before) / n;
                }
            }
        }
        return new double[] {Summary.median(nanos), Summary.median(bytes)};
    }

    private static long allocated(ThreadMXBean threads) {
        return LongStream.of(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(allocated -> allocated > 0)
                .sum();
    }
}

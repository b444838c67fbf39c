package io.asyncslot.benchmarks.jmh;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Submits work for a random key; what is pending for it already takes the new submit in. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SubmitBenchmark {

    /** A map of work beside one worker thread. */
    @State(Scope.Benchmark)
    public static class Works {

        /** WORK_SLOTS, or FUTURE_MAP: ConcurrentHashMap of futures and an executor, by hand. */
        @Param({"WORK_SLOTS", "FUTURE_MAP"})
        public String works = "WORK_SLOTS";

        /** How many keys there are. */
        @Param("1000")
        public int n;

        /** free: the worker runs what comes; held: it is busy, so that every submit merges. */
        @Param({"free", "held"})
        public String worker = "free";

        Key[] keys = {};
        Consumer<Key> submit = key -> {};
        private final CountDownLatch release = new CountDownLatch(1);
        private final LongAdder runs = new LongAdder();
        private Runnable close = () -> {};

        /** Makes the map. */
        @Setup(Level.Trial)
        public void open() {
            ThreadPoolExecutor executor = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
            keys = new Key[n];
            for (int i = 0; i < n; i++) {
                keys[i] = new Key(i);
            }
            if (worker.equals("held")) {
                executor.execute(this::hold);
            }
            if (works.equals("WORK_SLOTS")) {
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor).build();
                WorkSlots<Key> slots = registry.register(WorkMapSpec.named("work", Key.class)
                        .callback((key, firing) -> runs.increment())
                        .build());
                registry.start();
                submit = slots::submit;
                close = registry::close;
            } else {
                ConcurrentHashMap<Key, Future<?>> futures = new ConcurrentHashMap<>();
                submit = key -> futures.computeIfAbsent(
                        key,
                        absent -> executor.submit(() -> {
                            futures.remove(absent);
                            runs.increment();
                        }));
            }
            Runnable inner = close;
            close = () -> {
                inner.run();
                executor.shutdownNow();
            };
        }

        /** Ends it. */
        @TearDown(Level.Trial)
        public void close() {
            release.countDown();
            close.run();
        }

        private void hold() {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One thread's choice of keys. */
    @State(Scope.Thread)
    public static class Choice {

        private static final AtomicInteger SEEDS = new AtomicInteger();

        private final SplittableRandom random = new SplittableRandom(SEEDS.incrementAndGet());
    }

    /** One operation: one submit. */
    @Benchmark
    public void submit(Works works, Choice choice) {
        works.submit.accept(works.keys[choice.random.nextInt(works.keys.length)]);
    }
}

package io.asyncslot.benchmarks.values;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.benchmarks.peer.DaemonThreads;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.util.concurrent.Queues;

/** Who gathers values by key. Each hands a batch over on the thread that learns of its time. */
public enum BatchPeer {
    /** A map with {@code COLLECT}, whose {@code maxWait} fixes the time of a batch by its first value. */
    ASYNCSLOT("AsyncSlot, COLLECT") {
        @Override
        Batches open(Duration window, Consumer<List<Integer>> handler) {
            AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build();
            registry.register(TimerMapSpec.named("batches", Long.class)
                    .collecting(SlotValues.collect(Integer.class), (key, values, firing) -> handler.accept(values))
                    .maxWait(window)
                    .build());
            ValueTimerSlots<Long, Integer> slots = registry.timers("batches", Long.class, Integer.class);
            registry.start();
            return new Batches() {
                @Override
                public void add(Long key, Integer value) {
                    StartOutcome outcome = slots.start(key, window, value);
                    if (outcome != StartOutcome.STARTED && outcome != StartOutcome.REARMED) {
                        throw new IllegalStateException("not accepted: " + outcome);
                    }
                }

                @Override
                public void close() {
                    registry.close();
                }
            };
        }
    },

    /** As it is written by hand: the first value of a key schedules the end of its batch. */
    HAND_WRITTEN("ConcurrentHashMap of lists + ScheduledExecutorService") {
        @Override
        Batches open(Duration window, Consumer<List<Integer>> handler) {
            ConcurrentHashMap<Long, List<Integer>> pending = new ConcurrentHashMap<>();
            ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(new DaemonThreads("timer"));
            long nanos = window.toNanos();
            return new Batches() {
                @Override
                public void add(Long key, Integer value) {
                    pending.compute(key, (same, present) -> {
                        List<Integer> values = present == null ? new ArrayList<>() : present;
                        if (present == null) {
                            Future<?> unused = timer.schedule(() -> flush(key), nanos, TimeUnit.NANOSECONDS);
                        }
                        values.add(value);
                        return values;
                    });
                }

                private void flush(Long key) {
                    List<Integer> values = pending.remove(key);
                    if (values != null) {
                        handler.accept(values);
                    }
                }

                @Override
                public void close() {
                    timer.shutdownNow();
                }
            };
        }
    },

    /** A stream that is split by key, each part buffered until a time-out. */
    REACTOR("Reactor groupBy + bufferTimeout") {
        @Override
        Batches open(Duration window, Consumer<List<Integer>> handler) {
            Sinks.Many<Entry> entries = Sinks.many()
                    .unicast()
                    .onBackpressureBuffer(Queues.<Entry>unbounded(1 << 16).get());
            Disposable flow = entries.asFlux()
                    .groupBy(Entry::key, Entry::value, Integer.MAX_VALUE)
                    .flatMap(group -> group.bufferTimeout(MOST, window), Integer.MAX_VALUE, Integer.MAX_VALUE)
                    .subscribe(handler);
            return new Batches() {
                @Override
                public void add(Long key, Integer value) {
                    entries.emitNext(new Entry(key, value), Sinks.EmitFailureHandler.FAIL_FAST);
                }

                @Override
                public void close() {
                    flow.dispose();
                }
            };
        }
    },

    /** A cache of lists, whose entries expire a while after they were made. */
    CAFFEINE("Caffeine, expiry of lists") {
        @Override
        Batches open(Duration window, Consumer<List<Integer>> handler) {
            ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(new DaemonThreads("timer"));
            Cache<Long, List<Integer>> pending = Caffeine.newBuilder()
                    .executor(timer)
                    .scheduler(Scheduler.forScheduledExecutorService(timer))
                    .expireAfter(Expiry.<Long, List<Integer>>creating((key, values) -> window))
                    .removalListener((@Nullable Long key, @Nullable List<Integer> values, RemovalCause cause) -> {
                        if (cause.wasEvicted() && values != null) {
                            handler.accept(values);
                        }
                    })
                    .build();
            return new Batches() {
                @Override
                public void add(Long key, Integer value) {
                    pending.asMap().compute(key, (same, present) -> {
                        List<Integer> values = present == null ? new ArrayList<>() : present;
                        values.add(value);
                        return values;
                    });
                }

                @Override
                public void close() {
                    timer.shutdownNow();
                }
            };
        }
    };

    /** More than a key ever has at once: nothing but the time ends a batch. */
    private static final int MOST = 1 << 20;

    private final String title;

    private record Entry(Long key, Integer value) {}

    BatchPeer(String title) {
        this.title = title;
    }

    /** How tables name it. */
    public String title() {
        return title;
    }

    /**
     * Makes one.
     *
     * @param window how long after its first value a batch is due
     * @param handler takes each batch
     */
    abstract Batches open(Duration window, Consumer<List<Integer>> handler);
}

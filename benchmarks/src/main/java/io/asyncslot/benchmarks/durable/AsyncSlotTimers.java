package io.asyncslot.benchmarks.durable;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.ClusterBackend;
import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** The cluster backend. */
final class AsyncSlotTimers implements DurableTimers {

    private final ExecutorService executor = virtualThreads();
    private final AsyncSlotRegistry registry;
    private final TimerSlots<String> slots;

    AsyncSlotTimers(DataSource database, Consumer<String> fired) {
        registry = new AsyncSlotRegistryBuilder(executor)
                .backend(new ClusterBackend(Connections.of(database), ClusterOptions.of("benchmark")))
                .build();
        slots = registry.register(TimerMapSpec.named("benchmark", String.class)
                .clock(SlotClock.REALTIME)
                .callback((key, firing) -> fired.accept(key))
                .build());
        registry.start();
    }

    /** Its callbacks wait for the database on their own threads, for which these are made. Newer than this module's Java. */
    private static ExecutorService virtualThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the benchmarks run on JDK 25 or newer", e);
        }
    }

    @Override
    public void start(String key, Instant due) {
        StartOutcome outcome = slots.startAt(key, due);
        if (outcome != StartOutcome.STARTED) {
            throw new IllegalStateException("start answered " + outcome);
        }
    }

    @Override
    public void startAll(List<String> keys, Instant due) {
        slots.startAll(keys, Duration.between(Instant.now(), due));
    }

    @Override
    public boolean rearm(String key, Instant due) {
        return slots.startAt(key, due) == StartOutcome.REARMED;
    }

    @Override
    public void close() {
        registry.close();
        executor.shutdown();
    }
}

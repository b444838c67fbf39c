package io.asyncslot.benchmarks.durable;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.ClusterBackend;
import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.Connections;
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

    /** Its callbacks wait for the database on their own threads, which in an application are virtual ones. */
    private static final int CALLBACKS = 256;

    private final ExecutorService executor = Executors.newFixedThreadPool(CALLBACKS);
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

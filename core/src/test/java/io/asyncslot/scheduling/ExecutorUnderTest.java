package io.asyncslot.scheduling;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** Whose behaviour is looked at: what the suite expects of ours it must find in the JDK's too. */
enum ExecutorUnderTest {
    JDK {
        @Override
        Opened open(int threads) {
            ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(threads);
            executor.setRemoveOnCancelPolicy(true);
            return new Opened(executor, executor::shutdownNow);
        }
    },
    SLOTS {
        @Override
        Opened open(int threads) {
            ExecutorService workers = Executors.newFixedThreadPool(threads);
            AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(workers).build();
            registry.start();
            SlotScheduledExecutor executor = new SlotScheduledExecutor(registry, "tasks");
            return new Opened(executor, () -> {
                executor.shutdownNow();
                registry.close();
                workers.shutdownNow();
            });
        }
    };

    /** Opens an executor that runs as many tasks at once. */
    abstract Opened open(int threads);

    /** An executor, and how to get rid of it. */
    record Opened(ScheduledExecutorService executor, Runnable end) {}
}

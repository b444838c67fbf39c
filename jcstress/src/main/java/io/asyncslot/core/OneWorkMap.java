package io.asyncslot.core;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;

/** A real work map of its own, whose runs begin in the thread that submits, or that ends the run before. */
final class OneWorkMap {

    private static final int STEPS_OF_A_RUN = 20;

    private final JvmBackend backend = JvmBackend.manual();
    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
            .backend(backend)
            .ticker(new StandingClock())
            .build();
    private final WorkSlots<Integer> slots;
    private volatile boolean stopped;
    private volatile String ran = "not run";

    OneWorkMap(int concurrency) {
        slots = registry.register(WorkMapSpec.named("map", Integer.class)
                .concurrency(concurrency)
                .callback((key, firing) -> run())
                .build());
        registry.start();
    }

    private void run() {
        ran = stopped ? "ran after a stop" : "ran";
        for (int i = 0; i < STEPS_OF_A_RUN; i++) {
            Thread.onSpinWait();
        }
    }

    void submit(int key) {
        slots.submit(key);
    }

    void delete(int key) {
        slots.delete(key);
    }

    /** Stops; whether it was told that nothing runs, after which nothing may begin. */
    boolean stop() {
        try {
            boolean quiet = registry.stop(Duration.ZERO);
            stopped = quiet;
            return quiet;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How the latest run began. */
    String ran() {
        return ran;
    }

    /** What became of the submits, once nothing is left to do. */
    String books() {
        backend.pump();
        SlotMapStats stats = slots.stats();
        long open = stats.started() - stats.fired() - stats.deletedArmed();
        return open + " open, " + stats.references() + " references";
    }
}

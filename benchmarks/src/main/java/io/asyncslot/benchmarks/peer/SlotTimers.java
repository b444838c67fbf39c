package io.asyncslot.benchmarks.peer;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.jvm.JvmOptions;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** AsyncSlot through its public API. */
public final class SlotTimers implements KeyedTimers {

    private final AsyncSlotRegistry registry;
    private final TimerSlots<Key> slots;
    private final Executor executor;

    private SlotTimers(Fired fired, int history, Executor executor, JvmOptions options) {
        this.executor = executor;
        this.registry = new AsyncSlotRegistryBuilder(executor)
                .backend(new JvmBackend(options))
                .build();
        this.slots = registry.register(TimerMapSpec.named("benchmark", Key.class)
                .historySize(history)
                .whenIdle(WhenIdle.KEEP)
                .callback((key, firing) -> fired.fired(key))
                .build());
        registry.start();
    }

    /** Calls back on the timer thread. */
    public static SlotTimers inline(Fired fired, int history) {
        return new SlotTimers(fired, history, Runnable::run, JvmOptions.defaults());
    }

    /** Calls back on one of two worker threads. */
    public static SlotTimers onWorkers(Fired fired) {
        ExecutorService workers = Executors.newFixedThreadPool(2, new DaemonThreads("worker"));
        return new SlotTimers(fired, 0, workers, JvmOptions.defaults());
    }

    /** Calls back on a timer thread that was told how to sleep. */
    static SlotTimers with(Fired fired, JvmOptions options) {
        return new SlotTimers(fired, 0, Runnable::run, options);
    }

    @Override
    public void start(Key key, Delay delay) {
        slots.start(key, delay.duration());
    }

    /** Starts many keys at once. */
    public void startAll(Collection<Key> keys, Delay delay) {
        slots.startAll(keys, delay.duration());
    }

    /** Takes the key's pending run away and keeps its slot. */
    public void cancel(Key key) {
        slots.cancel(key);
    }

    @Override
    public void delete(Key key) {
        slots.delete(key);
    }

    @Override
    public void close() {
        registry.close();
        if (executor instanceof ExecutorService workers) {
            workers.shutdownNow();
        }
    }
}

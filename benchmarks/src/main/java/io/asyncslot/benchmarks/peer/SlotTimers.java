package io.asyncslot.benchmarks.peer;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.jvm.JvmOptions;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** AsyncSlot through its public API. */
public final class SlotTimers implements KeyedTimers {

    private static final String MAP = "benchmark";

    private final TimerSlots<Key> slots;
    private final Runnable close;

    private SlotTimers(TimerSlots<Key> slots, Runnable close) {
        this.slots = slots;
        this.close = close;
    }

    /** Without history, calling back on a timer thread that was told how to sleep. */
    static SlotTimers with(Fired fired, WhenIdle idle, JvmOptions options) {
        return plain(fired, idle, Runnable::run, options, () -> {});
    }

    /** Without history, calling back on one of two worker threads. */
    static SlotTimers onWorkers(Fired fired, WhenIdle idle) {
        ExecutorService workers = Executors.newFixedThreadPool(2, new DaemonThreads("worker"));
        return plain(fired, idle, workers, JvmOptions.defaults(), workers::shutdownNow);
    }

    private static SlotTimers plain(
            Fired fired, WhenIdle idle, Executor executor, JvmOptions options, Runnable afterwards) {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .backend(new JvmBackend(options))
                .build();
        TimerSlots<Key> slots = registry.register(TimerMapSpec.named(MAP, Key.class)
                .historySize(0)
                .whenIdle(idle)
                .callback((key, firing) -> fired.fired(key))
                .build());
        registry.start();
        return new SlotTimers(slots, () -> {
            registry.close();
            afterwards.run();
        });
    }

    /** As an application has them that sets no property: what the starter configures, and a callback of a bean. */
    static SlotTimers asSpringMakesThem(Fired fired, WhenIdle idle) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.register(AsyncSlotAutoConfiguration.class);
        if (idle == WhenIdle.KEEP) {
            context.registerBean(Kept.class, () -> new Kept(fired));
        } else {
            context.registerBean(Freed.class, () -> new Freed(fired));
        }
        context.refresh();
        return new SlotTimers(context.getBean(AsyncSlotRegistry.class).timers(MAP, Key.class), context::close);
    }

    /** A bean with a callback whose slots go when nothing is pending: the default. */
    static final class Freed {

        private final Fired fired;

        Freed(Fired fired) {
            this.fired = fired;
        }

        @TimerSlot(map = MAP, delay = "10h")
        void fired(Key key) {
            fired.fired(key);
        }
    }

    /** A bean with a callback whose slots stay. */
    static final class Kept {

        private final Fired fired;

        Kept(Fired fired) {
            this.fired = fired;
        }

        @TimerSlot(map = MAP, delay = "10h", whenIdle = WhenIdle.KEEP)
        void fired(Key key) {
            fired.fired(key);
        }
    }

    @Override
    public void start(Key key, Delay delay) {
        slots.start(key, delay.duration());
    }

    /** Starts many keys in one call. */
    public void startAll(Collection<Key> keys, Delay delay) {
        slots.startAll(keys, delay.duration());
    }

    @Override
    public void cancel(Key key) {
        slots.cancel(key);
    }

    /** How many keys have a slot. */
    public long size() {
        return slots.stats().slots();
    }

    @Override
    public void delete(Key key) {
        slots.delete(key);
    }

    @Override
    public void close() {
        close.run();
    }
}

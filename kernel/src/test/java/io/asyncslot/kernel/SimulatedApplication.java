package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** One application on a simulated kernel: a registry, an executor that runs what it is told to, and what fired. */
final class SimulatedApplication implements AutoCloseable {

    final SimulatedKernel kernel;
    final ManualTicker ticker;
    final KernelBackend backend;
    final AsyncSlotRegistry registry;
    final Deque<Runnable> tasks = new ArrayDeque<>();
    final List<Fired> fired = new ArrayList<>();
    final List<Fired> acknowledged = new ArrayList<>();

    /** Whether the executor refuses. */
    boolean full;

    /** Is called by each callback. */
    Consumer<SlotFiring> callback = firing -> {};

    record Fired(Object key, long generation, int attempt, boolean whileAway, long lateMicros) {
        static Fired of(SlotFiring firing) {
            return new Fired(
                    firing.key(),
                    firing.generation(),
                    firing.attempt(),
                    firing.whileAway(),
                    firing.lateness().toNanos() / 1_000);
        }
    }

    SimulatedApplication(SimulatedKernel kernel, ManualTicker ticker) {
        this(kernel, ticker, KernelOptions.defaults(), true);
    }

    SimulatedApplication(SimulatedKernel kernel, ManualTicker ticker, KernelOptions options, boolean pinned) {
        this(kernel, ticker, ticker, options, pinned, firing -> {});
    }

    SimulatedApplication(
            SimulatedKernel kernel,
            ManualTicker ticker,
            Ticker seen,
            KernelOptions options,
            boolean pinned,
            Consumer<SlotFiring> listener) {
        this.kernel = kernel;
        this.ticker = ticker;
        this.backend = KernelBackend.manual(kernel.attach(pinned), options);
        this.registry = new AsyncSlotRegistryBuilder(task -> {
                    if (full) {
                        throw new RejectedExecutionException("full");
                    }
                    tasks.add(task);
                })
                .backend(backend)
                .ticker(seen)
                .listener((firing, duration, failure) -> {
                    assertThat(failure).as("what a callback threw").isNull();
                    acknowledged.add(Fired.of(firing));
                    listener.accept(firing);
                })
                .build();
    }

    /** Idle slots stay, and so can be looked for by later processes. */
    TimerSlots<String> timers(String name) {
        return registry.register(spec(name).build());
    }

    TimerSlots<String> freeing(String name) {
        return registry.register(spec(name).whenIdle(WhenIdle.FREE).build());
    }

    TimerMapSpec.Builder<String> spec(String name) {
        return TimerMapSpec.named(name, String.class).whenIdle(WhenIdle.KEEP).callback(callback());
    }

    WorkSlots<String> works(String name) {
        return registry.register(WorkMapSpec.named(name, String.class)
                .whenIdle(WhenIdle.KEEP)
                .callback(callback())
                .build());
    }

    SlotCallback<Object> callback() {
        return (key, firing) -> {
            fired.add(Fired.of(firing));
            callback.accept(firing);
        };
    }

    SimulatedApplication start() {
        registry.start();
        return this;
    }

    /** Lets the engine work and runs what it hands over, until nothing is left to do now. */
    void settle() {
        do {
            backend.pump();
        } while (runTask());
    }

    boolean runTask() {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
        return task != null;
    }

    /** Lets time pass, from one moment at which something is due to the next. */
    void pass(Duration span) {
        long end = ticker.monotonicNanos() + span.toNanos();
        for (; ; ) {
            settle();
            long now = ticker.monotonicNanos();
            long next = Math.max(now + 1_000, Math.min(backend.pump(), kernel.nextExpiry()));
            if (next >= end) {
                ticker.advance(Duration.ofNanos(Math.max(0, end - now)));
                settle();
                return;
            }
            ticker.advance(Duration.ofNanos(next - now));
        }
    }

    List<Object> firedKeys() {
        return fired.stream().map(Fired::key).toList();
    }

    @Override
    public void close() {
        registry.close();
    }
}

package io.asyncslot.benchmarks.against;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Fired;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;

/**
 * The same for a core that knows no values and keeps every slot until it is deleted. Compiled by {@code benchmarks/run
 * --against} alone.
 */
final class Side implements KeyedTimers {

    private final AsyncSlotRegistry registry;
    private final TimerSlots<Key> slots;

    private Side(Fired fired, int history) {
        registry = new AsyncSlotRegistryBuilder(Runnable::run).build();
        slots = registry.register(TimerMapSpec.named("benchmark", Key.class)
                .historySize(history)
                .callback((key, firing) -> fired.fired(key))
                .build());
        registry.start();
    }

    /**
     * Measures one kind of calls and prints the figures.
     *
     * @param args the kind, how many keys, and the size of the history
     */
    public static void main(String[] args) throws Exception {
        int history = Integer.parseInt(args[2]);
        Fork.measure(args[0], Integer.parseInt(args[1]), fired -> new Side(fired, history));
    }

    @Override
    public void start(Key key, Delay delay) {
        slots.start(key, delay.duration());
    }

    @Override
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
    }
}

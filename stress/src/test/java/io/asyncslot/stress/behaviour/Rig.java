package io.asyncslot.stress.behaviour;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An engine on clocks that jump, and what it fired, in order. */
final class Rig {

    static final Instant WALL = Instant.parse("2026-11-21T00:00:00Z");

    /** A firing, by what stays true after it. */
    record Fired(String map, Object key, Instant deadline, Duration lateness) {}

    final ManualTicker ticker = new ManualTicker(WALL);
    final JvmBackend backend = JvmBackend.manual();
    final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
            .backend(backend)
            .ticker(ticker)
            .build();
    final List<Fired> fired = new ArrayList<>();

    /** Runs after each firing, inside the callback. */
    Runnable after = () -> {};

    Rig() {
        registry.start();
    }

    TimerSlots<Integer> map(String name, SlotClock clock) {
        return map(name, clock, null, LatePolicy.ONCE);
    }

    TimerSlots<Integer> map(String name, SlotClock clock, @Nullable Duration every, LatePolicy late) {
        return registry.register(TimerMapSpec.named(name, Integer.class)
                .clock(clock)
                .every(every)
                .late(late)
                .callback((key, firing) -> {
                    fired.add(seen(firing));
                    after.run();
                })
                .build());
    }

    private static Fired seen(SlotFiring firing) {
        return new Fired(firing.map(), firing.key(), firing.deadline(), firing.lateness());
    }

    /** All clocks jump, as after a pause of the process; answers what the engine fires then. */
    List<Fired> pause(Duration span) {
        ticker.advance(span);
        return pump();
    }

    List<Fired> pump() {
        fired.clear();
        backend.pump();
        return List.copyOf(fired);
    }
}

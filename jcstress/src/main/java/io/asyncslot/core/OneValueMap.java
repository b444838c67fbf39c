package io.asyncslot.core;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;

/** A real timer map whose one slot carries the value "one" and is due. */
final class OneValueMap {

    private static final String KEY = "key";
    private static final Duration DELAY = Duration.ofSeconds(60);

    private final JvmBackend backend = JvmBackend.manual();
    private final StandingClock clock = new StandingClock();
    private final ValueTimerSlots<String, String> slots;
    private final long former;
    private String fired = "";

    OneValueMap() {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(clock)
                .build();
        registry.register(TimerMapSpec.named("map", String.class)
                .delay(DELAY)
                .callback(SlotValues.last(String.class), this::fired)
                .build());
        this.slots = registry.timers("map", String.class, String.class);
        registry.start();
        slots.startWith(KEY, "one");
        this.former = slots.find(KEY).orElseThrow().generation() - 1;
        clock.advance(DELAY.multipliedBy(2));
    }

    private void fired(String key, String value, SlotFiring firing) {
        fired += " " + (firing.generation() - former) + ":" + value;
    }

    StartOutcome start() {
        return slots.startWith(KEY, "two");
    }

    String take() {
        return slots.take(KEY).orElse("nothing");
    }

    void pump() {
        backend.pump();
    }

    /** Number and value of each firing, once every deadline has passed. */
    String firesLater() {
        clock.advance(DELAY.multipliedBy(2));
        backend.pump();
        return "fired" + fired;
    }
}

package io.asyncslot.core;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;

/** A real timer map of its own, with one key, a backend without a thread, and a clock that stands until moved. */
final class OneMap {

    private static final String KEY = "key";
    private static final Duration DELAY = Duration.ofSeconds(60);

    private final JvmBackend backend = JvmBackend.manual();
    private final StandingClock clock = new StandingClock();
    private final TimerSlots<String> slots;
    private int fired;

    OneMap() {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(clock)
                .build();
        this.slots = registry.register(TimerMapSpec.named("map", String.class)
                .whenIdle(WhenIdle.KEEP)
                .delay(DELAY)
                .callback((key, firing) -> fired++)
                .build());
        registry.start();
    }

    static OneMap started() {
        OneMap map = new OneMap();
        map.start();
        return map;
    }

    /** Armed, and its deadline has passed. */
    static OneMap due() {
        OneMap map = started();
        map.clock.advance(DELAY.multipliedBy(2));
        return map;
    }

    StartOutcome start() {
        return slots.start(KEY);
    }

    DeleteOutcome delete() {
        return slots.delete(KEY);
    }

    CloseOutcome close() {
        try {
            return slots.close(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What another thread finds: whether armed, generation and microseconds left. */
    String look() {
        return slots.find(KEY).map(OneMap::text).orElse("absent");
    }

    private static String text(SlotSnapshot slot) {
        Duration left = slot.timeLeft();
        return left == null ? "idle" : "armed " + slot.generation() + " " + left.toNanos() / 1_000;
    }

    /** Live slots and references, once the driver has done what there is to do. */
    String left() {
        backend.pump();
        int[] live = new int[1];
        slots.scan(2, null, slot -> live[0]++);
        SlotMapStats stats = slots.stats();
        return live[0] + " live, " + stats.references() + " references";
    }

    void pump() {
        backend.pump();
    }

    /** What became of the starts. */
    String books() {
        SlotMapStats stats = slots.stats();
        return stats.fired() + " fired, " + stats.deletedArmed() + " deleted armed";
    }

    /** How often it has fired once every deadline has passed. */
    int firesLater() {
        clock.advance(DELAY.multipliedBy(2));
        backend.pump();
        return fired;
    }
}

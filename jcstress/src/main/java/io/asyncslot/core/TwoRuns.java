package io.asyncslot.core;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A real timer map whose two slots are due and in the hands of the executor; each callback awaits the other's. */
final class TwoRuns {

    /** In the order of their deadlines, which is that of their keys. */
    private final List<Runnable> handedOver = new ArrayList<>();

    private final @Nullable CancelOutcome[] outcomes = new CancelOutcome[2];
    private final TimerSlots<Integer> slots;

    TwoRuns() {
        JvmBackend backend = JvmBackend.manual();
        StandingClock clock = new StandingClock();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(handedOver::add)
                .backend(backend)
                .ticker(clock)
                .build();
        this.slots = registry.register(TimerMapSpec.named("map", Integer.class)
                .whenIdle(WhenIdle.KEEP)
                .callback((key, firing) -> cancelTheOther(key))
                .build());
        registry.start();
        for (int key = 0; key < outcomes.length; key++) {
            slots.start(key, Duration.ofMillis(1 + key));
        }
        clock.advance(Duration.ofMillis(outcomes.length));
        backend.pump();
        if (handedOver.size() != outcomes.length) {
            throw new IllegalStateException("handed over: " + handedOver.size());
        }
    }

    private void cancelTheOther(int key) throws InterruptedException {
        outcomes[key] = slots.cancelAndAwait(1 - key, Duration.ofSeconds(5));
    }

    /** What the callback of a key was told about the other one. */
    String run(int key) {
        handedOver.get(key).run();
        CancelOutcome outcome = outcomes[key];
        return outcome == null ? "no run" : outcome.name();
    }
}

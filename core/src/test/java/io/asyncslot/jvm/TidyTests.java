package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotState;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A command that is in no hurry waits for the next wake-up; looking at the slot brings that about. */
class TidyTests {

    @Test
    void find_armedForLaterThanTheDriverSleeps_isSoonAtRest() {
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build()) {
            TimerSlots<String> slots = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            slots.start("near", Duration.ofMinutes(10));
            await().until(() -> slots.find("near").orElseThrow().references() == 1);
            slots.start("far", Duration.ofMinutes(20));
            await().until(() -> slots.find("far").orElseThrow().references() == 1);
            assertThat(slots.find("far").orElseThrow().state()).isEqualTo(SlotState.READY);
            slots.start("farther", Duration.ofMinutes(30));
            await().until(() -> slots.stats().references() == 3);
        }
    }
}

package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A key can be checked without looking its slot up. */
class CheckKeyTests {

    private static final class Asked {
        private final AtomicInteger questions = new AtomicInteger();

        @Override
        public int hashCode() {
            return questions.incrementAndGet();
        }

        @Override
        public boolean equals(Object other) {
            questions.incrementAndGet();
            return this == other;
        }
    }

    @Test
    void refusesWhatOperationsRefuse_onMapHandleAndView() {
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).maxKeyLength(4).build()) {
            TimerSlots<String> handle = registry.timers("m", String.class);
            TimerSlots<String> map = registry.register(TimerMapSpec.named("m", String.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            TimerSlots<String> view = registry.scope("s").timers("m", String.class);
            for (TimerSlots<String> slots : List.of(map, handle, view)) {
                slots.checkKey("four");
                assertThat(slots.find("four")).isEmpty();
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> slots.checkKey("five!"))
                        .withMessage("'key' of map 'm' must be at most 4 characters long but has 5: 'five!'");
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> slots.checkKey(null))
                        .withMessage("'key' of map 'm' must not be null");
            }
        }
    }

    @Test
    void asksTheKeyNothing() {
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build()) {
            TimerSlots<Asked> map = registry.register(TimerMapSpec.named("m", Asked.class)
                    .delay(Duration.ofHours(1))
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            Asked key = new Asked();
            map.checkKey(key);
            assertThat(key.questions).hasValue(0);
        }
    }
}

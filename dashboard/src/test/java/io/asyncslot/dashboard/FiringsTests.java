package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is counted of firings, and when. */
class FiringsTests {

    @ParameterizedTest
    @CsvSource({
        "PT-1S, 0",
        "PT0S, 0",
        "PT0.000000999S, 0",
        "PT0.000001S, 1",
        "PT0.000002S, 2",
        "PT0.000003S, 2",
        "PT0.001S, 10",
        "PT1S, 20",
        "PT17M, 30",
        "PT18M, 31",
        "PT1000000H, 31",
        "PT2562047788015215H, 31"
    })
    void bucket_isThatOfThePowerOfTwoAbove(Duration duration, int bucket) {
        assertThat(Firings.bucket(duration)).isEqualTo(bucket);
    }

    @Test
    void firings_areCountedWhileWatched_only() {
        Firings firings = new Firings();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).listener(firings).build()) {
            TimerSlots<String> slots = registry.register(TimerMapSpec.named("cart", String.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            fire(slots, 1);
            assertThat(Arrays.stream(firings.lateness()).sum()).isZero();
            firings.watch(true);
            fire(slots, 2);
            firings.watch(false);
            fire(slots, 3);
            assertThat(Arrays.stream(firings.lateness()).sum()).isEqualTo(1);
            assertThat(Arrays.stream(firings.durations()).sum()).isEqualTo(1);
        }
    }

    private static void fire(TimerSlots<String> slots, int fired) {
        slots.start("a", Duration.ZERO);
        org.awaitility.Awaitility.await()
                .until(() -> slots.stats().fired() == fired && slots.stats().slots() == 0);
    }
}

package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotState;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What failed is listed, whether its slot is kept or gone. */
class SlotQueryTests {

    private final ManualTime time = ManualTime.create();
    private final Set<String> failing = new HashSet<>();

    @AfterEach
    void close() {
        time.close();
    }

    private static List<String> keys(SlotMap<?> map, String state, String sort, String page, String limit) {
        return SlotQuery.of(new SlotQuery.Text(state, null, null, sort, page, limit)).page(map).slots().stream()
                .map(slot -> slot.key().toString())
                .toList();
    }

    private void run(TimerSlots<String> slots, String key, boolean fails) {
        failing.remove(key);
        if (fails) {
            failing.add(key);
        }
        slots.start(key, Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @EnumSource
    void failed_listsWhatFailedLast(WhenIdle whenIdle) {
        TimerSlots<String> slots = time.registry()
                .register(TimerMapSpec.named("map", String.class)
                        .whenIdle(whenIdle)
                        .historySize(8)
                        .callback((key, firing) -> {
                            if (failing.contains(key)) {
                                throw new IllegalStateException(key + " failed");
                            }
                        })
                        .build());
        run(slots, "fails", true);
        run(slots, "well", false);
        run(slots, "mended", true);
        run(slots, "mended", false);
        run(slots, "again", true);
        slots.start("again", Duration.ofHours(1)); // pending anew, and failed last
        run(slots, "twice", true);
        run(slots, "twice", true);
        assertThat(keys(slots, "failed", "failed", null, null)).containsExactly("fails", "again", "twice");
        assertThat(keys(slots, "failed", null, null, null)).containsExactlyInAnyOrder("fails", "again", "twice");
        assertThat(keys(slots, null, "failed", "1", "2")).containsExactly("twice");
        assertThat(keys(slots, "failed", null, null, "1")).hasSize(1);
        SlotState state = whenIdle == WhenIdle.FREE ? SlotState.FREED : SlotState.READY;
        assertThat(SlotQuery.of(new SlotQuery.Text("failed", "fails", null, null, null, null))
                        .page(slots)
                        .slots())
                .singleElement()
                .satisfies(slot -> {
                    assertThat(slot.state()).isEqualTo(state);
                    assertThat(slot.lastFiring().failure()).contains("fails failed");
                });
        slots.delete("again");
        assertThat(keys(slots, "armed", null, null, null)).isEmpty();
    }
}

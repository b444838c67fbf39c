package io.asyncslot.test;

import static io.asyncslot.test.SlotAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Assertions on what a slot carries and goes on by, and shapes on manual time. */
class ShapeAssertTests {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTime time = ManualTime.create();
    private final List<String> ran = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private ValueTimerSlots<String, String> timers(SlotValues<String> values) {
        time.registry()
                .register(TimerMapSpec.named(values.merge().name(), String.class)
                        .values(values)
                        .callback((key, firing) -> ran.add(key + " " + firing.value()))
                        .build());
        return time.registry().timers(values.merge().name(), String.class, String.class);
    }

    @Test
    void valuesArePending_untilTheyAreHandedOver() {
        ValueTimerSlots<String, String> last = timers(SlotValues.last(String.class));
        last.start("key", MINUTE);
        assertThat(last).slot("key").hasNoValue();
        last.start("key", MINUTE, "one");
        assertThat(last).slot("key").hasValue("one").isArmedFor(MINUTE);
        ValueTimerSlots<String, String> all = timers(SlotValues.collect(String.class));
        all.start("key", MINUTE);
        assertThat(all).slot("key").hasNoValue();
        all.start("key", MINUTE, "one");
        all.start("key", MINUTE, "two");
        assertThat(all).slot("key").hasValue(List.of("one", "two"));
        time.advance(MINUTE);
        assertThat(all).slot("key").isAbsent();
        assertThat(ran).containsExactly("key one", "key [one, two]");
    }

    @Test
    void failures_nameBoth() {
        ValueTimerSlots<String, String> last = timers(SlotValues.last(String.class));
        last.start("key", MINUTE);
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThat(last).slot("key").hasValue("two"))
                .withMessageContaining("to carry two, but it carries nothing");
        last.start("key", MINUTE, "one");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThat(last).slot("key").hasNoValue())
                .withMessageContaining("but it carries one");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThat(last).slot("key").hasSchedule(SlotSchedule.every(MINUTE)))
                .withMessageContaining("to have the schedule every PT1M, but it has none of its own");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> assertThat(last).slot("absent").hasValue("one"))
                .withMessageContaining("but there is none");
    }

    @Test
    void schedulesOfKeys_followManualTime() {
        TimerSlots<String> slots = time.registry()
                .register(TimerMapSpec.named("scheduled", String.class)
                        .keySchedules(true)
                        .callback((key, firing) -> ran.add(key))
                        .build());
        slots.start("key", SlotSchedule.every(MINUTE));
        assertThat(slots).slot("key").hasSchedule(SlotSchedule.every(MINUTE)).isArmedFor(MINUTE);
        time.advance(MINUTE.multipliedBy(3));
        assertThat(ran).containsExactly("key", "key", "key");
        assertThat(slots).slot("key").isArmedFor(MINUTE);
    }

    @Test
    void intervals_followManualTime() {
        WorkSlots<String> slots = time.registry()
                .register(WorkMapSpec.named("throttled", String.class)
                        .minInterval(MINUTE)
                        .callback((key, firing) -> ran.add(key))
                        .build());
        slots.submit("key");
        time.advance(Duration.ofSeconds(10));
        slots.submit("key");
        assertThat(slots).slot("key").isArmedFor(Duration.ofSeconds(50));
        assertThat(ran).hasSize(1);
        time.advance(Duration.ofSeconds(50));
        assertThat(ran).hasSize(2);
        assertThat(slots).slot("key").isIdle();
        time.advance(MINUTE);
        assertThat(slots).slot("key").isAbsent();
    }
}

package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the next process finds of values, schedules and intervals, and what is refused where they cannot be kept. */
class ValueRestartTests {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
    private final SimulatedKernel kernel = new SimulatedKernel(ticker, 8, 16);
    private final List<Object> handed = new ArrayList<>();

    private SimulatedApplication application(SimulatedKernel on) {
        SimulatedApplication application = new SimulatedApplication(on, ticker);
        application.callback = firing -> handed.add(firing.value());
        return application;
    }

    private static <V> ValueTimerSlots<String, V> timers(SimulatedApplication in, SlotValues<V> values) {
        in.registry.register(in.spec("t").values(values).build());
        return in.registry.timers("t", String.class, values.type());
    }

    @Test
    void memoryWithoutRoom_refusesValues_andTakesMapsWithout() {
        kernel.valueBytes = 0;
        try (SimulatedApplication application = application(kernel).start()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> timers(application, SlotValues.last(Integer.class)))
                    .withMessageContaining("map 't'")
                    .withMessageContaining("--max-value-bytes above 0");
            application.timers("plain").start("key", SECOND);
            application.pass(SECOND.multipliedBy(2));
            assertThat(application.firedKeys()).containsExactly("key");
        }
    }

    @Test
    void scheduleThatIsTooLong_isRefused_andMakesNoSlot() {
        try (SimulatedApplication application = application(kernel).start()) {
            TimerSlots<String> slots = application.registry.register(
                    application.spec("t").keySchedules(true).build());
            SlotSchedule schedule =
                    SlotSchedule.cron("0 0,5,10,15,20,25,30,35,40,45,50,55 8-18 * * MON-FRI", ZoneId.of("Asia/Tokyo"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> slots.start("key", schedule))
                    .withMessageContaining("at most 64 bytes");
            assertThat(slots.find("key")).isEmpty();
            slots.start("key", SlotSchedule.every(SECOND));
            assertThat(slots.find("key")).isPresent();
        }
    }

    @Test
    void unreadableValue_isShownAndKept_untilAProcessCanReadIt() {
        try (SimulatedApplication first = application(kernel).start()) {
            timers(first, SlotValues.last(Integer.class)).start("key", SECOND, 7);
        }
        try (SimulatedApplication second = application(kernel)) {
            ValueTimerSlots<String, ?> slots = timers(second, SlotValues.last(Map.class));
            second.start().pass(SECOND.multipliedBy(3));
            assertThat(second.fired).isEmpty();
            assertThat(slots.find("key")).isEmpty();
            assertThat(second.backend.report().details()).containsEntry("recordsDamaged", 1);
            assertThat(String.join("; ", second.backend.report().reasons())).contains("(value of map 't')");
        }
        try (SimulatedApplication third = application(kernel)) {
            timers(third, SlotValues.last(Integer.class));
            third.start().pass(SECOND);
            assertThat(handed).containsExactly(7);
        }
    }

    @Test
    void intervalOfAWorkSlot_endsWhenItWouldHaveWithoutTheKill() {
        SimulatedKernel image;
        try (SimulatedApplication first = application(kernel).start()) {
            WorkSlots<String> works = works(first);
            works.submit("key");
            first.settle();
            assertThat(first.firedKeys()).containsExactly("key");
            first.pass(SECOND.multipliedBy(2));
            works.submit("key");
            first.pass(SECOND);
            image = kernel.image();
        }
        try (SimulatedApplication second = application(image)) {
            works(second);
            second.start().pass(SECOND.multipliedBy(6));
            assertThat(second.fired).as("nine seconds after the run before").isEmpty();
            second.pass(SECOND.multipliedBy(2));
            assertThat(second.firedKeys()).containsExactly("key");
        }
    }

    private static WorkSlots<String> works(SimulatedApplication in) {
        return in.registry.register(WorkMapSpec.named("w", String.class)
                .minInterval(SECOND.multipliedBy(10))
                .callback(in.callback())
                .build());
    }
}

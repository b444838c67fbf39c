package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CloseOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotMetricsAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotObservationAutoConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Every meter of a map goes with it, whoever made it. */
class ClosedMapMetersTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotMetricsAutoConfiguration.class,
                    AsyncSlotObservationAutoConfiguration.class,
                    ObservationAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class))
            .withBean(SimpleMeterRegistry.class);

    @Test
    void manyMapsOpenedFiredAndClosed_leaveNoMeter() {
        runner.run(context -> {
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            observe(context.getBean(ObservationRegistry.class), meters);
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            int before = meters.getMeters().size();
            for (int i = 0; i < 20; i++) {
                CountDownLatch fired = new CountDownLatch(1);
                TimerSlots<String> map = registry.register(TimerMapSpec.named("map-" + i, String.class)
                        .callback((key, firing) -> fired.countDown())
                        .build());
                map.start("key", Duration.ZERO);
                assertThat(fired.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(map.close(Duration.ofSeconds(20))).isEqualTo(CloseOutcome.CLOSED);
            }
            await().untilAsserted(() -> assertThat(meters.getMeters()).hasSize(before));
        });
    }

    @Test
    void runThatEndsAfterItsMap_leavesNoMeterEither() {
        runner.run(context -> {
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            observe(context.getBean(ObservationRegistry.class), meters);
            int before = meters.getMeters().size();
            CountDownLatch running = new CountDownLatch(1);
            CountDownLatch gate = new CountDownLatch(1);
            TimerSlots<String> map = context.getBean(AsyncSlotRegistry.class)
                    .register(TimerMapSpec.named("late", String.class)
                            .callback((key, firing) -> {
                                running.countDown();
                                gate.await();
                            })
                            .build());
            map.start("key", Duration.ZERO);
            assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
            gate.countDown();
            assertThat(map.close(Duration.ofSeconds(20))).isEqualTo(CloseOutcome.CLOSED);
            await().untilAsserted(() -> assertThat(meters.getMeters()).hasSize(before));
        });
    }

    private static void observe(ObservationRegistry observations, MeterRegistry meters) {
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    }
}

package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotMetricsAutoConfiguration;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The meters: all that are documented and no others, with the right values, as long as their map is open. */
class SlotMetricsTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class))
            .withBean(SimpleMeterRegistry.class);

    @ParameterizedTest
    @EnumSource
    void meter_isThereAsDocumented(SlotMeterDocumentation documented) {
        runner.run(context -> {
            openTimers(context.getBean(AsyncSlotRegistry.class), "cart");
            Collection<Meter> meters = context.getBean(MeterRegistry.class)
                    .find(documented.getName())
                    .meters();
            assertThat(meters).isNotEmpty().allSatisfy(meter -> {
                assertThat(meter.getId().getType()).isEqualTo(documented.getType());
                assertThat(meter.getId().getTags())
                        .extracting(Tag::getKey)
                        .containsExactlyInAnyOrderElementsOf(Arrays.stream(documented.getKeyNames())
                                .map(KeyName::asString)
                                .toList());
                assertThat(meter.getId().getDescription()).isEqualTo(documented.description());
                assertThat(meter.getId().getTag("map")).isEqualTo("cart");
                assertThat(meter.getId().getTag("backend")).isEqualTo("jvm");
                assertThat(meter.getId().getTag("type")).isEqualTo("timer");
            });
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"LATENESS", "CALLBACK"})
    void timer_hasTheDocumentedBuckets_unlessPropertiesSayOtherwise(SlotMeterDocumentation documented) {
        runner.run(context -> {
            openTimers(context.getBean(AsyncSlotRegistry.class), "cart");
            assertThat(buckets(context.getBean(MeterRegistry.class), documented))
                    .isNotEmpty()
                    .containsExactlyElementsOf(documented.buckets());
        });
        runner.withPropertyValues("management.metrics.distribution.slo." + documented.getName() + "=7ms,70ms")
                .run(context -> {
                    openTimers(context.getBean(AsyncSlotRegistry.class), "cart");
                    assertThat(buckets(context.getBean(MeterRegistry.class), documented))
                            .containsExactly(Duration.ofMillis(7), Duration.ofMillis(70));
                });
    }

    private static List<Duration> buckets(MeterRegistry meters, SlotMeterDocumentation documented) {
        return Arrays.stream(meters.find(documented.getName())
                        .timers()
                        .iterator()
                        .next()
                        .takeSnapshot()
                        .histogramCounts())
                .map(bucket -> Duration.ofNanos((long) bucket.bucket()))
                .toList();
    }

    @Test
    void meters_areNoOthersThanDocumented() {
        runner.run(context -> {
            TimerSlots<String> carts = openTimers(context.getBean(AsyncSlotRegistry.class), "cart");
            carts.start("secret-key", Duration.ZERO);
            await().until(() -> carts.stats().fired() == 1);
            List<String> documented = Arrays.stream(SlotMeterDocumentation.values())
                    .map(SlotMeterDocumentation::getName)
                    .toList();
            assertThat(ours(context.getBean(MeterRegistry.class)))
                    .extracting(meter -> meter.getId().getName())
                    .isSubsetOf(documented);
            assertThat(ours(context.getBean(MeterRegistry.class)))
                    .noneMatch(meter -> meter.getId().toString().contains("secret-key"));
        });
    }

    @Test
    void values_followTheMap() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            CountDownLatch gate = new CountDownLatch(1);
            TimerSlots<String> carts = registry.register(TimerMapSpec.named("cart", String.class)
                    .delay(Duration.ofMinutes(1))
                    .maxEntries(3)
                    .callback((key, firing) -> {
                        if (key.equals("slow")) {
                            gate.await();
                        } else if (key.equals("bad")) {
                            throw new IllegalStateException("bad");
                        }
                    })
                    .build());
            carts.start("armed");
            carts.start("armed");
            carts.start("bad", Duration.ZERO);
            carts.start("slow", Duration.ZERO);
            carts.start("toomany");
            await().until(() ->
                    timer(meters, "failure").count() == 1 && carts.stats().running() == 1);
            assertThat(gauge(meters, "armed")).isEqualTo(1);
            assertThat(gauge(meters, "running")).isEqualTo(1);
            assertThat(gauge(meters, "idle")).isEqualTo(1);
            assertThat(counter(meters, "asyncslot.starts", "outcome", "started"))
                    .isEqualTo(3);
            assertThat(counter(meters, "asyncslot.starts", "outcome", "rearmed"))
                    .isEqualTo(1);
            assertThat(counter(meters, "asyncslot.starts", "outcome", "rejected"))
                    .isEqualTo(1);
            assertThat(counter(meters, "asyncslot.fired")).isEqualTo(2);
            assertThat(counter(meters, "asyncslot.failures")).isEqualTo(1);
            assertThat(counter(meters, "asyncslot.fallbacks")).isZero();
            assertThat(counter(meters, "asyncslot.dropped")).isZero();
            assertThat(meters.get("asyncslot.references").gauge().value()).isGreaterThanOrEqualTo(3);
            assertThat(meters.get("asyncslot.queue").gauge().value()).isZero();
            gate.countDown();
            await().until(() -> timer(meters, "success").count() == 1);
            assertThat(timer(meters, "success").totalTime(TimeUnit.NANOSECONDS)).isPositive();
            var lateness = meters.get("asyncslot.lateness").timer();
            assertThat(lateness.count()).isEqualTo(2);
            assertThat(lateness.totalTime(TimeUnit.NANOSECONDS)).isPositive();
            assertThat(lateness.takeSnapshot().histogramCounts()).isNotEmpty();
        });
    }

    @Test
    void pausesRetriesAndPostponements_areCounted() {
        runner.run(context -> {
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class)
                    .register(TimerMapSpec.named("cart", String.class)
                            .callback((key, firing) -> {
                                if (firing.attempt() < 3) {
                                    firing.retry(Duration.ZERO);
                                    throw new IllegalStateException("attempt " + firing.attempt());
                                }
                                if (key.equals("later")) {
                                    firing.postpone(Duration.ofHours(1));
                                }
                            })
                            .build());
            carts.start("done", Duration.ZERO);
            carts.start("later", Duration.ZERO);
            carts.start("paused", Duration.ofHours(1));
            carts.pause("paused");
            await().until(() -> carts.stats().fired() == 6 && carts.stats().running() == 0);
            assertThat(counter(meters, "asyncslot.retries")).isEqualTo(4);
            assertThat(counter(meters, "asyncslot.postponed")).isEqualTo(1);
            assertThat(counter(meters, "asyncslot.failures")).isZero();
            assertThat(gauge(meters, "paused")).isEqualTo(1);
        });
    }

    @Test
    void coalescedSubmits_areCounted() {
        runner.run(context -> {
            CountDownLatch gate = new CountDownLatch(1);
            WorkSlots<Long> work = context.getBean(AsyncSlotRegistry.class)
                    .register(WorkMapSpec.named("work", Long.class)
                            .callback((key, firing) -> gate.await())
                            .build());
            work.submit(1L);
            await().until(() -> work.stats().running() == 1);
            work.submit(1L);
            work.submit(1L);
            work.submit(1L);
            assertThat(counter(context.getBean(MeterRegistry.class), "asyncslot.coalesced"))
                    .isEqualTo(2);
            gate.countDown();
        });
    }

    @Test
    void meters_comeAndGoWithTheirMap() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            MeterRegistry meters = context.getBean(MeterRegistry.class);
            assertThat(ours(meters)).isEmpty();
            TimerSlots<String> first = openTimers(registry, "one");
            openTimers(registry, "two");
            int each = ours(meters).size() / 2;
            first.close(Duration.ofSeconds(1));
            assertThat(ours(meters))
                    .hasSize(each)
                    .allMatch(meter -> "two".equals(meter.getId().getTag("map")));
            openTimers(registry, "one").start("k");
            assertThat(ours(meters)).hasSize(2 * each);
            assertThat(meters.get("asyncslot.slots")
                            .tags("map", "one", "state", "armed")
                            .gauge()
                            .value())
                    .as("reads the new map")
                    .isEqualTo(1);
        });
    }

    @Test
    void registryThatComesLater_getsTheMeters() {
        SlotMetrics metrics = new SlotMetrics();
        AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).listener(metrics).build();
        openTimers(registry, "cart");
        SimpleMeterRegistry first = new SimpleMeterRegistry();
        SimpleMeterRegistry second = new SimpleMeterRegistry();
        metrics.bindTo(first);
        metrics.bindTo(second);
        assertThat(ours(first)).isNotEmpty();
        assertThat(ours(second)).hasSameSizeAs(ours(first));
        registry.close();
        assertThat(ours(first)).isEmpty();
        assertThat(ours(second)).isEmpty();
    }

    @Test
    void withoutMicrometer_thereAreNone() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class, AsyncSlotMetricsAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.micrometer.core"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(AsyncSlotRegistry.class)
                        .doesNotHaveBean("asyncSlotMetrics"));
    }

    @Test
    void disabled_thereAreNone() {
        runner.withPropertyValues("asyncslot.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SlotMetrics.class));
    }

    @Test
    void metricsOfTheUser_win() {
        SlotMetrics own = new SlotMetrics();
        runner.withBean(SlotMetrics.class, () -> own)
                .run(context -> assertThat(context.getBean(SlotMetrics.class)).isSameAs(own));
    }

    private static TimerSlots<String> openTimers(AsyncSlotRegistry registry, String name) {
        return registry.register(TimerMapSpec.named(name, String.class)
                .delay(Duration.ofMinutes(1))
                .callback((key, firing) -> {})
                .build());
    }

    private static List<Meter> ours(MeterRegistry meters) {
        return meters.getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("asyncslot."))
                .filter(meter -> meter.getId().syntheticAssociation() == null)
                .toList();
    }

    private static double gauge(MeterRegistry meters, String state) {
        return meters.get("asyncslot.slots").tag("state", state).gauge().value();
    }

    private static double counter(MeterRegistry meters, String name, String... tags) {
        return meters.get(name).tags(tags).functionCounter().count();
    }

    private static Timer timer(MeterRegistry meters, String outcome) {
        return meters.get("asyncslot.callback").tag("outcome", outcome).timer();
    }
}

package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotMetricsAutoConfiguration;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTime;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"COALESCED", "FALLBACKS", "RECOVERED", "LOST_BY_EXECUTOR"
            }) // not on a timer map, not on jvm, not of a map
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

    /** They are of the backend, and there without a map. */
    @ParameterizedTest
    @EnumSource(names = {"RECOVERED", "LOST_BY_EXECUTOR"})
    void meterOfTheBackend_isThereAsDocumented(SlotMeterDocumentation documented) {
        runner.run(context -> assertThat(context.getBean(MeterRegistry.class)
                        .find(documented.getName())
                        .meters())
                .singleElement()
                .satisfies(meter -> {
                    assertThat(meter.getId().getType()).isEqualTo(documented.getType());
                    assertThat(meter.getId().getTags()).containsExactly(Tag.of("backend", "jvm"));
                    assertThat(documented.getKeyNames())
                            .extracting(KeyName::asString)
                            .containsExactly("backend");
                    assertThat(meter.getId().getDescription()).isEqualTo(documented.description());
                    assertThat(((FunctionCounter) meter).count()).isZero();
                }));
    }

    @Test
    void countersOfTheBackend_followItsReport() {
        AsyncSlotRegistry registry = mock();
        given(registry.backends())
                .willReturn(List.of(
                        new BackendReport("kernel", true, List.of(), Map.of("recovered", 100L)),
                        new BackendReport("jvm", true, List.of(), Map.of("recovered", 3L, "lostByExecutor", 2L))));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        new SlotBackendMetrics(registry).bindTo(meters);
        assertThat(counter(meters, "asyncslot.recovered", "backend", "jvm")).isEqualTo(3);
        assertThat(counter(meters, "asyncslot.lost.by.executor", "backend", "jvm"))
                .isEqualTo(2);
        assertThat(meters.getMeters()).hasSize(2);
    }

    @Test
    void taskThatTheExecutorLoses_isCounted() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        try (ManualTime time = ManualTime.create(ManualTime.DEFAULT_WALL_CLOCK, tasks::add)) {
            new SlotBackendMetrics(time.registry()).bindTo(meters);
            TimerSlots<String> slots = openTimers(time.registry(), "cart");
            slots.start("lost", Duration.ofMillis(1));
            time.advance(Duration.ofMillis(1));
            tasks.remove(); // and forgotten
            for (int i = 0; i < 10; i++) {
                time.advance(Duration.ofMinutes(1));
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
            assertThat(slots.stats().fired()).isEqualTo(1);
            assertThat(counter(meters, "asyncslot.lost.by.executor")).isEqualTo(1);
            assertThat(counter(meters, "asyncslot.recovered")).isZero();
        }
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
                    .whenIdle(WhenIdle.KEEP)
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
    void seriesThatCannotChange_areNotThere() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SlotMetrics metrics = new SlotMetrics();
        metrics.bindTo(meters);
        metrics.opened(map("timers", SlotType.TIMER, "jvm", WhenIdle.FREE));
        metrics.opened(map("works", SlotType.WORK, "kernel", WhenIdle.KEEP));
        assertThat(series(meters, "timers"))
                .contains("asyncslot.slots armed", "asyncslot.starts rearmed")
                .doesNotContain("asyncslot.slots idle", "asyncslot.coalesced ", "asyncslot.fallbacks ");
        assertThat(series(meters, "works"))
                .contains("asyncslot.slots idle", "asyncslot.coalesced ", "asyncslot.fallbacks ")
                .doesNotContain("asyncslot.starts rearmed", "asyncslot.overdue ");
    }

    private static SlotMap<?> map(String name, SlotType type, String backend, WhenIdle whenIdle) {
        SlotMap<?> map = mock();
        given(map.name()).willReturn(name);
        given(map.type()).willReturn(type);
        given(map.backend()).willReturn(backend);
        given(map.whenIdle()).willReturn(whenIdle);
        given(map.times()).willReturn(Optional.empty());
        return map;
    }

    private static List<String> series(MeterRegistry meters, String map) {
        return meters.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> map.equals(id.getTag("map")))
                .map(id -> id.getName() + " "
                        + Objects.requireNonNullElse(
                                id.getTag("state"), Objects.requireNonNullElse(id.getTag("outcome"), "")))
                .toList();
    }

    @Test
    void oldestOverdue_longestRun_andNextDeadline() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SlotMetrics metrics = new SlotMetrics();
        metrics.bindTo(meters);
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        try (ManualTime time = ManualTime.create(ManualTime.DEFAULT_WALL_CLOCK, tasks::add)) {
            List<Double> during = new ArrayList<>();
            TimerSlots<String> slots = time.registry()
                    .register(TimerMapSpec.named("cart", String.class)
                            .historySize(8)
                            .callback((key, firing) -> {
                                time.ticker().advance(Duration.ofSeconds(7));
                                during.add(slots(firing, time).longestRun().toNanos() / 1e9);
                            })
                            .build());
            metrics.opened(slots);
            assertThat(seconds(meters, "asyncslot.overdue")).isZero();
            assertThat(seconds(meters, "asyncslot.next.deadline")).isNaN();
            slots.start("first", Duration.ofSeconds(10));
            slots.start("second", Duration.ofSeconds(30));
            slots.start("paused", Duration.ofSeconds(1));
            slots.pause("paused");
            SlotMapTimes before = slots.times().orElseThrow();
            assertThat(before).isEqualTo(new SlotMapTimes(Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1)));
            time.advance(Duration.ofSeconds(15)); // the executor has no thread for them
            assertThat(slots.times().orElseThrow())
                    .isEqualTo(new SlotMapTimes(Duration.ofSeconds(5), Duration.ZERO, Duration.ofSeconds(15)));
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            assertThat(during).containsExactly(7.0);
            assertThat(slots.times().orElseThrow().oldestOverdue()).isZero();
            await().until(() -> seconds(meters, "asyncslot.next.deadline") == 8.0); // a walk is good for half a second
        }
    }

    private static SlotMapTimes slots(SlotFiring firing, ManualTime time) {
        return time.registry().map(firing.map()).orElseThrow().times().orElseThrow();
    }

    private static double seconds(MeterRegistry meters, String name) {
        return meters.get(name).gauge().value();
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
                .historySize(8)
                .callback((key, firing) -> {})
                .build());
    }

    private static List<Meter> ours(MeterRegistry meters) {
        return meters.getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("asyncslot."))
                .filter(meter -> meter.getId().getTag("map") != null)
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

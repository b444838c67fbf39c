package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotHealthAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotRegistryCustomizer;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** What the health contributor {@code asyncslot} says, and when there is none. */
class AsyncSlotHealthIndicatorTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotHealthAutoConfiguration.class,
                    HealthContributorAutoConfiguration.class,
                    HealthContributorRegistryAutoConfiguration.class));

    @Test
    void running_isUpWithItsCounts() {
        runner.run(context -> {
            openTimers(context, "cart").start("a", Duration.ofHours(1));
            Health health = health(context);
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails())
                    .containsEntry("state", "running")
                    .containsEntry("backend", "jvm")
                    .containsEntry("maps", 1)
                    .containsEntry("armed", 1L)
                    .containsEntry("running", 0L)
                    .doesNotContainKeys("degradedTo", "reasons");
        });
    }

    @Test
    void stopped_isOutOfService_drainingWhileCallbacksRun() {
        runner.run(context -> {
            CountDownLatch gate = new CountDownLatch(1);
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            WorkSlots<String> works = registry.register(WorkMapSpec.named("w", String.class)
                    .callback((key, firing) -> gate.await())
                    .build());
            works.submit("a");
            await().until(() -> works.stats().running() == 1);
            registry.stop(Duration.ZERO);
            assertThat(health(context).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
            assertThat(health(context).getDetails())
                    .containsEntry("state", "draining")
                    .containsEntry("running", 1L);
            gate.countDown();
            await().until(() -> works.stats().running() == 0);
            assertThat(health(context).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
            assertThat(health(context).getDetails()).containsEntry("state", "stopped");
            registry.start();
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
    }

    @Test
    void backendInUseThatIsNotAvailable_isDownWithItsReasons() {
        StubbornBackend backend = new StubbornBackend("cluster");
        runner.withBean(SlotBackend.class, () -> backend).run(context -> {
            backend.report = new BackendReport("cluster", false, List.of("the database does not answer"), Map.of());
            assertThat(health(context).getStatus()).as("not in use").isEqualTo(Status.UP);
            backend.report = new BackendReport("cluster", true, List.of(), Map.of());
            context.getBean(AsyncSlotRegistry.class)
                    .register(TimerMapSpec.named("shared", String.class)
                            .backend("cluster")
                            .callback((key, firing) -> {})
                            .build());
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            backend.report = new BackendReport("cluster", false, List.of("the database does not answer"), Map.of());
            assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
            assertThat(health(context).getDetails())
                    .containsEntry("reasons", Map.of("cluster", List.of("the database does not answer")));
        });
    }

    /** Slots do not fire while the timer thread fails: that is the jvm backend itself, whose report says so. */
    @Test
    void timerThreadThatFails_isDownUntilItHasDoneItsWork() {
        BrokenTicker ticker = new BrokenTicker();
        AtomicInteger runs = new AtomicInteger();
        runner.withBean(AsyncSlotRegistryCustomizer.class, () -> builder -> builder.ticker(ticker))
                .run(context -> {
                    TimerSlots<String> map = context.getBean(AsyncSlotRegistry.class)
                            .register(TimerMapSpec.named("cart", String.class)
                                    .callback((key, firing) -> runs.incrementAndGet())
                                    .build());
                    map.start("before", Duration.ofMillis(1));
                    await().until(() -> runs.get() == 1);
                    await().until(() -> health(context).getStatus().equals(Status.UP));
                    ticker.broken = true;
                    map.start("during", Duration.ofMillis(1));
                    await().until(() -> health(context).getStatus().equals(Status.DOWN));
                    assertThat(health(context).getDetails().get("reasons"))
                            .asString()
                            .contains("jvm", "the timer thread failed", "the clock fails");
                    assertThat(runs).as("runs while it fails").hasValue(1);
                    ticker.broken = false;
                    await().until(() -> health(context).getStatus().equals(Status.UP));
                    assertThat(health(context).getDetails()).doesNotContainKey("reasons");
                    await().until(() -> runs.get() == 2);
                });
    }

    /** The real clocks, but for the timer thread while they are broken. */
    private static final class BrokenTicker implements Ticker {
        private volatile boolean broken;

        @Override
        public long monotonicNanos() {
            if (broken && Thread.currentThread().getName().startsWith("asyncslot-timer")) {
                throw new IllegalStateException("the clock fails");
            }
            return SystemTicker.instance().monotonicNanos();
        }

        @Override
        public long realtimeNanos() {
            return SystemTicker.instance().realtimeNanos();
        }

        @Override
        public long boottimeNanos() {
            return SystemTicker.instance().boottimeNanos();
        }
    }

    @Test
    void autoThatFellBack_isUpAndSaysSo() {
        runner.withPropertyValues("asyncslot.backend=auto").run(context -> {
            Health health = health(context);
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails())
                    .containsEntry("backend", "jvm")
                    .containsEntry("degradedTo", "jvm")
                    .containsEntry("reasons", Map.of("auto", List.of("asyncslot-kernel is not on the class path")));
        });
    }

    @Test
    void backendWhoseSlotsFellBack_isUpAndSaysSo() {
        StubbornBackend backend = new StubbornBackend("kernel");
        runner.withBean(SlotBackend.class, () -> backend)
                .withPropertyValues("asyncslot.backend=kernel")
                .run(context -> {
                    assertThat(health(context).getDetails()).doesNotContainKey("degradedTo");
                    backend.report = new BackendReport("kernel", true, List.of("full"), Map.of("fallbacksNow", 3));
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    assertThat(health(context).getDetails())
                            .containsEntry("backend", "kernel")
                            .containsEntry("degradedTo", "jvm")
                            .containsEntry("reasons", Map.of("kernel", List.of("full")));
                });
    }

    @Test
    void conditions_decideWhetherThereIsOne() {
        runner.run(context -> assertThat(
                        context.getBean(HealthContributorRegistry.class).getContributor("asyncslot"))
                .isInstanceOf(AsyncSlotHealthIndicator.class));
        runner.withPropertyValues("management.health.asyncslot.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(AsyncSlotHealthIndicator.class));
        runner.withPropertyValues("management.health.defaults.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(AsyncSlotHealthIndicator.class));
        runner.withPropertyValues("asyncslot.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(AsyncSlotHealthIndicator.class));
        runner.withBean(
                        "asyncslotHealthContributor",
                        HealthIndicator.class,
                        () -> () -> Health.up().build())
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(AsyncSlotHealthIndicator.class));
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AsyncSlotHealthAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(AsyncSlotRegistry.class));
    }

    private static Health health(ApplicationContext context) {
        return context.getBean(AsyncSlotHealthIndicator.class).health();
    }

    private static TimerSlots<String> openTimers(ApplicationContext context, String name) {
        return context.getBean(AsyncSlotRegistry.class)
                .register(TimerMapSpec.named(name, String.class)
                        .callback((key, firing) -> {})
                        .build());
    }

    /** A backend that works and says of itself what the test wants. */
    private static final class StubbornBackend implements SlotBackend {
        private final JvmBackend real = new JvmBackend();
        private final String name;
        private volatile BackendReport report;

        StubbornBackend(String name) {
            this.name = name;
            this.report = new BackendReport(name, true, List.of(), Map.of());
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public BackendReport report() {
            return report;
        }

        @Override
        public void init(BackendContext context) {
            real.init(context);
        }

        @Override
        public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
            TimerSlots<K> slots = real.open(spec);
            Object named = Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {TimerSlots.class},
                    (proxy, method, arguments) ->
                            method.getName().equals("backend") ? name : method.invoke(slots, arguments));
            @SuppressWarnings("unchecked")
            TimerSlots<K> result = (TimerSlots<K>) named;
            return result;
        }

        @Override
        public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
            return real.open(spec);
        }

        @Override
        public void start() {
            real.start();
        }

        @Override
        public boolean stop(Duration limit) throws InterruptedException {
            return real.stop(limit);
        }

        @Override
        public void close() {
            real.close();
        }
    }
}

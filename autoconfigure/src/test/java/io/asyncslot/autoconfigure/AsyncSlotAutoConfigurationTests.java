package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;

import com.jayway.jsonpath.JsonPath;
import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.jvm.JvmOptions;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spring.AsyncSlotLifecycle;
import io.asyncslot.spring.BackendSelection;
import io.asyncslot.test.ManualTime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.Ordered;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.core.task.SyncTaskExecutor;
import org.springframework.core.task.TaskDecorator;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/** The conventions of Spring Boot: absent, present, disabled, replaced, bound, lazy, restarted, drained. */
@ExtendWith(OutputCaptureExtension.class)
class AsyncSlotAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    LifecycleAutoConfiguration.class,
                    TaskExecutionAutoConfiguration.class,
                    AopAutoConfiguration.class));

    // ---- absent, present, disabled ------------------------------------------------------------------------------

    @Test
    void withoutAutoStartup_slotsAreArmed_andFireOnceTheLifecycleIsStarted() {
        runner.withPropertyValues("asyncslot.auto-startup=false")
                .withUserConfiguration(Sessions.class)
                .run(context -> {
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    Sessions bean = context.getBean(Sessions.class);
                    assertThat(registry.timers("session", String.class).start("s1", Duration.ZERO))
                            .isEqualTo(StartOutcome.STARTED);
                    assertThat(registry.isRunning()).isFalse();
                    assertThat(bean.expired).isEmpty();
                    context.getBean(AsyncSlotLifecycle.class).start();
                    await().untilAsserted(() -> assertThat(bean.expired).containsExactly("s1"));
                });
    }

    @Test
    void withoutAnnotations_registryRunsEmpty() {
        runner.run(context -> {
            assertThat(context).hasSingleBean(AsyncSlotRegistry.class).hasSingleBean(AsyncSlotLifecycle.class);
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThat(registry.isRunning()).isTrue();
            assertThat(registry.maps()).isEmpty();
            assertThat(registry.backends()).extracting(BackendReport::name).containsExactly("jvm");
        });
    }

    @Test
    void annotatedMethod_isCalledWhenItsSlotFires() {
        runner.withUserConfiguration(Sessions.class).run(context -> {
            TimerSlots<String> sessions =
                    context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
            sessions.start("s1", Duration.ofMillis(5));
            Sessions bean = context.getBean(Sessions.class);
            await().untilAsserted(() -> assertThat(bean.expired).containsExactly("s1"));
            assertThat(bean.firings.element().generation()).isPositive();
            assertThat(bean.firings.element().map()).isEqualTo("session");
        });
    }

    @Test
    void disabled_nothingIsConfigured() {
        runner.withPropertyValues("asyncslot.enabled=false")
                .withUserConfiguration(Sessions.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(AsyncSlotRegistry.class)
                        .doesNotHaveBean(AsyncSlotLifecycle.class)
                        .doesNotHaveBean("asyncSlotTaskExecutor"));
    }

    @Test
    void withoutTransactions_contextStarts() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.transaction"))
                .withUserConfiguration(Sessions.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void withoutActuatorAndMicrometer_contextStarts() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate", "io.micrometer.core"))
                .withUserConfiguration(Sessions.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    // ---- the user's own beans win ---------------------------------------------------------------------------------

    @Test
    void registryOfTheUser_wins() {
        AsyncSlotRegistry own = new AsyncSlotRegistryBuilder(Runnable::run).build();
        runner.withBean("own", AsyncSlotRegistry.class, () -> own).run(context -> {
            assertThat(context).hasSingleBean(AsyncSlotRegistry.class);
            assertThat(context.getBean(AsyncSlotRegistry.class)).isSameAs(own);
            assertThat(own.isRunning()).isTrue();
        });
        assertThat(own.isRunning()).isFalse();
    }

    @Test
    void executorOfTheUser_wins() {
        runner.withBean("asyncSlotTaskExecutor", Executor.class, SyncTaskExecutor::new)
                .run(context ->
                        assertThat(context.getBean("asyncSlotTaskExecutor")).isInstanceOf(SyncTaskExecutor.class));
    }

    @Test
    void executor_leavesTheExecutorOfTheApplicationAlone() {
        runner.run(context -> {
            assertThat(context).hasBean("applicationTaskExecutor").hasBean("asyncSlotTaskExecutor");
            assertThat(context.getBean(AsyncTaskExecutor.class)).isSameAs(context.getBean("applicationTaskExecutor"));
        });
    }

    @Test
    void customizersAndListeners_areApplied() {
        AtomicInteger told = new AtomicInteger();
        SlotListener failing = (firing, duration, failure) -> {
            throw new IllegalStateException("a listener that fails");
        };
        runner.withUserConfiguration(Sessions.class)
                .withBean("failing", SlotListener.class, () -> failing)
                .withBean("telling", SlotListener.class, () -> (firing, duration, failure) -> told.incrementAndGet())
                .withBean(AsyncSlotRegistryCustomizer.class, () -> builder -> builder.maxKeyLength(3))
                .run(context -> {
                    TimerSlots<String> sessions =
                            context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> sessions.start("four"))
                            .withMessageContaining("at most 3");
                    sessions.start("abc", Duration.ZERO);
                    await().untilAtomic(told, is(1));
                });
    }

    @Test
    void interceptors_areCalledInTheirOrder() {
        List<String> seen = new CopyOnWriteArrayList<>();
        runner.withUserConfiguration(Sessions.class)
                .withBean("inner", SlotInterceptor.class, () -> new NamedInterceptor("inner", 2, seen))
                .withBean("outer", SlotInterceptor.class, () -> new NamedInterceptor("outer", 1, seen))
                .run(context -> {
                    context.getBean(AsyncSlotRegistry.class)
                            .timers("session", String.class)
                            .start("a", Duration.ZERO);
                    await().untilAsserted(() -> assertThat(seen).containsExactly("outer", "inner"));
                });
    }

    @Test
    void armingContexts_areAsked() {
        ArmingContext<String> thread = () -> Thread.currentThread().getName();
        String own = Thread.currentThread().getName();
        List<String> seen = new CopyOnWriteArrayList<>();
        runner.withUserConfiguration(Sessions.class)
                .withBean("thread", ArmingContext.class, () -> thread)
                .withBean(SlotInterceptor.class, () -> (key, firing, next) -> {
                    seen.add(String.valueOf(firing.armedIn(thread)));
                    next.run(key, firing);
                })
                .run(context -> {
                    context.getBean(AsyncSlotRegistry.class)
                            .timers("session", String.class)
                            .start("a", Duration.ZERO);
                    await().untilAsserted(() -> assertThat(seen).containsExactly(own));
                });
    }

    private record NamedInterceptor(String name, int getOrder, List<String> seen) implements SlotInterceptor, Ordered {
        @Override
        public void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
            seen.add(name);
            next.run(key, firing);
        }
    }

    // ---- properties -----------------------------------------------------------------------------------------------

    @Test
    void properties_overrideAnnotationsPerMap() {
        runner.withUserConfiguration(Sessions.class)
                .withPropertyValues(
                        "asyncslot.maps.session.delay=90s",
                        "asyncslot.maps.session.max-entries=1",
                        "asyncslot.maps.session.history-size=2",
                        "asyncslot.maps.session.when-idle=keep",
                        "asyncslot.maps.reindex.concurrency=3")
                .run(context -> {
                    TimerSlots<String> sessions =
                            context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
                    assertThat(sessions.whenIdle()).isEqualTo(WhenIdle.KEEP);
                    assertThat(context.getBean(AsyncSlotRegistry.class)
                                    .map("reindex")
                                    .orElseThrow()
                                    .whenIdle())
                            .isEqualTo(WhenIdle.FREE);
                    sessions.start("a");
                    assertThat(sessions.start("b")).hasToString("REJECTED");
                    assertThat(sessions.find("a").orElseThrow().timeLeft())
                            .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(90));
                    sessions.start("a");
                    sessions.start("a");
                    assertThat(sessions.find("a").orElseThrow().history()).hasSize(2);
                });
    }

    @Test
    void everyOfProperties_replacesCronOfTheAnnotation() {
        runner.withUserConfiguration(Nightly.class)
                .withPropertyValues("asyncslot.maps.nightly.every=10ms")
                .run(context -> {
                    context.getBean(AsyncSlotRegistry.class)
                            .timers("nightly", String.class)
                            .start("x");
                    await().until(() -> context.getBean(Nightly.class).runs.get() >= 2);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"nightly", "disabled"})
    void cronThatIsADash_disablesTheMap(String map) {
        try (ManualTime time = ManualTime.create()) {
            runner.withUserConfiguration(Nightly.class, Disabled.class)
                    .withBean(AsyncSlotRegistry.class, time::registry)
                    .withPropertyValues("asyncslot.maps.nightly.cron=-")
                    .run(context -> {
                        TimerSlots<String> session = time.registry().timers(map, String.class);
                        assertThat(session.start("s1")).isEqualTo(StartOutcome.STARTED);
                        time.advance(Duration.ofDays(3650));
                        assertThat(session.stats().fired()).isZero();
                        assertThat(session.find("s1").orElseThrow().runState().isArmed())
                                .isTrue();
                    });
        }
    }

    @Test
    void historySize_holdsForAllMaps() {
        runner.withUserConfiguration(Sessions.class)
                .withPropertyValues("asyncslot.history.size=0")
                .run(context -> {
                    TimerSlots<String> sessions =
                            context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
                    sessions.start("a");
                    assertThat(sessions.find("a").orElseThrow().history()).isEmpty();
                });
    }

    @Test
    void executorProperties_areBound() {
        runner.withPropertyValues(
                        "asyncslot.executor.threads=3",
                        "asyncslot.executor.queue-capacity=7",
                        "asyncslot.executor.thread-name-prefix=mine-")
                .run(context -> {
                    ThreadPoolTaskExecutor executor =
                            context.getBean("asyncSlotTaskExecutor", ThreadPoolTaskExecutor.class);
                    assertThat(executor.getCorePoolSize()).isEqualTo(3);
                    assertThat(executor.getMaxPoolSize()).isEqualTo(3);
                    assertThat(executor.getQueueCapacity()).isEqualTo(7);
                    assertThat(executor.getThreadNamePrefix()).isEqualTo("mine-");
                });
    }

    @Test
    void jvmProperties_reachTheTimerThread() {
        runner.withPropertyValues(
                        "asyncslot.jvm.spin=80us",
                        "asyncslot.jvm.wake-interval=30us",
                        "asyncslot.jvm.slice=0",
                        "asyncslot.jvm.timer-slack=2us")
                .run(context -> {
                    Map<String, Object> details = context.getBean(AsyncSlotRegistry.class)
                            .backends()
                            .get(0)
                            .details();
                    assertThat(details)
                            .containsEntry("spin", Map.of("asked", "80 us", "active", true, "state", "80 us"))
                            .containsEntry("wakeInterval", Map.of("asked", "30 us", "active", true, "state", "30 us"))
                            .containsEntry("slice", Map.of("asked", "off", "active", false, "state", "off"));
                    assertThat(details.get("timerSlack")).asString().contains("asked=2 us");
                });
    }

    @Test
    void jvmProperties_byDefaultCostNothing() {
        runner.run(context -> assertThat(
                        context.getBean(AsyncSlotProperties.class).jvm().options())
                .isEqualTo(JvmOptions.defaults()));
    }

    @Test
    void autoBackendWithoutKernel_isJvmAndSaysWhy(CapturedOutput output) {
        runner.withPropertyValues("asyncslot.backend=auto")
                .run(context -> assertThat(context.getBean(BackendSelection.class))
                        .isEqualTo(new BackendSelection(
                                "auto", "jvm", List.of("asyncslot-kernel is not on the class path"))));
        assertThat(output)
                .contains("asyncslot.backend=auto chooses the jvm backend")
                .contains("asyncslot-kernel is not on the class path");
    }

    @Test
    void metadata_isGenerated() throws IOException {
        String properties = read("META-INF/spring-configuration-metadata.json");
        assertThat(JsonPath.<List<String>>read(properties, "$.properties[?(@.description)].name"))
                .as("properties with a description")
                .contains(
                        "asyncslot.enabled", "asyncslot.maps", "asyncslot.shutdown.timeout", "asyncslot.max-key-length")
                .contains("asyncslot.jvm.spin", "asyncslot.jvm.wake-interval")
                .contains("asyncslot.jvm.slice", "asyncslot.jvm.timer-slack");
        assertThat(JsonPath.<List<String>>read(
                        properties, "$.hints[?(@.name == 'asyncslot.backend')].values[?(@.description)].value"))
                .as("backends with a description")
                .contains("auto");
        assertThat(read("META-INF/spring-autoconfigure-metadata.properties"))
                .contains(AsyncSlotAutoConfiguration.class.getName());
    }

    private static String read(String resource) throws IOException {
        return new ClassPathResource(resource).getContentAsString(StandardCharsets.UTF_8);
    }

    // ---- threads --------------------------------------------------------------------------------------------------

    @Test
    void fullExecutor_delaysCallbacksAndLosesNone() {
        runner.withUserConfiguration(Sessions.class)
                .withPropertyValues("asyncslot.executor.threads=1", "asyncslot.executor.queue-capacity=0")
                .run(context -> {
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    TimerSlots<String> sessions = registry.timers("session", String.class);
                    Sessions bean = context.getBean(Sessions.class);
                    bean.gate = new CountDownLatch(1);
                    for (int i = 0; i < 20; i++) {
                        sessions.start("s" + i, Duration.ZERO);
                    }
                    await().until(() -> sessions.stats().deferred() > 0);
                    bean.gate.countDown();
                    await().untilAsserted(() -> assertThat(bean.expired).hasSize(20));
                    assertThat(sessions.stats().dropped()).isZero();
                });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
    void virtualThreads_runCallbacks() {
        runner.withUserConfiguration(Sessions.class)
                .withPropertyValues("spring.threads.virtual.enabled=true", "asyncslot.executor.concurrency-limit=2")
                .run(context -> {
                    SimpleAsyncTaskExecutor executor =
                            context.getBean("asyncSlotTaskExecutor", SimpleAsyncTaskExecutor.class);
                    assertThat(executor.getConcurrencyLimit()).isEqualTo(2);
                    TimerSlots<String> sessions =
                            context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
                    for (int i = 0; i < 50; i++) {
                        sessions.start("s" + i, Duration.ZERO);
                    }
                    Sessions bean = context.getBean(Sessions.class);
                    await().untilAsserted(() -> assertThat(bean.expired).hasSize(50));
                    assertThat(bean.threads)
                            .allMatch(thread -> thread.toString().startsWith("VirtualThread"));
                });
    }

    @Test
    void taskDecorator_isApplied() {
        AtomicInteger decorated = new AtomicInteger();
        runner.withUserConfiguration(Sessions.class)
                .withBean(TaskDecorator.class, () -> counting(decorated))
                .run(context -> {
                    context.getBean(AsyncSlotRegistry.class)
                            .timers("session", String.class)
                            .start("s", Duration.ZERO);
                    await().untilAsserted(() ->
                            assertThat(context.getBean(Sessions.class).expired).containsExactly("s"));
                    assertThat(decorated).hasPositiveValue();
                });
    }

    private static TaskDecorator counting(AtomicInteger decorated) {
        return task -> () -> {
            decorated.incrementAndGet();
            task.run();
        };
    }

    @Test
    void taskDecorator_isAppliedToEachCallback() {
        AtomicInteger decorated = new AtomicInteger();
        runner.withUserConfiguration(Sessions.class)
                .withBean(TaskDecorator.class, () -> counting(decorated))
                .run(context -> {
                    TimerSlots<String> sessions =
                            context.getBean(AsyncSlotRegistry.class).timers("session", String.class);
                    List<String> keys =
                            IntStream.range(0, 50).mapToObj(i -> "s" + i).toList();
                    sessions.startAll(keys, Duration.ofMillis(20)); // to fall due together
                    Sessions bean = context.getBean(Sessions.class);
                    await().untilAsserted(() -> assertThat(bean.expired).hasSize(50));
                    assertThat(decorated).hasValue(50);
                });
    }

    // ---- lazy initialization ----------------------------------------------------------------------------------------

    @Test
    void lazyInitialization_keepsCallbacks() {
        runner.withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .withUserConfiguration(Sessions.class)
                .run(context -> {
                    assertThat(context.getBeanFactory().containsSingleton("asyncSlotAutoConfigurationTests.Sessions"))
                            .isTrue();
                    assertThat(context.getBean(AsyncSlotRegistry.class).map("session"))
                            .isPresent();
                    assertThat(context.getBean(AsyncSlotRegistry.class).isRunning())
                            .isTrue();
                });
    }

    @Test
    void lazyBean_isCreatedForItsCallbacks() {
        runner.withUserConfiguration(LazySessions.class)
                .run(context -> assertThat(
                                context.getBean(AsyncSlotRegistry.class).map("session"))
                        .isPresent());
    }

    // ---- lifecycle --------------------------------------------------------------------------------------------------

    @Test
    void stoppedAndStartedContext_firesWhatFellDueMeanwhile() {
        runner.withUserConfiguration(Sessions.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            context.getSourceApplicationContext().stop();
            assertThat(registry.isRunning()).isFalse();
            registry.timers("session", String.class).start("s", Duration.ZERO);
            Sessions bean = context.getBean(Sessions.class);
            await().during(Duration.ofMillis(50)).until(bean.expired::isEmpty);
            context.getSourceApplicationContext().start();
            await().untilAsserted(() -> assertThat(bean.expired).containsExactly("s"));
        });
    }

    @Test
    void closingContext_waitsForRunningCallback() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicBoolean endedBeforeClose = new AtomicBoolean();
        runner.withUserConfiguration(Sessions.class).run(context -> {
            Sessions bean = context.getBean(Sessions.class);
            bean.gate = gate;
            context.getBean(AsyncSlotRegistry.class)
                    .timers("session", String.class)
                    .start("s", Duration.ZERO);
            await().untilAtomic(bean.entered, is(1));
            Thread closer = new Thread(() -> {
                context.getSourceApplicationContext().close();
                endedBeforeClose.set(bean.expired.contains("s"));
            });
            closer.start();
            await().until(() -> !context.getBean(AsyncSlotRegistry.class).isRunning());
            closer.join(50);
            assertThat(closer.isAlive()).as("closing waits").isTrue();
            gate.countDown();
            closer.join(TimeUnit.SECONDS.toMillis(10));
            assertThat(closer.isAlive()).isFalse();
            assertThat(endedBeforeClose).isTrue();
        });
    }

    @Test
    void drain_endsAtItsTimeOut(CapturedOutput output) {
        CountDownLatch gate = new CountDownLatch(1);
        runner.withUserConfiguration(Sessions.class)
                .withPropertyValues(
                        "asyncslot.shutdown.timeout=50ms", "spring.lifecycle.timeout-per-shutdown-phase=100ms")
                .run(context -> {
                    Sessions bean = context.getBean(Sessions.class);
                    bean.gate = gate;
                    context.getBean(AsyncSlotRegistry.class)
                            .timers("session", String.class)
                            .start("s", Duration.ZERO);
                    await().untilAtomic(bean.entered, is(1));
                    context.getSourceApplicationContext().stop();
                    gate.countDown();
                });
        assertThat(output).contains("slot callbacks still run after PT0.05S: [1 of map 'session']");
    }

    @Test
    void drainTimeOut_staysBelowThePhase(CapturedOutput output) {
        runner.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=10s")
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output).contains("asyncslot.shutdown.timeout (PT20S) is shortened to PT9S");
    }

    @Test
    void phase_isAboveExecutorsAndBelowWebServers() {
        assertThat(AsyncSlotLifecycle.PHASE).isEqualTo(Integer.MAX_VALUE / 2 + 1024);
        assertThat(AsyncSlotLifecycle.PHASE)
                .isGreaterThan(new ThreadPoolTaskExecutor().getPhase())
                .isLessThan(Integer.MAX_VALUE - 2048);
    }

    @Test
    void destroyedBean_closesItsMaps() {
        runner.withUserConfiguration(Sessions.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThat(registry.map("session")).isPresent();
            ((DefaultListableBeanFactory) context.getSourceApplicationContext().getBeanFactory())
                    .destroySingleton(context.getBeanNamesForType(Sessions.class)[0]);
            assertThat(registry.map("session")).isEmpty();
            assertThat(registry.map("reindex")).isEmpty();
            assertThat(context.getBean(Sessions.class)).isNotNull();
            assertThat(registry.map("session"))
                    .as("bound again with the new bean")
                    .isPresent();
        });
    }

    @Test
    void mapRegisteredInCode_livesBesideAnnotatedOnes() {
        runner.withUserConfiguration(Sessions.class).run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            Queue<String> fired = new ConcurrentLinkedQueue<>();
            TimerSlots<String> slots = registry.register(TimerMapSpec.named("byhand", String.class)
                    .callback((key, firing) -> fired.add(key))
                    .build());
            slots.start("k", Duration.ZERO);
            await().untilAsserted(() -> assertThat(fired).containsExactly("k"));
            slots.close(Duration.ofSeconds(1));
            assertThat(registry.map("byhand")).isEmpty();
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Sessions {

        final Queue<String> expired = new ConcurrentLinkedQueue<>();
        final Queue<SlotFiring> firings = new ConcurrentLinkedQueue<>();
        final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
        final AtomicInteger entered = new AtomicInteger();
        volatile CountDownLatch gate = new CountDownLatch(0);

        @TimerSlot(map = "session", delay = "30m")
        void expired(String id, SlotFiring firing) throws InterruptedException {
            entered.incrementAndGet();
            gate.await();
            firings.add(firing);
            threads.add(Thread.currentThread());
            expired.add(id);
        }

        @WorkSlot(map = "reindex")
        void reindex(Long product) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Nightly {

        final AtomicInteger runs = new AtomicInteger();

        @TimerSlot(map = "nightly", cron = "0 0 3 * * *", zone = "Europe/Berlin", keyType = String.class)
        void run() {
            runs.incrementAndGet();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Disabled {

        @TimerSlot(map = "disabled", cron = "${never.set:-}", keyType = String.class)
        void run() {}
    }

    @Configuration(proxyBeanMethods = false)
    static class LazySessions {

        @Bean
        @Lazy
        Sessions sessions() {
            return new Sessions();
        }
    }
}

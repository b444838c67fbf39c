package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.annotation.TimerSlot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** How an application with slots ends: within one budget, and at once where a callback ends it. */
@Timeout(300)
@ExtendWith(OutputCaptureExtension.class)
class ShutdownTests {

    private static final String LONG_TIMEOUT = "asyncslot.shutdown.timeout=4m";
    private static final String LONG_PHASE = "spring.lifecycle.timeout-per-shutdown-phase=5m";

    private static final CountDownLatch GATE = new CountDownLatch(1);
    private static final CountDownLatch ENTERED = new CountDownLatch(2);

    private static ConfigurableApplicationContext start(Class<?> configuration, String... properties) {
        return new SpringApplicationBuilder(configuration)
                .web(WebApplicationType.NONE)
                .registerShutdownHook(false)
                .properties(properties)
                .run();
    }

    @Test
    void stuckCallbacks_ofManyBeans_haveOneBudget(CapturedOutput output) throws Exception {
        ConfigurableApplicationContext context =
                start(Stuck.class, "asyncslot.shutdown.timeout=2s", "spring.lifecycle.timeout-per-shutdown-phase=100s");
        try {
            for (String map : List.of("stuck-1", "stuck-2")) {
                context.getBean(AsyncSlotRegistry.class)
                        .timers(map, String.class)
                        .start("key", Duration.ZERO);
            }
            assertThat(ENTERED.await(20, TimeUnit.SECONDS)).isTrue();
            long began = System.nanoTime();
            context.close();
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            // not the executor's 100 s; SlotShutdownTests show that the drain and the beans share the 2 s
            assertThat(took).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(60));
            assertThat(output)
                    .contains("slot callbacks still run after PT2S")
                    .contains("a callback of slot map 'stuck-1' still runs")
                    .contains("a callback of slot map 'stuck-2' still runs");
        } finally {
            GATE.countDown();
        }
    }

    @Test
    void closeInACallback_endsAtOnce(CapturedOutput output) throws Exception {
        AtomicBoolean closed = new AtomicBoolean();
        ConfigurableApplicationContext context = start(Closing.class, LONG_TIMEOUT, LONG_PHASE);
        Closing.action = () -> {
            context.close();
            closed.set(true);
        };
        context.getBean(AsyncSlotRegistry.class).timers("closing", String.class).start("key", Duration.ZERO);
        await().atMost(Duration.ofSeconds(60)).untilTrue(closed);
        assertThat(output).contains("ends the application or its context itself");
    }

    @Test
    void exitInACallback_endsAtOnce() throws Exception {
        Ended ended = run(
                Exits.class,
                "--asyncslot.keep-alive=true", // or main returns before the callback begins
                "--" + LONG_TIMEOUT,
                "--" + LONG_PHASE);
        assertThat(ended.output).contains("ends the application or its context itself");
        assertThat(ended.code).isEqualTo(7);
        assertThat(ended.took).isLessThan(Duration.ofMinutes(3)); // with the JVM's start
    }

    @Test
    void mainReturns_slotsThatNeverFireAreNamed() throws Exception {
        Ended ended = run(Returns.class);
        assertThat(ended.code).isZero();
        assertThat(ended.output)
                .contains("these armed slots end with it: [1 of map 'reminder', such as ['r1' due ")
                .contains("asyncslot.keep-alive")
                .doesNotContain("fired r1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--asyncslot.keep-alive=true", "--spring.main.keep-alive=true"})
    void mainReturns_keepAlive_fires(String property) throws Exception {
        Ended ended = run(Returns.class, property);
        assertThat(ended.output).contains("fired r1").doesNotContain("these armed slots end with it");
        assertThat(ended.code).isZero();
    }

    private record Ended(int code, String output, Duration took) {}

    private static Ended run(Class<?> main, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        long began = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output, Duration.ofNanos(System.nanoTime() - began));
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({LifecycleAutoConfiguration.class, AsyncSlotAutoConfiguration.class})
    static class Slots {}

    @Configuration(proxyBeanMethods = false)
    @Import({Slots.class, Stuck.First.class, Stuck.Second.class})
    static class Stuck {

        static class First {
            @TimerSlot(map = "stuck-1")
            void run(String key) {
                stick();
            }
        }

        static class Second {
            @TimerSlot(map = "stuck-2")
            void run(String key) {
                stick();
            }
        }

        static void stick() {
            ENTERED.countDown();
            for (; ; ) {
                try {
                    GATE.await();
                    return;
                } catch (InterruptedException e) {
                    // stuck is stuck
                }
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Slots.class)
    static class Closing {

        static volatile Runnable action = () -> {};

        @TimerSlot(map = "closing")
        void run(String key) {
            action.run();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Slots.class)
    static class Exits {

        public static void main(String[] args) {
            application(Exits.class)
                    .run(args)
                    .getBean(AsyncSlotRegistry.class)
                    .timers("exit", String.class)
                    .start("key", Duration.ZERO);
        }

        @TimerSlot(map = "exit")
        void run(String key) {
            System.exit(7);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Slots.class)
    static class Returns {

        private final Supplier<ConfigurableApplicationContext> context;

        Returns(ConfigurableApplicationContext context) {
            this.context = () -> context;
        }

        public static void main(String[] args) {
            application(Returns.class)
                    .run(args)
                    .getBean(AsyncSlotRegistry.class)
                    .timers("reminder", String.class)
                    .start("r1", args.length == 0 ? Duration.ofHours(1) : Duration.ofSeconds(2));
        }

        @TimerSlot(map = "reminder")
        void remind(String key) {
            System.out.println("fired " + key);
            context.get().close();
        }
    }

    private static SpringApplication application(Class<?> main) {
        SpringApplication application = new SpringApplication(main);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setDefaultProperties(Map.of("spring.main.banner-mode", "off"));
        return application;
    }
}

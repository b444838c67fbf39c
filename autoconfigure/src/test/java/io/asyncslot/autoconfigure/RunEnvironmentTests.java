package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** On whose thread callbacks run, whatever the thread was that made it necessary to have one. */
class RunEnvironmentTests {

    private static final InheritableThreadLocal<@Nullable String> USER = new InheritableThreadLocal<>();

    record Seen(@Nullable String user, @Nullable ClassLoader loader, boolean interrupted) {}

    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();

    private void look() {
        seen.add(new Seen(
                USER.get(),
                Thread.currentThread().getContextClassLoader(),
                Thread.currentThread().isInterrupted()));
    }

    private Seen next() throws InterruptedException {
        Seen next = seen.poll(20, TimeUnit.SECONDS);
        assertThat(next).as("a run within 20 s").isNotNull();
        return next;
    }

    private static AnnotationConfigApplicationContext context(ClassLoader loader, Map<String, Object> properties) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.setClassLoader(loader);
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
        context.register(AsyncSlotAutoConfiguration.class);
        context.refresh();
        return context;
    }

    @Test
    void firstMapAndFirstSlots_inARequestOfSomebody_leaveNothingOfHim() throws Exception {
        nothingOfARequest("false");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
    void firstMapAndFirstSlots_inARequestOfSomebody_leaveNothingOfHim_onVirtualThreads() throws Exception {
        nothingOfARequest("true");
    }

    private void nothingOfARequest(String virtual) throws Exception {
        ClassLoader application =
                new URLClassLoader("the application", new URL[0], getClass().getClassLoader());
        try (AnnotationConfigApplicationContext context =
                context(application, Map.of("spring.threads.virtual.enabled", virtual))) {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            Thread request = new Thread(() -> {
                USER.set("alice");
                TimerSlots<String> timers = registry.register(TimerMapSpec.named("timers", String.class)
                        .callback((key, firing) -> look())
                        .build());
                WorkSlots<String> works = registry.register(WorkMapSpec.named("works", String.class)
                        .callback((key, firing) -> look())
                        .build());
                timers.start("a", Duration.ZERO);
                works.submit("b");
            });
            request.setContextClassLoader(new URLClassLoader("of a request", new URL[0], null));
            request.start();
            request.join();
            for (int i = 0; i < 2; i++) {
                Seen run = next();
                assertThat(run.user()).isNull();
                assertThat(run.loader()).isSameAs(application);
            }
        }
    }

    @Test
    void interruptOfOneRun_doesNotMeetTheNext() throws Exception {
        try (AnnotationConfigApplicationContext context = context(
                getClass().getClassLoader(),
                Map.of("spring.threads.virtual.enabled", "false", "asyncslot.executor.threads", "1"))) {
            TimerSlots<String> map = context.getBean(AsyncSlotRegistry.class)
                    .register(TimerMapSpec.named("interrupted", String.class)
                            .callback((key, firing) -> {
                                look();
                                Thread.currentThread().interrupt();
                            })
                            .build());
            for (int i = 0; i < 10; i++) {
                map.start("key" + i, Duration.ZERO);
                assertThat(next().interrupted()).isFalse();
            }
        }
    }
}

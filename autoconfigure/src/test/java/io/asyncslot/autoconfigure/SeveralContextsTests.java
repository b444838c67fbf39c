package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.spring.AsyncSlotLifecycle;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

/** More than one application context in a JVM: side by side, below each other, after each other. */
class SeveralContextsTests {

    private static ConfigurableApplicationContext run(Class<?>... sources) {
        return new SpringApplicationBuilder(sources)
                .web(WebApplicationType.NONE)
                .run("--spring.main.banner-mode=off");
    }

    private static AsyncSlotRegistry registry(ConfigurableApplicationContext context) {
        return context.getBean(AsyncSlotRegistry.class);
    }

    // ---- side by side ---------------------------------------------------------------------------------------------

    @Test
    void sideBySide_haveMapsOfTheSameName_andDoNotKnowOfEachOther() {
        ConfigurableApplicationContext one = run(Application.class);
        try (ConfigurableApplicationContext two = run(Application.class)) {
            assertThat(registry(one)).isNotSameAs(registry(two));
            registry(one).timers("session", String.class).start("only in one", Duration.ofHours(1));
            assertThat(registry(two).timers("session", String.class).find("only in one"))
                    .isEmpty();
            assertThat(slots(one)).isOne();
            assertThat(slots(two)).isZero();

            one.close();
            registry(two).timers("session", String.class).start("s", Duration.ZERO);
            await().untilAsserted(() ->
                    assertThat(two.getBean(Sessions.class).expired).containsExactly("s"));
        } finally {
            one.close();
        }
    }

    private static double slots(ConfigurableApplicationContext context) {
        return context.getBean(SimpleMeterRegistry.class).get("asyncslot.slots").gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .max()
                .orElseThrow();
    }

    // ---- parent and child -----------------------------------------------------------------------------------------

    @Test
    void child_sharesTheRegistryOfItsParent() {
        try (ConfigurableApplicationContext parent = run(Application.class);
                ConfigurableApplicationContext child = new SpringApplicationBuilder(ChildApplication.class)
                        .web(WebApplicationType.NONE)
                        .parent(parent)
                        .run("--spring.main.banner-mode=off")) {
            assertThat(registry(child)).isSameAs(registry(parent));
            assertThat(child.getBeansOfType(AsyncSlotLifecycle.class)).isEmpty();
            assertThat(registry(parent).maps()).extracting(SlotMap::name).containsExactly("child", "session");

            ChildSessions sessions = child.getBean(ChildSessions.class);
            sessions.open("c");
            await().untilAsserted(() -> assertThat(sessions.seen()).containsExactly("c"));
        }
    }

    @Test
    void closedChild_takesItsOwnMapsAlong_andNoOthers() {
        try (ConfigurableApplicationContext parent = run(Application.class)) {
            // the beans of both contexts have one name
            ConfigurableApplicationContext child = new SpringApplicationBuilder(ChildApplication.class)
                    .web(WebApplicationType.NONE)
                    .parent(parent)
                    .run("--spring.main.banner-mode=off");
            TimerSlots<String> childs = registry(parent).timers("child", String.class);
            child.close();
            assertThat(childs.isClosed()).isTrue();
            assertThat(registry(parent).isRunning()).isTrue();
            assertThat(registry(parent).maps()).extracting(SlotMap::name).containsExactly("session");
        }
    }

    // ---- after each other -----------------------------------------------------------------------------------------

    /**
     * What a restart by devtools does: the application's classes are loaded anew, and the old class loader must go. In a JVM
     * that keeps no soft references, for Spring's own caches have those.
     */
    @Test
    void closedContext_leavesNothingThatHoldsItsClasses() throws Exception {
        Process restarts = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:SoftRefLRUPolicyMSPerMB=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Restarts.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(restarts.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(restarts.waitFor()).as(said).isZero();
        assertThat(said).as("a context without slots").contains(Restarts.WITHOUT + "true");
        assertThat(said).as("a context with slots").contains(Restarts.WITH + "true");
    }

    /** Runs a context in a class loader of its own, twice, and says whether that was collected. */
    static final class Restarts {

        static final String WITHOUT = "collected without slots: ";
        static final String WITH = "collected with slots: ";

        private Restarts() {}

        public static void main(String[] args) throws Exception {
            System.out.println(WITHOUT + isCollected(run("asyncslot.enabled", "false")));
            System.out.println(WITH + isCollected(run("asyncslot.task-scheduler.enabled", "true")));
        }

        private static WeakReference<ClassLoader> run(String property, String value) throws Exception {
            ClassLoader loader = new RestartLoader();
            Class<?> application = loader.loadClass(Application.class.getName());
            Thread thread = new Thread(() -> {
                try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
                    context.setClassLoader(loader);
                    context.getEnvironment()
                            .getPropertySources()
                            .addFirst(new MapPropertySource("restart", Map.of(property, value)));
                    context.register(application);
                    context.refresh();
                    if (context.containsBean("asyncSlotRegistry")) {
                        TimerSlots<String> slots = registry(context).timers("session", String.class);
                        slots.start("s", Duration.ZERO);
                        await().until(() -> slots.stats().fired() == 1);
                    }
                }
            });
            thread.setContextClassLoader(loader);
            thread.start();
            thread.join();
            return new WeakReference<>(loader);
        }

        private static boolean isCollected(WeakReference<ClassLoader> reference) throws InterruptedException {
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (reference.get() != null && System.nanoTime() - end < 0) {
                System.gc();
                Thread.sleep(20);
            }
            return reference.get() == null;
        }
    }

    /** Loads the classes of this test anew, and takes all others from its parent, as the restart loader does. */
    private static final class RestartLoader extends ClassLoader {

        RestartLoader() {
            super(SeveralContextsTests.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(SeveralContextsTests.class.getName())) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in == null ? new byte[0] : in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        AsyncSlotAutoConfiguration.class,
        AsyncSlotMetricsAutoConfiguration.class,
        AsyncSlotTaskSchedulerAutoConfiguration.class,
        TaskSchedulingAutoConfiguration.class,
        AopAutoConfiguration.class,
        MetricsAutoConfiguration.class
    })
    static class Application {

        @Bean
        SimpleMeterRegistry meters() {
            return new SimpleMeterRegistry();
        }

        @Bean
        Sessions sessions() {
            return new Sessions();
        }
    }

    static class Sessions {

        final List<String> expired = new CopyOnWriteArrayList<>();

        @TimerSlot(map = "session", delay = "30m")
        void expired(String id) {
            expired.add(id);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class})
    static class ChildApplication {
        @Bean
        ChildSessions sessions() {
            return new ChildSessions();
        }
    }

    static class ChildSessions {

        final List<String> expired = new CopyOnWriteArrayList<>();

        @TimerSlot(map = "child")
        void expired(String id) {
            expired.add(id);
        }

        @StartSlot(map = "child", key = "#id", delay = "5ms")
        public void open(String id) {}

        /** Called on the proxy, whose own fields are empty. */
        public List<String> seen() {
            return expired;
        }
    }
}

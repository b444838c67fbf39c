package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * What is left of slots after an end: by the order of beans, by who injects the registry, by the kind of the end, and by
 * backend. Exact: where slots outlive the process all of them fire once in what comes next; on jvm all end with their map.
 */
@Timeout(120)
class RestartMatrixTests {

    private static final int SLOTS = 20;
    private static final Queue<String> FIRED = new ConcurrentLinkedQueue<>();

    /** The cluster, while two other nodes stay: what the one had armed is theirs to fire, at once. */
    private static final String ONE_OF_THREE = "one of three";

    /** A line for each cell: what was armed, and what came of it. */
    private static final List<String> TABLE = new ArrayList<>();

    private static HikariDataSource pool;
    private static int cells;

    @BeforeAll
    static void start() {
        pool = TestDatabase.pool(40);
        TABLE.add("| backend | registry injected into | end | armed | fired once afterwards | left |");
        TABLE.add("|---|---|---|---|---|---|");
    }

    @AfterAll
    static void stop() throws IOException {
        pool.close();
        Files.write(Path.of("target", "restart-matrix.md"), TABLE);
    }

    /** Who has the registry injected, and so is destroyed before it: bean order follows from it too. */
    enum Injects {
        NOBODY,
        CALLBACK,
        BEAN_BEFORE_IT,
        BEAN_AFTER_IT
    }

    enum End {
        CLOSE,
        BEAN_DESTROYED,
        CHILD_CLOSED,
        REFRESH_FAILED,
        CLOSED_AMID_TRAFFIC
    }

    static Stream<Arguments> cells() {
        List<Arguments> all = new ArrayList<>();
        for (String backend : List.of("jvm", "cluster")) {
            for (Injects injects : Injects.values()) {
                for (End end : End.values()) {
                    all.add(Arguments.of(backend, injects, end));
                }
            }
        }
        for (Injects injects : List.of(Injects.NOBODY, Injects.CALLBACK)) {
            for (End end : List.of(End.CLOSE, End.BEAN_DESTROYED, End.CLOSED_AMID_TRAFFIC)) {
                all.add(Arguments.of(ONE_OF_THREE, injects, end));
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void slots_afterTheEnd(String cell, Injects injects, End end) throws Exception {
        FIRED.clear();
        String namespace = "cell-" + cells++;
        String backend = cell.equals(ONE_OF_THREE) ? "cluster" : cell;
        List<AnnotationConfigApplicationContext> others = new ArrayList<>();
        for (int other = 0; other < (cell.equals(ONE_OF_THREE) ? 2 : 0); other++) {
            AnnotationConfigApplicationContext node = context(backend, namespace, null);
            register(node, Injects.NOBODY);
            node.refresh();
            others.add(node);
        }
        AnnotationConfigApplicationContext parent = end == End.CHILD_CLOSED ? context(backend, namespace, null) : null;
        if (parent != null) {
            parent.refresh();
        }
        AnnotationConfigApplicationContext context = context(backend, namespace, parent);
        register(context, injects);
        if (end == End.REFRESH_FAILED) {
            context.registerBean("zz-fails", Failing.class);
            try {
                context.refresh();
                throw new AssertionError("the refresh was to fail");
            } catch (IllegalStateException | ApplicationContextException e) {
                assertThat(e).hasStackTraceContaining("made to fail");
            }
        } else {
            context.refresh();
            TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers("order", String.class);
            for (int i = 0; i < SLOTS; i++) {
                slots.start("key" + i, Duration.ofMillis(1_500));
            }
            end(context, end);
        }
        if (others.isEmpty()) {
            assertThat(FIRED).as("fired before the end").isEmpty();
        } else {
            await().atMost(Duration.ofSeconds(30)).until(() -> FIRED.size() >= SLOTS); // by the others
        }
        if (parent != null) {
            assertThat(parent.getBean(AsyncSlotRegistry.class).isRunning()).isTrue();
        }

        try (AnnotationConfigApplicationContext next = context(backend, namespace, parent)) {
            register(next, Injects.NOBODY);
            next.refresh();
            TimerSlots<String> slots = next.getBean(AsyncSlotRegistry.class).timers("order", String.class);
            if (backend.equals("cluster")) {
                await().atMost(Duration.ofSeconds(30)).until(() -> FIRED.size() >= SLOTS);
                assertThat(FIRED).hasSize(SLOTS).doesNotHaveDuplicates();
            } else {
                assertThat(slots.stats().slots())
                        .as("on jvm slots end with their map")
                        .isZero();
                assertThat(FIRED).isEmpty();
            }
            TABLE.add("| %s | %s | %s | %d | %d | %d |"
                    .formatted(
                            cell,
                            injects,
                            end,
                            SLOTS,
                            FIRED.size(),
                            slots.stats().armed()));
        } finally {
            others.forEach(AnnotationConfigApplicationContext::close);
            context.close();
            if (parent != null) {
                parent.close();
            }
        }
    }

    private static void end(ConfigurableApplicationContext context, End end) throws InterruptedException {
        switch (end) {
            case CLOSE, CHILD_CLOSED -> context.close();
            case BEAN_DESTROYED -> ((DefaultListableBeanFactory) context.getBeanFactory()).destroySingleton("order");
            case CLOSED_AMID_TRAFFIC -> {
                AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                TimerSlots<String> slots = registry.timers("order", String.class);
                Thread traffic = new Thread(() -> {
                    for (int i = 0; i < 200 && !slots.isClosed(); i++) {
                        slots.cancel("nobody");
                        slots.touch("key" + i % SLOTS, Duration.ofMillis(1_500));
                    }
                });
                traffic.start();
                context.close();
                traffic.join();
            }
            case REFRESH_FAILED -> throw new AssertionError("has ended by itself");
        }
    }

    private static AnnotationConfigApplicationContext context(
            String backend, String namespace, AnnotationConfigApplicationContext parent) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "cell",
                        Map.of(
                                "asyncslot.backend",
                                backend,
                                "asyncslot.cluster.namespace",
                                namespace,
                                "asyncslot.cluster.heartbeat-interval",
                                "200ms")));
        if (parent == null) {
            context.registerBean(DataSource.class, () -> pool, definition -> definition.setDestroyMethodName(""));
            context.register(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class);
        } else {
            context.setParent(parent);
            context.register(AsyncSlotAutoConfiguration.class);
        }
        return context;
    }

    private static void register(AnnotationConfigApplicationContext context, Injects injects) {
        if (injects == Injects.BEAN_BEFORE_IT) {
            context.registerBean("before", Holder.class);
        }
        if (injects == Injects.CALLBACK) {
            context.registerBean("order", CallbackWithRegistry.class);
        } else {
            context.registerBean("order", Callback.class);
        }
        if (injects == Injects.BEAN_AFTER_IT) {
            context.registerBean("after", Holder.class);
        }
    }

    static class Callback {
        @TimerSlot(map = "order", delay = "1h")
        public void expired(String key) {
            FIRED.add(key);
        }
    }

    static class CallbackWithRegistry extends Callback {
        CallbackWithRegistry(AsyncSlotRegistry registry) {
            assertThat(registry).isNotNull();
        }
    }

    record Holder(AsyncSlotRegistry registry) {}

    /** Arms slots and ends the refresh, when the maps are there. */
    static class Failing implements SmartLifecycle {

        private final AsyncSlotRegistry registry;

        Failing(AsyncSlotRegistry registry) {
            this.registry = registry;
        }

        @Override
        public void start() {
            TimerSlots<String> slots = registry.timers("order", String.class);
            for (int i = 0; i < SLOTS; i++) {
                slots.start("key" + i, Duration.ofMillis(1_500));
            }
            throw new IllegalStateException("made to fail");
        }

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return false;
        }
    }
}

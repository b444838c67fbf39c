package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.core.NestedExceptionUtils;

/** Callbacks on beans that are replaced while the application runs, as a refresh scope does it. */
class ScopedCallbackTests {

    private final ManualTime time = ManualTime.create();
    private final RefreshingScope refreshing = new RefreshingScope();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withBean(AsyncSlotRegistry.class, time::registry)
            .withBean(Ticker.class, time::ticker)
            .withInitializer(context -> {
                context.getBeanFactory().registerScope("refreshing", refreshing);
                context.getBeanFactory().registerScope("request", refreshing);
            });

    @Test
    void eachRun_callsTheInstanceThatIsThere() {
        runner.withUserConfiguration(Refreshed.class).run(context -> {
            TimerSlots<String> slots = context.getBean(AsyncSlotRegistry.class).timers("refreshed", String.class);
            slots.start("a", Duration.ofSeconds(1));
            time.advance(Duration.ofSeconds(1));
            slots.start("b", Duration.ofSeconds(1));
            refreshing.refresh();
            time.advance(Duration.ofSeconds(1));
            assertThat(Worker.calls).containsExactly("instance 1: a", "instance 2: b");
            assertThat(slots.isClosed())
                    .as("after the old instance was destroyed")
                    .isFalse();
        });
    }

    @Test
    void triggersOfTheBean_goOnAfterARefresh() {
        runner.withUserConfiguration(Refreshed.class).run(context -> {
            Worker worker = context.getBean(Worker.class);
            worker.ask("a");
            refreshing.refresh();
            worker.ask("b");
            time.advance(Duration.ofMinutes(1));
            assertThat(Worker.calls).containsExactlyInAnyOrder("instance 2: a", "instance 2: b");
        });
    }

    @Test
    void scopeWithAnInstanceForEachCaller_isRefused() {
        runner.withUserConfiguration(PerRequest.class)
                .run(context -> assertThat(NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure()))
                        .isInstanceOf(SlotConfigurationException.class)
                        .hasMessageContaining("is not a singleton"));
    }

    @Test
    void customScopeWithoutAProxy_isRefused() {
        runner.withUserConfiguration(WithoutProxy.class)
                .run(context -> assertThat(NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure()))
                        .isInstanceOf(SlotConfigurationException.class)
                        .hasMessageContaining("is not a singleton"));
    }

    /** Each instance says which one it is. */
    static class Worker {

        static final List<String> calls = new CopyOnWriteArrayList<>();
        static final AtomicInteger instances = new AtomicInteger();

        private final int instance = instances.incrementAndGet();

        @TimerSlot(map = "refreshed", delay = "1m")
        public void fired(String key) {
            calls.add("instance " + instance + ": " + key);
        }

        @StartSlot(map = "refreshed", key = "#key")
        public void ask(String key) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Refreshed {

        Refreshed() {
            Worker.calls.clear();
            Worker.instances.set(0);
        }

        @Bean
        @Scope(value = "refreshing", proxyMode = ScopedProxyMode.TARGET_CLASS)
        Worker worker() {
            return new Worker();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PerRequest {
        @Bean
        @Scope(value = "request", proxyMode = ScopedProxyMode.TARGET_CLASS)
        Worker worker() {
            return new Worker();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WithoutProxy {
        @Bean
        @Scope("refreshing")
        Worker worker() {
            return new Worker();
        }
    }

    /** One instance at a time, until it is refreshed. */
    private static final class RefreshingScope implements org.springframework.beans.factory.config.Scope {

        private final Map<String, Object> instances = new LinkedHashMap<>();
        private final Map<String, Runnable> ends = new LinkedHashMap<>();

        synchronized void refresh() {
            List<Runnable> due = new ArrayList<>(ends.values());
            ends.clear();
            instances.clear();
            due.forEach(Runnable::run);
        }

        @Override
        public synchronized Object get(String name, ObjectFactory<?> factory) {
            Object present = instances.get(name);
            if (present == null) {
                present = factory.getObject();
                instances.put(name, present);
            }
            return present;
        }

        @Override
        public synchronized @Nullable Object remove(String name) {
            ends.remove(name);
            return instances.remove(name);
        }

        @Override
        public synchronized void registerDestructionCallback(String name, Runnable callback) {
            ends.put(name, callback);
        }

        @Override
        public @Nullable Object resolveContextualObject(String key) {
            return null;
        }

        @Override
        public @Nullable String getConversationId() {
            return null;
        }
    }
}

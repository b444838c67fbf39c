package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.autoconfigure.RefreshAutoConfiguration;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Callbacks on beans in the refresh scope of Spring Cloud itself. */
class RefreshScopeTests {

    private static final AtomicInteger MADE = new AtomicInteger();
    private static final Queue<String> FIRED = new ConcurrentLinkedQueue<>();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class, RefreshAutoConfiguration.class));

    @Test
    void callback_isCalledOnTheInstanceOfNow_andSlotsStayOverARefresh() {
        check(AsMethod.class);
    }

    @Test
    void callback_ofAComponentClass_likewise() {
        check(Refreshed.class);
    }

    private void check(Class<?> configuration) {
        FIRED.clear();
        MADE.set(0);
        runner.withUserConfiguration(configuration).run(context -> {
            assertThat(context).hasNotFailed();
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThat(registry.maps()).extracting(SlotMap::name).containsExactly("refreshed");
            TimerSlots<String> slots = registry.timers("refreshed", String.class);
            slots.start("first", Duration.ZERO);
            await().untilAsserted(() -> assertThat(FIRED).containsExactly("first on 1"));
            context.getBean(Refreshed.class).touched("over");
            assertThat(slots.find("over")).isPresent();

            context.getBean(org.springframework.cloud.context.scope.refresh.RefreshScope.class)
                    .refreshAll();

            assertThat(slots.isClosed()).isFalse();
            assertThat(slots.find("over")).as("armed before the refresh").isPresent();
            slots.start("over", Duration.ZERO);
            await().untilAsserted(() -> assertThat(FIRED).containsExactly("first on 1", "over on 2"));
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class AsMethod {

        @Bean
        @RefreshScope
        Refreshed refreshedBean() {
            return new Refreshed();
        }
    }

    @RefreshScope
    static class Refreshed {

        private final int number = MADE.incrementAndGet();

        @TimerSlot(map = "refreshed", delay = "1h")
        public void fire(String key) {
            FIRED.add(key + " on " + number);
        }

        @StartSlot(map = "refreshed", key = "#key")
        public void touched(String key) {}
    }
}

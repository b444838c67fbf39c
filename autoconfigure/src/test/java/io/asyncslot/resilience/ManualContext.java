package io.asyncslot.resilience;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerSlots;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotResilienceAutoConfiguration;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spring.TickerClock;
import io.asyncslot.test.ManualTicker;
import io.asyncslot.test.ManualTime;
import io.github.resilience4j.common.circuitbreaker.configuration.CircuitBreakerConfigCustomizer;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.BulkheadAutoConfiguration;
import io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration;
import io.github.resilience4j.springboot.ratelimiter.autoconfigure.RateLimiterAutoConfiguration;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryAutoConfiguration;
import io.github.resilience4j.springboot.timelimiter.autoconfigure.TimeLimiterAutoConfiguration;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.SyncTaskExecutor;

/** Contexts whose time the test moves, with Resilience4j as it configures itself. */
final class ManualContext {

    private ManualContext() {}

    /** What such a context has; the circuit breaker "mail" lives on the same time. */
    static ApplicationContextRunner runner() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class,
                        AsyncSlotResilienceAutoConfiguration.class,
                        AopAutoConfiguration.class,
                        RetryAutoConfiguration.class,
                        CircuitBreakerAutoConfiguration.class,
                        RateLimiterAutoConfiguration.class,
                        TimeLimiterAutoConfiguration.class,
                        BulkheadAutoConfiguration.class))
                .withUserConfiguration(Time.class);
    }

    static ManualTime time(ApplicationContext context) {
        return ManualTime.of(
                context.getBean(ManualTicker.class),
                context.getBean(JvmBackend.class),
                context.getBean(AsyncSlotRegistry.class));
    }

    static TimerSlots<String> timers(ApplicationContext context, String map) {
        return context.getBean(AsyncSlotRegistry.class).timers(map, String.class);
    }

    static SlotMapStats stats(ApplicationContext context, String map) {
        return timers(context, map).stats();
    }

    /** Lets time pass second by second. */
    static void pass(ApplicationContext context, int seconds) {
        ManualTime time = time(context);
        for (int i = 0; i < seconds; i++) {
            time.advance(Duration.ofSeconds(1));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Time {

        @Bean
        ManualTicker ticker() {
            return new ManualTicker(ManualTime.DEFAULT_WALL_CLOCK);
        }

        @Bean
        JvmBackend backend() {
            return JvmBackend.manual();
        }

        @Bean
        SyncTaskExecutor asyncSlotTaskExecutor() {
            return new SyncTaskExecutor();
        }

        @Bean
        CircuitBreakerConfigCustomizer clockOfTheBreaker(ManualTicker ticker) {
            Clock clock = new TickerClock(ticker, ZoneOffset.UTC);
            return CircuitBreakerConfigCustomizer.of("mail", config -> config.clock(clock));
        }
    }
}

package io.asyncslot.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.TimerSlot;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.bulkhead.annotation.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.ratelimiter.annotation.RateLimiter;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.retry.annotation.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.resilience.annotation.ConcurrencyLimit;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.test.util.AopTestUtils;

/** Annotations of Resilience4j and of Spring on the very method that a slot calls: they apply, inside of the map's guards. */
class MethodAnnotationsTests {

    private final ApplicationContextRunner runner = ManualContext.runner()
            .withPropertyValues(
                    "resilience4j.retry.instances.mail.max-attempts=3",
                    "resilience4j.retry.instances.mail.wait-duration=1ms",
                    "resilience4j.circuitbreaker.instances.mail.sliding-window-size=10",
                    "resilience4j.ratelimiter.instances.mail.limit-for-period=1",
                    "resilience4j.ratelimiter.instances.mail.limit-refresh-period=1h",
                    "resilience4j.ratelimiter.instances.mail.timeout-duration=0",
                    "resilience4j.bulkhead.instances.mail.max-concurrent-calls=1");

    /** The bean behind its proxy. */
    private static Annotated bean(ApplicationContext context) {
        Annotated proxy = context.getBean(Annotated.class);
        assertThat(AopUtils.isAopProxy(proxy)).isTrue();
        return AopTestUtils.getUltimateTargetObject(proxy);
    }

    private static TimerSlots<String> fire(ApplicationContext context, String map) {
        TimerSlots<String> slots = ManualContext.timers(context, map);
        slots.start("a", Duration.ofSeconds(1));
        ManualContext.pass(context, 2);
        return slots;
    }

    @Test
    void retryOfResilience4j_isMadeWithinOneRun() {
        runner.withUserConfiguration(Annotated.class).run(context -> {
            bean(context).failures = 2;
            TimerSlots<String> slots = fire(context, "retry");
            assertThat(bean(context).calls).hasSize(3);
            assertThat(slots.stats().fired()).isOne();
            assertThat(slots.stats().failed()).isZero();
            assertThat(context.getBean(RetryRegistry.class)
                            .retry("mail")
                            .getMetrics()
                            .getNumberOfSuccessfulCallsWithRetryAttempt())
                    .isOne();
        });
    }

    @Test
    void circuitBreakerOfResilience4j_records() {
        runner.withUserConfiguration(Annotated.class).run(context -> {
            bean(context).failures = 1;
            TimerSlots<String> slots = fire(context, "breaker");
            assertThat(slots.stats().failed()).isOne();
            assertThat(context.getBean(CircuitBreakerRegistry.class)
                            .circuitBreaker("mail")
                            .getMetrics()
                            .getNumberOfFailedCalls())
                    .isOne();
        });
    }

    @Test
    void rateLimiterOfResilience4j_refusesTheCall() {
        runner.withUserConfiguration(Annotated.class).run(context -> {
            fire(context, "rate");
            TimerSlots<String> slots = fire(context, "rate");
            assertThat(bean(context).calls).hasSize(1);
            assertThat(slots.find("a").orElseThrow().lastFiring().failure()).contains("RequestNotPermitted");
            assertThat(context.getBean(RateLimiterRegistry.class)
                            .rateLimiter("mail")
                            .getMetrics()
                            .getAvailablePermissions())
                    .isZero();
        });
    }

    @Test
    void bulkheadOfResilience4j_refusesTheCall() {
        runner.withUserConfiguration(Annotated.class).run(context -> {
            context.getBean(BulkheadRegistry.class).bulkhead("mail").tryAcquirePermission();
            TimerSlots<String> slots = fire(context, "bulkhead");
            assertThat(bean(context).calls).isEmpty();
            assertThat(slots.find("a").orElseThrow().lastFiring().failure()).contains("BulkheadFullException");
        });
    }

    @Test
    void retryableOfSpring_isMadeWithinOneRun() {
        runner.withUserConfiguration(Annotated.class, Resilient.class).run(context -> {
            bean(context).failures = 2;
            TimerSlots<String> slots = fire(context, "retryable");
            assertThat(bean(context).calls).hasSize(3);
            assertThat(slots.stats().fired()).isOne();
            assertThat(slots.stats().failed()).isZero();
        });
    }

    @Test
    void concurrencyLimitOfSpring_applies() {
        runner.withUserConfiguration(Annotated.class, Resilient.class).run(context -> {
            Annotated bean = bean(context);
            Annotated proxy = context.getBean(Annotated.class);
            bean.inside = () -> bean.limitedAgain(proxy);
            TimerSlots<String> slots = fire(context, "limited");
            assertThat(bean.calls).hasSize(1);
            assertThat(bean.refused).containsExactly("InvocationRejectedException");
            assertThat(slots.stats().failed()).isZero();
        });
    }

    @Test
    void guardOfTheMap_isOutsideOfTheMethods() {
        runner.withUserConfiguration(Annotated.class)
                .withPropertyValues("asyncslot.maps.retry.retry=outer")
                .withPropertyValues(
                        "resilience4j.retry.instances.outer.max-attempts=2",
                        "resilience4j.retry.instances.outer.wait-duration=5s")
                .run(context -> {
                    bean(context).failures = 4;
                    TimerSlots<String> slots = fire(context, "retry");
                    assertThat(bean(context).calls).hasSize(3); // the first run's
                    ManualContext.pass(context, 6);
                    assertThat(bean(context).calls).hasSize(5); // and the second attempt's
                    assertThat(slots.stats().retried()).isOne();
                    assertThat(slots.stats().failed()).isZero();
                });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableResilientMethods
    static class Resilient {}

    /** Callbacks that carry annotations of others. */
    static class Annotated {

        final List<String> calls = new ArrayList<>();
        final List<String> refused = new ArrayList<>();
        int failures;
        Runnable inside = () -> {};

        @TimerSlot(map = "retry")
        @Retry(name = "mail")
        public void retry(String key) {
            call(key);
        }

        @TimerSlot(map = "breaker")
        @CircuitBreaker(name = "mail")
        public void breaker(String key) {
            call(key);
        }

        @TimerSlot(map = "rate", whenIdle = WhenIdle.KEEP)
        @RateLimiter(name = "mail")
        public void rate(String key) {
            call(key);
        }

        @TimerSlot(map = "bulkhead", whenIdle = WhenIdle.KEEP)
        @Bulkhead(name = "mail")
        public void bulkhead(String key) {
            call(key);
        }

        @TimerSlot(map = "retryable")
        @Retryable(maxRetries = 2, delay = 1)
        public void retryable(String key) {
            call(key);
        }

        @TimerSlot(map = "limited")
        @ConcurrencyLimit(limit = 1, policy = ConcurrencyLimit.ThrottlePolicy.REJECT)
        public void limited(String key) {
            call(key);
            inside.run();
        }

        void limitedAgain(Annotated proxy) {
            try {
                proxy.limited("again");
            } catch (RuntimeException e) {
                refused.add(e.getClass().getSimpleName());
            }
        }

        private void call(String key) {
            calls.add(key);
            if (failures > 0) {
                failures--;
                throw new IllegalStateException("no mail server");
            }
        }
    }
}

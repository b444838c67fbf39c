package io.asyncslot.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotFiring;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.spring.SlotConfigurationException;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.retry.RetryRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** When there are guards, when there are none, and what is refused at the start. */
class ResilienceConditionsTests {

    private static final String RETRY = "resilience4j.retry.instances.mail.max-attempts=2";

    private final ApplicationContextRunner runner = ManualContext.runner();

    @Test
    void withResilience4j_theInterceptorIsThere_andUnusedMapsAreNotGuarded() {
        runner.withUserConfiguration(Plain.class).run(context -> {
            assertThat(context).hasSingleBean(ResilientCallbacks.class);
            TimerSlots<String> slots = ManualContext.timers(context, "plain");
            slots.start("a", Duration.ofSeconds(1));
            ManualContext.pass(context, 2);
            assertThat(slots.stats().fired()).isOne();
        });
    }

    @Test
    void withoutResilience4j_backsOff() {
        without()
                .withUserConfiguration(Plain.class)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("asyncSlotResilientCallbacks"));
    }

    @Test
    void withoutResilience4j_aNameIsRefused() {
        without().withUserConfiguration(Named.class).run(context -> {
            SlotConfigurationException failure = refused(context.getStartupFailure());
            assertThat(failure).hasMessageContainingAll("@TimerSlot of map 'named'", "{retry=mail}", "class path");
            assertThat(failure.remedy()).contains("resilience4j-spring-boot4");
        });
    }

    @Test
    void disabled_backsOff() {
        runner.withPropertyValues("asyncslot.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(ResilientCallbacks.class));
    }

    @Test
    void ofTheUser_wins() {
        ResilienceInstances none = new ResilienceInstances(() -> null, () -> null, () -> null, () -> null, () -> null);
        ResilientCallbacks own = new ResilientCallbacks(none, io.asyncslot.spi.SystemTicker.instance());
        runner.withBean("own", ResilientCallbacks.class, () -> own)
                .run(context ->
                        assertThat(context.getBean(ResilientCallbacks.class)).isSameAs(own));
    }

    @Test
    void nameThatIsNotConfigured_isRefused_andTheOthersAreNamed() {
        runner.withUserConfiguration(Named.class)
                .withPropertyValues(
                        "resilience4j.retry.instances.males.max-attempts=2",
                        "resilience4j.retry.instances.fax.max-attempts=2")
                .run(context -> {
                    SlotConfigurationException failure = refused(context.getStartupFailure());
                    assertThat(failure)
                            .hasMessageContainingAll("@TimerSlot of map 'named'", "retry 'mail'", "[fax, males]");
                    assertThat(failure.remedy()).contains("resilience4j.retry.instances.mail");
                });
    }

    @Test
    void everyKind_isLookedFor() {
        Map<String, String> kinds = Map.of(
                "circuit-breaker", "circuitbreaker",
                "rate-limiter", "ratelimiter",
                "time-limiter", "timelimiter",
                "bulkhead", "bulkhead",
                "retry", "retry");
        kinds.forEach((property, kind) -> runner.withUserConfiguration(Plain.class)
                .withPropertyValues("asyncslot.maps.plain." + property + "=nobody")
                .run(context -> assertThat(refused(context.getStartupFailure()).remedy())
                        .contains("resilience4j." + kind + ".instances.nobody")));
    }

    @Test
    void registryThatIsNoBean_isSaid() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration.class,
                        io.asyncslot.autoconfigure.AsyncSlotResilienceAutoConfiguration.class))
                .withUserConfiguration(Named.class)
                .run(context -> assertThat(refused(context.getStartupFailure()))
                        .hasMessageContaining("no bean of its registry"));
    }

    @Test
    void emptyProperty_takesTheAnnotationsGuardAway() {
        runner.withUserConfiguration(Named.class)
                .withPropertyValues("asyncslot.maps.named.retry=")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void placeholdersAreResolved() {
        runner.withUserConfiguration(Placeholder.class)
                .withPropertyValues("retry.of.mails=mail", RETRY)
                .run(context -> assertThat(context).hasNotFailed());
        runner.withUserConfiguration(Placeholder.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void whenOpenFallback_withoutAFallback_isRefused() {
        runner.withUserConfiguration(Named.class)
                .withPropertyValues(RETRY, "asyncslot.maps.named.resilience.when-open=fallback")
                .run(context -> assertThat(refused(context.getStartupFailure()))
                        .hasMessageContainingAll("asyncslot.maps.named.resilience.when-open", "no fallback method"));
    }

    @Test
    void fallbackThatDoesNotExist_isRefused() {
        refusedFallback(NoFallback.class, "has no method of this name");
    }

    @Test
    void fallbackThatDoesNotTakeTheFailure_isRefused() {
        refusedFallback(BlindFallback.class, "does not take the failure");
    }

    @Test
    void fallbackThatTakesAnotherKey_isRefused() {
        refusedFallback(OtherFallback.class, "whose parameter 0 is a java.lang.Integer");
    }

    @Test
    void twoFallbacksForOneFailure_areRefused() {
        refusedFallback(TwoFallbacks.class, ", but two methods of this name take java.lang.Exception");
    }

    private void refusedFallback(Class<?> type, String message) {
        runner.withUserConfiguration(type)
                .run(context -> assertThat(refused(context.getStartupFailure())).hasMessageContaining(message));
    }

    @Test
    void metersOfResilience4j_countTheRetries() {
        runner.withUserConfiguration(Named.class)
                .withPropertyValues(RETRY, "asyncslot.maps.named.circuit-breaker=mail")
                .withPropertyValues("resilience4j.circuitbreaker.instances.mail.sliding-window-size=2")
                .run(context -> {
                    SimpleMeterRegistry meters = new SimpleMeterRegistry();
                    TaggedRetryMetrics.ofRetryRegistry(context.getBean(RetryRegistry.class))
                            .bindTo(meters);
                    TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(context.getBean(CircuitBreakerRegistry.class))
                            .bindTo(meters);
                    ManualContext.timers(context, "named").start("a", Duration.ofSeconds(1));
                    ManualContext.pass(context, 10);
                    assertThat(meters.get("resilience4j.retry.calls")
                                    .tags("name", "mail", "kind", "failed_with_retry")
                                    .functionCounter()
                                    .count())
                            .isOne();
                    assertThat(meters.get("resilience4j.circuitbreaker.buffered.calls")
                                    .tags("name", "mail", "kind", "failed")
                                    .gauge()
                                    .value())
                            .isEqualTo(2);
                });
    }

    private ApplicationContextRunner without() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration.class,
                        io.asyncslot.autoconfigure.AsyncSlotResilienceAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.github.resilience4j"));
    }

    private static SlotConfigurationException refused(Throwable failure) {
        assertThat(failure).isNotNull();
        Throwable cause = failure;
        while (!(cause instanceof SlotConfigurationException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        assertThat(cause).isInstanceOf(SlotConfigurationException.class);
        return (SlotConfigurationException) cause;
    }

    static class Plain {
        @TimerSlot(map = "plain")
        void run(String key) {}
    }

    static class Named {
        @TimerSlot(map = "named", retry = "mail")
        void run(String key, SlotFiring firing) {
            throw new IllegalStateException("attempt " + firing.attempt());
        }
    }

    static class Placeholder {
        @TimerSlot(map = "named", retry = "${retry.of.mails:}")
        void run(String key) {}
    }

    static class NoFallback {
        @TimerSlot(map = "m", fallback = "nobody")
        void run(String key) {}
    }

    static class BlindFallback {
        @TimerSlot(map = "m", fallback = "blind")
        void run(String key) {}

        void blind(String key) {}
    }

    static class OtherFallback {
        @TimerSlot(map = "m", fallback = "other")
        void run(String key) {}

        void other(Integer key, Exception failure) {}
    }

    static class TwoFallbacks {
        @TimerSlot(map = "m", fallback = "two")
        void run(String key) {}

        void two(Exception failure) {}

        void two(String key, Exception failure) {}
    }
}

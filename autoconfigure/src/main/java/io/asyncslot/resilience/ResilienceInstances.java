package io.asyncslot.resilience;

import io.asyncslot.spring.SlotConfigurationException;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.Registry;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.util.Collection;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The application's registries of Resilience4j, asked when a map names an instance. None is made here: a name that is not
 * there is refused, where the registries themselves would make an instance with default values. Immutable.
 *
 * @param retries answers the registry, or null if there is none
 * @param circuitBreakers likewise
 * @param rateLimiters likewise
 * @param timeLimiters likewise
 * @param bulkheads likewise
 */
public record ResilienceInstances(
        Supplier<@Nullable RetryRegistry> retries,
        Supplier<@Nullable CircuitBreakerRegistry> circuitBreakers,
        Supplier<@Nullable RateLimiterRegistry> rateLimiters,
        Supplier<@Nullable TimeLimiterRegistry> timeLimiters,
        Supplier<@Nullable BulkheadRegistry> bulkheads) {

    Retry retry(String name, String place) {
        return find(retries.get(), RetryRegistry::getAllRetries, Retry::getName, "retry", name, place);
    }

    CircuitBreaker circuitBreaker(String name, String place) {
        return find(
                circuitBreakers.get(),
                CircuitBreakerRegistry::getAllCircuitBreakers,
                CircuitBreaker::getName,
                "circuitbreaker",
                name,
                place);
    }

    RateLimiter rateLimiter(String name, String place) {
        return find(
                rateLimiters.get(),
                RateLimiterRegistry::getAllRateLimiters,
                RateLimiter::getName,
                "ratelimiter",
                name,
                place);
    }

    TimeLimiter timeLimiter(String name, String place) {
        return find(
                timeLimiters.get(),
                TimeLimiterRegistry::getAllTimeLimiters,
                TimeLimiter::getName,
                "timelimiter",
                name,
                place);
    }

    Bulkhead bulkhead(String name, String place) {
        return find(bulkheads.get(), BulkheadRegistry::getAllBulkheads, Bulkhead::getName, "bulkhead", name, place);
    }

    private static <I, R extends Registry<I, ?>> I find(
            @Nullable R registry,
            Function<R, Collection<I>> all,
            Function<I, String> nameOf,
            String kind,
            String name,
            String place) {
        if (registry == null) {
            throw new SlotConfigurationException(
                    place + " names the Resilience4j " + kind + " '" + name + "' but there is no bean of its registry.",
                    "Add io.github.resilience4j:resilience4j-spring-boot4, which configures one, or define the bean.");
        }
        return registry.find(name).orElseThrow(() -> {
            TreeSet<String> known = new TreeSet<>();
            all.apply(registry).forEach(instance -> known.add(nameOf.apply(instance)));
            return new SlotConfigurationException(
                    place + " names the Resilience4j " + kind + " '" + name + "', which is not configured; there are: "
                            + known + ".",
                    "Correct the name, or configure 'resilience4j." + kind + ".instances." + name
                            + "', or create the instance in its registry before the context has started.");
        });
    }
}

package io.asyncslot.autoconfigure;

import io.asyncslot.resilience.ResilienceInstances;
import io.asyncslot.resilience.ResilientCallbacks;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the guards around callbacks, where Resilience4j is on the class path. Its registries are looked up
 * when a map names an instance.
 */
@AutoConfiguration(before = AsyncSlotAutoConfiguration.class)
@ConditionalOnClass({
    RetryRegistry.class,
    CircuitBreakerRegistry.class,
    RateLimiterRegistry.class,
    TimeLimiterRegistry.class,
    BulkheadRegistry.class
})
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
public final class AsyncSlotResilienceAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotResilienceAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    ResilientCallbacks asyncSlotResilientCallbacks(
            ObjectProvider<RetryRegistry> retries,
            ObjectProvider<CircuitBreakerRegistry> circuitBreakers,
            ObjectProvider<RateLimiterRegistry> rateLimiters,
            ObjectProvider<TimeLimiterRegistry> timeLimiters,
            ObjectProvider<BulkheadRegistry> bulkheads,
            ObjectProvider<Ticker> ticker) {
        ResilienceInstances instances = new ResilienceInstances(
                retries::getIfAvailable,
                circuitBreakers::getIfAvailable,
                rateLimiters::getIfAvailable,
                timeLimiters::getIfAvailable,
                bulkheads::getIfAvailable);
        Ticker unique = ticker.getIfUnique();
        return new ResilientCallbacks(instances, unique == null ? SystemTicker.instance() : unique);
    }
}

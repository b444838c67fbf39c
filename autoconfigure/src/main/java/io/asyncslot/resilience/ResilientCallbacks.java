package io.asyncslot.resilience;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.Ticker;
import io.asyncslot.spring.SlotConfigurationException;
import io.asyncslot.spring.SlotGuardSpec;
import io.asyncslot.spring.SlotGuards;
import io.asyncslot.spring.WhenOpen;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.Ordered;

/**
 * Resilience4j around the callbacks of the maps that name its instances. Thread-safe.
 *
 * <p>Order 0: inside of observations and contexts, next to the callback. Its advice on the callback's method, such as
 * that of Resilience4j's own annotations, is inside of it again. A registry that the application makes by itself has to be
 * given this interceptor, or nothing is guarded.
 */
public final class ResilientCallbacks implements SlotInterceptor, SlotGuards, Ordered, AutoCloseable {

    private final ResilienceInstances instances;
    private final Ticker ticker;
    private final AlarmThread alarm = new AlarmThread();

    /** By map. Written when maps are registered and closed, read by each run. */
    private final Map<String, MapGuard> guards = new ConcurrentHashMap<>();

    /** One for each circuit breaker, which it listens to. */
    private final Map<CircuitBreaker, CircuitBreakerGuard> breakers = new ConcurrentHashMap<>();

    /**
     * Makes the interceptor.
     *
     * @param instances where the named instances are
     * @param ticker measures callbacks that a time limiter does not interrupt
     */
    public ResilientCallbacks(ResilienceInstances instances, Ticker ticker) {
        this.instances = instances;
        this.ticker = ticker;
    }

    @Override
    public int getOrder() {
        return 0;
    }

    @Override
    public void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        MapGuard guard = guards.get(firing.map());
        if (guard == null) {
            next.run(key, firing);
        } else {
            guard.run(key, firing, next);
        }
    }

    @Override
    public void guard(SlotGuardSpec spec) {
        if (spec.whenOpen() == WhenOpen.FALLBACK && spec.fallback() == null) {
            throw new SlotConfigurationException(
                    "'asyncslot.maps." + spec.map() + ".resilience.when-open' is 'fallback' but " + spec.place()
                            + " names no fallback method.",
                    "Name one by the annotation's attribute 'fallback', or let when-open be 'wait' or 'drop'.");
        }
        String place = spec.place();
        String retry = spec.retry();
        String breaker = spec.circuitBreaker();
        String rate = spec.rateLimiter();
        String time = spec.timeLimiter();
        String bulkhead = spec.bulkhead();
        guards.put(
                spec.map(),
                new MapGuard(
                        retry == null ? null : new RetryGuard(instances.retry(retry, place)),
                        breaker == null ? null : listening(instances.circuitBreaker(breaker, place)),
                        rate == null ? null : new RateLimiterGuard(instances.rateLimiter(rate, place)),
                        time == null ? null : new TimeLimiterGuard(instances.timeLimiter(time, place), alarm, ticker),
                        bulkhead == null ? null : new BulkheadGuard(instances.bulkhead(bulkhead, place)),
                        spec.whenOpen(),
                        spec.fallback()));
    }

    private CircuitBreakerGuard listening(CircuitBreaker breaker) {
        return breakers.computeIfAbsent(breaker, CircuitBreakerGuard::new);
    }

    @Override
    public void release(String map) {
        guards.remove(map);
    }

    /** Ends the thread of the time limiters. */
    @Override
    public void close() {
        alarm.close();
    }
}

package io.asyncslot.spring;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which guards the callbacks of a map are to have, by the names of their instances.
 *
 * @param map the map's name
 * @param retry delivers a firing again that failed; null for none
 * @param circuitBreaker keeps calls from what fails; null for none
 * @param bulkhead limits how many run at once; null for none
 * @param rateLimiter limits how many begin in a time; null for none
 * @param timeLimiter limits how long one runs; null for none
 * @param whenOpen what the circuit breaker makes of a firing that it refuses
 * @param fallback is called for a firing that is given up; null for none
 * @param place where the map is bound, for messages
 */
public record SlotGuardSpec(
        String map,
        @Nullable String retry,
        @Nullable String circuitBreaker,
        @Nullable String bulkhead,
        @Nullable String rateLimiter,
        @Nullable String timeLimiter,
        WhenOpen whenOpen,
        @Nullable SlotFallback fallback,
        String place) {

    /** The guards by kind and name, for messages. */
    String names() {
        Map<String, @Nullable String> names = new LinkedHashMap<>();
        names.put("retry", retry);
        names.put("circuitBreaker", circuitBreaker);
        names.put("bulkhead", bulkhead);
        names.put("rateLimiter", rateLimiter);
        names.put("timeLimiter", timeLimiter);
        names.put("fallback", fallback == null ? null : "its method");
        names.values().removeIf(name -> name == null);
        return names.toString();
    }

    /**
     * Whether there is nothing to guard with.
     *
     * @return true when no instance and no fallback is named
     */
    public boolean isEmpty() {
        return retry == null
                && circuitBreaker == null
                && bulkhead == null
                && rateLimiter == null
                && timeLimiter == null
                && fallback == null;
    }
}

package io.asyncslot.spring;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What properties say about one map; null where they say nothing and the annotation holds.
 *
 * @param delay Delay of a start that names none; on a periodic map, that of the first period.
 * @param every Period of a map of fixed rate. Replaces every and cron of the annotation.
 * @param cron Cron expression of six fields. Replaces every and cron of the annotation.
 * @param zone Time zone of the cron expression.
 * @param clock Clock of the deadlines.
 * @param late What happens to periods that could not run when they were due.
 * @param backend Backend that measures the time of this map.
 * @param concurrency Number of callbacks of this map that may run at once. Zero means no limit but the executor's.
 * @param maxEntries Number of slots this map may hold. Zero means no limit but the heap's.
 * @param historySize Number of transitions each slot of this map remembers, at most 128. Zero switches history off.
 * @param retry Name of the Resilience4j retry that delivers failed firings again. Empty for none.
 * @param circuitBreaker Name of the Resilience4j circuit breaker around the callback. Empty for none.
 * @param bulkhead Name of the Resilience4j bulkhead around the callback. Empty for none.
 * @param rateLimiter Name of the Resilience4j rate limiter around the callback. Empty for none.
 * @param timeLimiter Name of the Resilience4j time limiter of the callback. Empty for none.
 * @param resilience How the guards of this map behave.
 */
public record SlotMapSettings(
        @Nullable Duration delay,
        @Nullable Duration every,
        @Nullable String cron,
        @Nullable String zone,
        @Nullable SlotClock clock,
        @Nullable LatePolicy late,
        @Nullable String backend,
        @Nullable Integer concurrency,
        @Nullable Integer maxEntries,
        @Nullable Integer historySize,
        @Nullable String retry,
        @Nullable String circuitBreaker,
        @Nullable String bulkhead,
        @Nullable String rateLimiter,
        @Nullable String timeLimiter,
        @Nullable Resilience resilience) {

    /** Settings that say nothing. */
    public static final SlotMapSettings NONE = new SlotMapSettings(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

    /**
     * How the guards of one map behave.
     *
     * @param whenOpen What becomes of a firing while the circuit breaker is open. Waits for the circuit breaker to try calls
     *     again unless set.
     */
    public record Resilience(@Nullable WhenOpen whenOpen) {}
}

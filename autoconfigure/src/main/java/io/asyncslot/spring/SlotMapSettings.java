package io.asyncslot.spring;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotRole;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.DstPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;

/**
 * The properties of one map. A component is null if its property is not set; then the annotation applies.
 *
 * @param delay Delay of a start that does not give one. On a periodic map, the delay of the first period.
 * @param every Period of a fixed-rate map. Replaces every and cron of the annotation.
 * @param cron Cron expression of six fields, or - to disable the map. Replaces every and cron of the annotation.
 * @param zone Time zone of the cron expression.
 * @param dst What happens to points of the cron expression when the clocks of the zone are set forward or back.
 * @param clock Clock of the deadlines.
 * @param late What happens to periods that could not run when they were due.
 * @param backend Backend that measures time for this map.
 * @param role Whether this process runs the callback of this map (worker), or only arms slots that fire in others
 *     (client). The default is worker.
 * @param concurrency Maximum number of callbacks of this map that run at the same time. With zero, only the executor
 *     limits them.
 * @param maxEntries Maximum number of slots in this map. With zero, only the heap limits them.
 * @param whenIdle What happens to a slot when nothing is pending and no callback runs. By default, it is freed.
 * @param maxWait Maximum time by which starts and touches can postpone a firing.
 * @param flushAt Number of collected values that makes a slot due immediately. Zero turns this off.
 * @param minInterval Minimum time between the beginnings of two runs of the same key, in a work map.
 * @param keySchedules Whether a start may set a schedule for its key.
 * @param merge What happens to a value that is accepted while another one is pending in the same slot.
 * @param maxValues Maximum number of values that a slot collects. With zero, only the heap limits them.
 * @param historySize Number of transitions that each slot of this map remembers, at most 128. Zero turns history off.
 * @param retry Name of the Resilience4j retry that delivers failed firings again. Empty for none.
 * @param circuitBreaker Name of the Resilience4j circuit breaker around the callback. Empty for none.
 * @param bulkhead Name of the Resilience4j bulkhead around the callback. Empty for none.
 * @param rateLimiter Name of the Resilience4j rate limiter around the callback. Empty for none.
 * @param timeLimiter Name of the Resilience4j time limiter of the callback. Empty for none.
 * @param resilience How the guards of this map behave.
 */
@ConfigurationPropertiesSource
public record SlotMapSettings(
        @Nullable Duration delay,
        @Nullable Duration every,
        @Nullable String cron,
        @Nullable String zone,
        @Nullable DstPolicy dst,
        @Nullable SlotClock clock,
        @Nullable LatePolicy late,
        @Nullable String backend,
        @Nullable SlotRole role,
        @Nullable Integer concurrency,
        @Nullable Integer maxEntries,
        @Nullable WhenIdle whenIdle,
        @Nullable Duration maxWait,
        @Nullable Integer flushAt,
        @Nullable Duration minInterval,
        @Nullable Boolean keySchedules,
        @Nullable Merge merge,
        @Nullable Integer maxValues,
        @Nullable Integer historySize,
        @Nullable String retry,
        @Nullable String circuitBreaker,
        @Nullable String bulkhead,
        @Nullable String rateLimiter,
        @Nullable String timeLimiter,
        @Nullable Resilience resilience) {

    /** Settings in which nothing is set. */
    public static final SlotMapSettings NONE = new SlotMapSettings(
            null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null);

    /** The names of the properties set that only timer maps have. */
    List<String> ofTime() {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("delay", delay);
        values.put("every", every);
        values.put("cron", cron);
        values.put("zone", zone);
        values.put("dst", dst);
        values.put("clock", clock);
        values.put("late", late);
        values.put("max-wait", maxWait);
        values.put("flush-at", flushAt);
        values.put("key-schedules", keySchedules);
        return values.entrySet().stream()
                .filter(value -> value.getValue() != null)
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * How the guards of one map behave.
     *
     * @param whenOpen What happens to a firing while the circuit breaker is open. By default, it waits until the
     *     circuit breaker tries calls again.
     */
    public record Resilience(@Nullable WhenOpen whenOpen) {}
}

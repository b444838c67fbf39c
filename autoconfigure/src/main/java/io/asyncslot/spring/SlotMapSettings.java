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
 * What properties say about one map; null where they say nothing and the annotation holds.
 *
 * @param delay Delay of a start that names none; on a periodic map, that of the first period.
 * @param every Period of a map of fixed rate. Replaces every and cron of the annotation.
 * @param cron Cron expression of six fields, or - to disable the map. Replaces every and cron of the annotation.
 * @param zone Time zone of the cron expression.
 * @param dst What becomes of points of the cron expression when the clocks of the zone are set forward or back.
 * @param clock Clock of the deadlines.
 * @param late What happens to periods that could not run when they were due.
 * @param backend Backend that measures the time of this map.
 * @param role Whether this process runs the callback of this map (worker), or only arms slots that fire in others (client).
 *     It is a worker unless set.
 * @param concurrency Number of callbacks of this map that may run at the same time. Zero means no limit but the executor's.
 * @param maxEntries Number of slots this map may hold. Zero means no limit but the heap's.
 * @param whenIdle What becomes of a slot of which nothing is pending and no callback runs. It is freed unless set.
 * @param maxWait Longest time by which starts and touches can postpone a firing.
 * @param flushAt Number of collected values that makes a slot due immediately. Zero means none.
 * @param minInterval Least time between the beginnings of two runs of a key of a work map.
 * @param keySchedules Whether starts may bring a schedule for their key.
 * @param merge What becomes of a value that is accepted while another one is pending in the same slot.
 * @param maxValues Number of values that a slot may collect. Zero means no limit but the heap's.
 * @param historySize Number of transitions each slot of this map remembers, at most 128. Zero switches history off.
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

    /** Settings that say nothing. */
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
     * @param whenOpen What becomes of a firing while the circuit breaker is open. Waits for the circuit breaker to try calls
     *     again unless set.
     */
    public record Resilience(@Nullable WhenOpen whenOpen) {}
}

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
        @Nullable Integer historySize) {

    /** Settings that say nothing. */
    public static final SlotMapSettings NONE =
            new SlotMapSettings(null, null, null, null, null, null, null, null, null, null);
}

package io.asyncslot.core;

import io.asyncslot.Merge;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.backend.Micros;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What makes the slots of a map more than deadlines. Immutable.
 *
 * @param values what they carry; null for nothing
 * @param maxWait how long they can be postponed; null for ever
 * @param flushAt how many values make them due at once; 0 for none
 * @param minInterval how long after the beginning of a run the next one may begin; null for at once
 */
record Shape(
        @Nullable SlotValues<?> values,
        @Nullable Duration maxWait,
        int flushAt,
        @Nullable Duration minInterval) {

    /** The shape of a map; null where slots are deadlines and nothing more. */
    static @Nullable Shape of(SlotMapSpec<?> spec) {
        Duration maxWait = spec instanceof TimerMapSpec<?> timers ? timers.maxWait() : null;
        int flushAt = spec instanceof TimerMapSpec<?> timers ? timers.flushAt() : 0;
        Duration minInterval = spec instanceof WorkMapSpec<?> works ? works.minInterval() : null;
        return spec.values() == null && maxWait == null && minInterval == null
                ? null
                : new Shape(spec.values(), maxWait, flushAt, minInterval);
    }

    boolean collects() {
        return values != null && values.merge() == Merge.COLLECT;
    }

    boolean mergesByFunction() {
        return values != null && values.merge() == Merge.FUNCTION;
    }

    /** Whether a start has to look at the clock for more than its own deadline. */
    boolean asksForTime() {
        return maxWait != null || flushAt != 0;
    }

    /** The latest deadline of what a start at this time makes pending. */
    long latest(long nanos) {
        return maxWait == null ? Micros.NEVER : Micros.after(nanos, maxWait);
    }

    /** When a slot that carries nothing yet is due, should it be started now. */
    long firstDue(long deadline, boolean value, long nanos) {
        return value && flushAt == 1 ? Math.min(deadline, Micros.ceil(nanos)) : Math.min(deadline, latest(nanos));
    }

    /** What has made the first deadline earlier than the one that was asked for; null for nothing. */
    @Nullable
    SlotLimit firstLimit(long deadline, long due) {
        return due >= deadline ? null : flushAt == 1 && values != null ? SlotLimit.FLUSH_AT : SlotLimit.MAX_WAIT;
    }

    /** Before when no run begins after one that has begun at this time. */
    long notBefore(long nanos) {
        return minInterval == null ? 0 : Micros.after(nanos, minInterval);
    }
}

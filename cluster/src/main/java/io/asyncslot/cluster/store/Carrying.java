package io.asyncslot.cluster.store;

import io.asyncslot.Merge;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.backend.Micros;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What makes the slots of a map more than deadlines, as the statements need it. Immutable.
 *
 * @param merge how values that meet in a slot are merged; null where slots carry none
 * @param maxValues how many collected values a slot may carry; 0 for any number
 * @param flushAt how many collected values make a slot due at once; 0 for none
 * @param maxWait how long a slot can be postponed, in microseconds; {@link SlotStore#NONE} for ever
 * @param minInterval how long after the beginning of a run the next one may begin, in microseconds; {@link SlotStore#NONE} for at
 *     once
 */
public record Carrying(@Nullable Merge merge, int maxValues, int flushAt, long maxWait, long minInterval) {

    /** Deadlines and nothing more. */
    public static final Carrying NOTHING = new Carrying(null, 0, 0, SlotStore.NONE);

    public Carrying(@Nullable Merge merge, int maxValues, int flushAt, long maxWait) {
        this(merge, maxValues, flushAt, maxWait, SlotStore.NONE);
    }

    /** What the values of one slot may have together: a firing is handed all of them, and the driver reads them at once. */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    /**
     * What a map declares.
     *
     * @param maxValueBytes how many bytes a value may have
     * @throws IllegalArgumentException if its slots may carry more than a node can be handed
     */
    public static Carrying of(SlotMapSpec<?> spec, int maxValueBytes) {
        SlotValues<?> values = spec.values();
        Duration maxWait = spec instanceof TimerMapSpec<?> timers ? timers.maxWait() : null;
        Duration minInterval = spec instanceof WorkMapSpec<?> works ? works.minInterval() : null;
        int flushAt = spec instanceof TimerMapSpec<?> timers ? timers.flushAt() : 0;
        return new Carrying(
                values == null ? null : values.merge(),
                values == null || values.merge() != Merge.COLLECT
                        ? 0
                        : maxValues(spec.name(), values, flushAt, maxValueBytes),
                flushAt,
                maxWait == null ? SlotStore.NONE : Micros.span(maxWait),
                minInterval == null ? SlotStore.NONE : Micros.span(minInterval));
    }

    private static int maxValues(String map, SlotValues<?> values, int flushAt, int maxValueBytes) {
        int most = MOST_BYTES / maxValueBytes;
        int wanted = Math.max(values.maxValues(), flushAt);
        if (wanted > most) {
            throw new IllegalArgumentException((values.maxValues() > most ? "'maxValues'" : "'flushAt'") + " of map '"
                    + map + "' is " + wanted + ", but a slot of this backend carries " + most
                    + " values at most: 64 MiB divided by 'asyncslot.cluster.max-value-bytes' (" + maxValueBytes
                    + "); lower one of the two");
        }
        return values.maxValues() == 0 ? most : values.maxValues();
    }

    /** Whether the statements of maps without values and shapes will do. */
    public boolean isPlain() {
        return merge == null && maxWait == SlotStore.NONE && minInterval == SlotStore.NONE;
    }

    /** Before when no run may begin after one that began then; {@link SlotStore#NONE} without an interval. */
    public long after(long began) {
        return minInterval == SlotStore.NONE ? SlotStore.NONE : began + minInterval;
    }

    public boolean hasValues() {
        return merge != null;
    }

    public boolean collects() {
        return merge == Merge.COLLECT;
    }
}

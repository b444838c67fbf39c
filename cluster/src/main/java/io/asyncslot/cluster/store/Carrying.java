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
 * The values and limits of a map's slots, in the form that the statements need. Immutable.
 *
 * @param merge how to merge values that meet in a slot; null if slots carry none
 * @param maxValues how many collected values a slot may carry; 0 for any number
 * @param flushAt how many collected values make a slot due immediately; 0 for none
 * @param maxWait how long a slot can be postponed, in microseconds; {@link SlotStore#NONE} for no limit
 * @param minInterval the minimum time between the beginnings of two runs, in microseconds; {@link SlotStore#NONE} for
 *     none
 */
public record Carrying(@Nullable Merge merge, int maxValues, int flushAt, long maxWait, long minInterval) {

    /** Deadlines and nothing more. */
    public static final Carrying NOTHING = new Carrying(null, 0, 0, SlotStore.NONE);

    public Carrying(@Nullable Merge merge, int maxValues, int flushAt, long maxWait) {
        this(merge, maxValues, flushAt, maxWait, SlotStore.NONE);
    }

    /**
     * The most bytes that the values of one slot may have together: a firing receives all of them, and the driver reads
     * them in one piece.
     */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    /**
     * The values and limits that a map declares.
     *
     * @param maxValueBytes the maximum size of a value in bytes
     * @throws IllegalArgumentException if its slots may carry more than a node can receive
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

    /** Whether the statements for maps without values and shapes are sufficient. */
    public boolean isPlain() {
        return merge == null && maxWait == SlotStore.NONE && minInterval == SlotStore.NONE;
    }

    /**
     * The earliest time for the next run after one that began at that time; {@link SlotStore#NONE} without an interval.
     */
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

package io.asyncslot.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a slot carries where slots outlive the process: what the run that goes on was handed, and what is of no use any more. Guarded
 * by the monitor of its slot.
 */
public final class Kept {

    /** The number of the value that was accepted last. */
    private long numbers;

    /** What the run that goes on was handed; null for nothing. */
    @Nullable
    Object running;

    /** Whether that run has passed it on. */
    boolean passedOn;

    /** Those that no copy needs, once the next one is written. Linked: it takes no heap. */
    private @Nullable KeptValue gone;

    Kept() {}

    /** The slot whose copy has that place accepts a value, unless that was done before. */
    void accept(int place, @Nullable Object value) {
        if (value instanceof KeptValue kept && kept.number() == 0) {
            kept.accept(place, ++numbers);
        }
    }

    /** Takes up what a former process left. */
    void recovered(List<KeptValue> values) {
        for (KeptValue each : values) {
            numbers = Math.max(numbers, each.number());
        }
    }

    /** Some values are not needed once the next copy is written. */
    void discard(@Nullable Object values) {
        for (int i = count(values) - 1; i >= 0; i--) {
            KeptValue each = at(values, i);
            if (each != null) {
                each.next = gone;
                gone = each;
            }
        }
    }

    /** The copy is written. */
    void written() {
        for (KeptValue each = gone; each != null; each = gone) {
            gone = each.next;
            each.next = null;
            each.free();
        }
    }

    /** What a list of values is to a slot; null for none. */
    static @Nullable Object carried(List<KeptValue> values, boolean collects) {
        if (values.isEmpty()) {
            return null;
        }
        if (!collects) {
            return values.get(0);
        }
        ValueCollector collector = new ValueCollector();
        for (KeptValue each : values) {
            collector.reserve();
            collector.add(each);
        }
        return collector;
    }

    /**
     * How many there are.
     *
     * @param values what {@link SlotShape#pendingValues()} or {@link SlotShape#runningValues()} answered
     * @return their number
     */
    public static int count(@Nullable Object values) {
        if (values instanceof KeptValue) {
            return 1;
        }
        return values instanceof ValueCollector collector
                ? collector.size()
                : values instanceof ValueList list ? list.size() : 0;
    }

    /**
     * One of them.
     *
     * @param values as in {@link #count}
     * @param index from 0, in the order of acceptance
     * @return null for one that is not kept
     */
    public static @Nullable KeptValue at(@Nullable Object values, int index) {
        Object value = values instanceof ValueCollector collector
                ? collector.get(index)
                : values instanceof ValueList list ? list.carried(index) : values;
        return value instanceof KeptValue kept ? kept : null;
    }
}

package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * A value, or the schedule of a key, with the place that it has where slots outlive the process. Made before the step that accepts it;
 * numbered by that step. Guarded by the monitor of its slot from then on; the value never changes.
 */
public abstract class KeptValue {

    private final Object value;

    /** Its place in the order in which its slot accepted values; 0 until it is accepted. */
    private long number;

    /** The next one in the chain of those that are of no use any more. */
    @Nullable
    KeptValue next;

    /**
     * Makes one.
     *
     * @param value the value
     * @param number its number if a former process has accepted it, else 0
     */
    protected KeptValue(Object value, long number) {
        this.value = value;
        this.number = number;
    }

    /**
     * The value.
     *
     * @return what a callback is handed
     */
    public final Object value() {
        return value;
    }

    /**
     * Its place in the order of acceptance.
     *
     * @return at least 1; 0 until it is accepted
     */
    public final long number() {
        return number;
    }

    /** The slot whose copy has that place accepts it. */
    final void accept(int place, long as) {
        number = as;
        enter(place, as);
    }

    /** The slot that was to have it was not made. */
    final void unaccepted() {
        number = 0;
    }

    /**
     * Notes whose value it is where it is kept. Called once, with the slot's monitor: short, and throws nothing.
     *
     * @param place where the copy of the slot is
     * @param as its number
     */
    protected abstract void enter(int place, long as);

    /** Nobody needs it any more: its place may be another's. Called once: short, and throws nothing. */
    protected abstract void free();

    /** What a callback is handed of something that a slot carries. */
    static @Nullable Object handed(@Nullable Object carried) {
        return carried instanceof KeptValue kept ? kept.value : carried;
    }

    /** Frees one that was made for an operation, which has not accepted it. */
    static void freeUnlessAccepted(@Nullable Object made) {
        if (made instanceof KeptValue kept && kept.number == 0) {
            kept.free();
        }
    }
}

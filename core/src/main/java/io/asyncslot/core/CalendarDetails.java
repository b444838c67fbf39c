package io.asyncslot.core;

import io.asyncslot.backend.Periods;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a slot needs besides if its periods are points of the wall clock: which of them have had their run, and what its
 * pending deadline was derived from. Thread-safe as said per field.
 *
 * @param <K> the key type
 */
final class CalendarDetails<K> extends SlotDetails<K> implements FiredRun.Points {

    /** Those of a slot of a map that follows a calendar. */
    static <K> CalendarDetails<K> of(ControlBlock<K> block) {
        return (CalendarDetails<K>) block.needDetails();
    }

    /** Value of {@link Derived#due()}: the deadline is a point of the map's schedule. */
    static final long OF_SCHEDULE = -1;

    /**
     * A deadline that nobody named: it came of the map's own schedule, period or delay, or of a retry's delay.
     *
     * @param generation of the arming
     * @param deadline microseconds of the wall clock
     * @param due the same moment in nanoseconds of the monotonic clock, or {@link #OF_SCHEDULE}
     */
    record Derived(long generation, long deadline, long due) {

        Derived movedTo(long earlier) {
            return new Derived(generation, earlier, due);
        }
    }

    /**
     * Points that have had their run.
     *
     * @param of the series that they are of; null for any
     */
    private record Fired(@Nullable Periods of, FiredPoints points) {

        static final Fired NONE = new Fired(null, FiredPoints.NONE);

        FiredPoints of(Periods periods) {
            return of == null || of == periods ? points : FiredPoints.NONE;
        }
    }

    /** With the point that is about to have its run. Custodian writes; volatile. */
    private volatile Fired fired = Fired.NONE;

    /** The same without that point. Custodian only. */
    private Fired settled = Fired.NONE;

    /** The latest deadline that was derived, but for the slot's own next periods. Any thread that armed; null for none. */
    final AtomicReference<@Nullable Derived> derived = new AtomicReference<>();

    CalendarDetails(SlotHome<K> map) {
        super(map);
    }

    @Override
    public FiredPoints fired(Periods periods) {
        return fired.of(periods);
    }

    /** Before publication: what a former process left. */
    void recovered(long lastPoint) {
        settled = new Fired(null, FiredPoints.upTo(lastPoint));
        fired = settled;
    }

    @Override
    public void begins(long point, Periods periods, boolean first) {
        FiredPoints before = first ? FiredPoints.NONE : settled.of(periods);
        fired = new Fired(periods, before.with(point, periods));
    }

    @Override
    public void begun(boolean begun) {
        if (begun) {
            settled = fired;
        } else if (fired != settled) {
            fired = settled;
        }
    }
}

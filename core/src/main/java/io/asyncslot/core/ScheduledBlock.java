package io.asyncslot.core;

import io.asyncslot.backend.Periods;
import io.asyncslot.spi.ArmingContexts;
import org.jspecify.annotations.Nullable;

/**
 * An incarnation of a slot that may have a schedule of its own. Thread-safe.
 *
 * @param <K> the key type
 */
final class ScheduledBlock<K> extends ControlBlock<K> {

    /*
     * The schedule lies beside the word. Who arms stores it first and then makes the step on the word, one after another under
     * this object's monitor; who begins a run reads the word first, then the schedule, then makes the step. So a run that takes
     * the deadline of an arming goes on by the schedule of that arming or a later one; and if by a later one, whoever stored that is
     * about to arm the slot for its first point. A move for a point of a schedule asks under the monitor whether the slot still
     * has that one; a start that goes on with the schedule leaves it as it is there. No schedule is called under the monitor.
     */

    /** Null for what the map says. Written under the monitor, before the word; volatile. */
    private volatile @Nullable Series series;

    ScheduledBlock(
            SlotHome<K> map,
            @Nullable Series series,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(map, key, hash, deadline, generation, commanded, details);
        this.series = series;
    }

    @Nullable
    Series series() {
        return series;
    }

    @Override
    Periods periods(Periods ofMap) {
        Series present = series;
        return present == null ? ofMap : present.periods();
    }

    /**
     * As {@link StateWord#arm}, with another schedule.
     *
     * @param following null for what the map says; {@link Series#KEEP} for the one that the slot has
     */
    synchronized Arming arm(
            long deadline, @Nullable Series following, @Nullable ArmingContexts contexts, @Nullable Object captured) {
        Series former = series;
        boolean done = false;
        try {
            if (following != Series.KEEP) {
                series = following;
            }
            Arming arming =
                    contexts == null ? arm(deadline) : needDetails().armedIn().arm(this, deadline, captured);
            done = true;
            return arming;
        } finally {
            if (!done) {
                series = former; // an Error: what is pending is a point of that one
            }
        }
    }

    /**
     * As {@link StateWord#move}, if the deadline was derived from the schedule that the slot has.
     *
     * @param of what the deadline was derived from; {@link Series#KEEP} for no schedule: it was named
     * @return null if the slot has another schedule meanwhile; nothing changed
     */
    synchronized @Nullable Move move(long deadline, @Nullable Series of) {
        return of == Series.KEEP || of == series ? move(deadline) : null;
    }
}

package io.asyncslot.core;

import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.spi.ArmingContexts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An incarnation of a slot that may have a schedule of its own. Thread-safe.
 *
 * @param <K> the key type
 */
final class ScheduledBlock<K> extends NotedBlock<K> implements SlotShape {

    /*
     * The schedule lies beside the word. Who arms stores it first and then makes the step on the word, one after another under
     * this object's monitor; who begins a run reads the word first, then the schedule, then makes the step. So a run that takes
     * the deadline of an arming goes on by the schedule of that arming or a later one; and if by a later one, whoever stored that is
     * about to arm the slot for its first point. A move for a point of a schedule asks under the monitor whether the slot still
     * has that one; a start that goes on with the schedule leaves it as it is there. No schedule is called under the monitor.
     */

    /** Null for what the map says. Written under the monitor, before the word; volatile. */
    private volatile @Nullable Series series;

    /** The schedule where slots outlive the process; null for none. Guarded by {@code this}. */
    private @Nullable KeptValue keptSchedule;

    private final @Nullable Kept kept;

    /** Made from what a former process left. */
    ScheduledBlock(SlotHome<K> map, RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        super(slot, hash, references, details);
        this.kept = map.keepsShapes() ? new Kept() : null;
        RecoveredShape left = slot.shape();
        KeptValue schedule = left == null ? null : left.schedule();
        if (kept != null && schedule != null) {
            kept.recovered(List.of(schedule));
            this.keptSchedule = schedule;
            this.series = (Series) schedule.value();
        }
    }

    /** {@code following} null, a {@link Series}, or a {@link KeptValue} of one. */
    ScheduledBlock(
            SlotHome<K> map,
            @Nullable Object following,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(map, key, hash, deadline, generation, commanded, details);
        this.kept = map.keepsShapes() ? new Kept() : null;
        this.series = (Series) KeptValue.handed(following);
        this.keptSchedule = following instanceof KeptValue value ? value : null;
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
     * @param following null for what the map says; a {@link Series} or a {@link KeptValue} of one; {@link Series#KEEP} for the
     *     one that the slot has
     */
    synchronized Arming arm(
            long deadline, @Nullable Object following, @Nullable ArmingContexts contexts, @Nullable Object captured) {
        Series former = series;
        boolean done = false;
        try {
            if (following != Series.KEEP) {
                series = (Series) KeptValue.handed(following);
            }
            Arming arming =
                    contexts == null ? arm(deadline) : needDetails().armedIn().arm(this, deadline, captured);
            done = true;
            if (kept != null && following != Series.KEEP && arming != Arming.FREED) {
                kept.discard(keptSchedule);
                keptSchedule = following instanceof KeptValue value ? value : null;
                kept.accept(position(), keptSchedule);
            }
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

    // ---- copies: as in a ValueBlock ------------------------------------------------------------------------------

    @Override
    public synchronized void copyShape(ShapeWriter writer, boolean freed) {
        Kept present = kept;
        long word;
        long base;
        do {
            word = word();
            base = generationBase();
        } while (word != word());
        if (present == null || isFreed(word) && !freed && !isFreedIdle(word)) {
            return;
        }
        present.accept(position(), keptSchedule); // that of a slot which is new
        writer.write(position(), word, base, this);
        present.written();
    }

    @Override
    public synchronized void leaveShape(ShapeWriter reader) {
        if (kept != null) {
            kept.written();
            reader.write(position(), word(), generationBase(), this);
        }
    }

    @Override
    synchronized Freeing copyAndFree(SlotMirror<K> copies) {
        return super.copyAndFree(copies);
    }

    @Override
    public synchronized void endedLeft(Runnable acknowledge) {
        if (kept != null) {
            acknowledge.run();
        }
    }

    @Override
    public synchronized void freeKept() {
        if (kept != null) {
            kept.discard(keptSchedule);
            keptSchedule = null;
            kept.written();
        }
    }

    @Override
    void unmade() {
        if (keptSchedule != null) {
            keptSchedule.unaccepted();
        }
    }

    @Override
    public long latest() {
        return Micros.NEVER;
    }

    @Override
    public long notBefore() {
        return 0;
    }

    @Override
    public boolean isAgain() {
        return false;
    }

    @Override
    public boolean hasPassedOn() {
        return false;
    }

    @Override
    public int handedBefore() {
        return 0;
    }

    @Override
    public @Nullable Object pendingValues() {
        return null;
    }

    @Override
    public @Nullable Object runningValues() {
        return null;
    }

    @Override
    public @Nullable KeptValue keptSchedule() {
        return keptSchedule;
    }
}

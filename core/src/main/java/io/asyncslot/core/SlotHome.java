package io.asyncslot.core;

import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.RunBarrier;
import io.asyncslot.spi.ArmingContexts;
import java.time.Duration;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What a control block, and whoever carries one, sees of its map: so blocks, custody and the queues know nothing of how slots are
 * made, found and shown. Thread-safe.
 *
 * @param <K> the key type
 */
abstract class SlotHome<K> implements SlotMap<K> {

    SlotHome() {}

    // ---- what is constant

    abstract SlotClock clock();

    abstract Periods periods();

    abstract Timekeeper keeper();

    abstract Counters counters();

    abstract Dispatcher<K> dispatcher();

    abstract RunBarrier barrier();

    abstract @Nullable SlotMirror<K> mirror();

    abstract @Nullable ArmingContexts armingContexts();

    /** Whether the step that leaves a slot with nothing pending and no run frees it. */
    abstract boolean freesIdle();

    /** Whether values, limits and schedules outlive the process with their slots. */
    abstract boolean keepsShapes();

    /** Keeps a value or a schedule where slots outlive the process; null if there is no room, or nothing that keeps it. */
    abstract @Nullable KeptValue keep(Object value);

    /** Details for a slot that needs some of its own. */
    abstract SlotDetails<K> newDetails();

    /** The details of all slots that have none of their own. */
    abstract SlotDetails<K> sharedDetails();

    abstract boolean keepsHistory();

    /** How many events of a slot are remembered. */
    abstract int historySize();

    /** When the map was opened, in microseconds of its clock; 0 where there is no history. */
    abstract long openedAt();

    // ---- what it does with a block

    /** A run of a slot is about to begin, whose interval ends then, if there are intervals. */
    abstract void intervalBegins(ControlBlock<K> block, long end);

    /** When a slot is due, given a word of it that was read before: by its deadline, or by a touch from outside. */
    abstract long dueAt(ControlBlock<K> block, long word);

    /** Whether a slot is pending, not held back, and nobody has promised to look at it in time. */
    abstract boolean isStray(ControlBlock<K> block);

    /** Sees to it that somebody looks at a slot in time, unless runs of it are held back. */
    abstract void passOnUnlessPaused(ControlBlock<K> block);

    /** Arms an incarnation by its handle, from its own callback. */
    abstract StartOutcome restart(ControlBlock<K> block, Duration delay);

    /** Arms the firing of a run once more, from inside that run; whoever ends the run passes the slot on. */
    abstract RetryOutcome redeliver(ControlBlock<K> block, Firing<K> firing, Duration delay, boolean postponed);

    /** The last reference of a freed block is gone and its run has ended. Called once per incarnation. */
    abstract void reclaimed(ControlBlock<K> block);

    /** The former incarnation, if it exists and still runs. */
    abstract @Nullable ControlBlock<K> runningPredecessor(ControlBlock<K> block);

    /** The run of a slot has ended that a former map of this process had begun. */
    abstract void endFormerRun(ControlBlock<K> block);

    /** Whether the map is closed, and its slots stay where they outlive the process. */
    abstract boolean isLettingGo();

    /** Frees a slot as the closer of its map does that lets slots stay; answers false in a map that is open or is dropped. */
    abstract boolean leaveClosed(ControlBlock<K> block);

    /** All incarnations, one after another. */
    abstract Iterator<ControlBlock<K>> blocks();

    /** Frees slots that are idle and whose interval is over, of the most that are to be looked at. */
    abstract void sweep(int most);

    // ---- what it is told

    /** A reading of the map's clock. */
    abstract long nanos();

    /** Records what is not on the calling thread's account, with the time that it is. */
    abstract void noteNow(ControlBlock<K> block, Kind kind, @Nullable SlotCause cause);

    /** Something could not be noted for those who look: tells of that. What is noted has happened all the same. */
    abstract void unnoted(Throwable failure);

    /** Threads that wait for the map to close, inside callbacks. */
    abstract int closersInCallbacks();
}

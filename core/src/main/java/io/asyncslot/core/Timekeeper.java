package io.asyncslot.core;

import io.asyncslot.backend.InFlight;
import org.jspecify.annotations.Nullable;

/**
 * What measures time for control blocks on this machine: told by {@link LocalSlots} what to look at, and calling
 * {@link ControlBlock#expire} on what is due. It may look late or in vain; whether a run begins is decided by the
 * state word alone. Every method is non-blocking and may be called by any thread.
 */
public interface Timekeeper {

    /**
     * A slot was armed or moved. The timekeeper must look at it no later than {@code deadline}; if whoever holds it
     * has promised that already, nothing need be done.
     *
     * @param block the slot, armed by the caller just now
     * @param deadline what it was armed for, in microseconds of the map's clock
     */
    void armed(ControlBlock<?> block, long deadline);

    /**
     * A slot was created armed and published, with its inbox flag set and a reference for the command.
     *
     * @param block the new slot
     */
    void born(ControlBlock<?> block);

    /**
     * A slot was freed. The timekeeper must let go of it and release the map's reference, which passes to it.
     *
     * @param block the freed slot
     */
    void freed(ControlBlock<?> block);

    /**
     * A slot in the worker's custody is not to run, for callbacks are stopped. The timekeeper becomes its custodian, and
     * hands it over again once they run.
     *
     * @param block the slot, in the custody of the caller
     */
    void retry(ControlBlock<?> block);

    /**
     * Whether callbacks may be handed to the executor now.
     *
     * @return false while stopped: what is due then waits in the timekeeper
     */
    boolean isRunning();

    /**
     * Whether slots of work maps are measured here too: each submit is then a command, as each start is. Asked once per
     * map.
     *
     * @return false, unless overridden: submits go straight to the executor
     */
    default boolean measuresWork() {
        return false;
    }

    /**
     * Whether {@link #hasLapsed} may be true of any slot. Asked once per map.
     *
     * @return false, unless overridden: every promise that elapses is followed by a look
     */
    default boolean promisesLapse() {
        return false;
    }

    /**
     * Whether a promise may have elapsed without a look at the slot, because what was pending had been cancelled or moved
     * to later. Asked after each arming and each move to a time not before the promise, where {@link #promisesLapse}.
     *
     * @param block the slot
     * @return false, unless overridden
     */
    default boolean hasLapsed(ControlBlock<?> block) {
        return false;
    }

    /**
     * Whether every command that is in an intake by now will have been carried out by then. Asked after the arming of a slot
     * that has a command there, or is about to have one: then nobody need be told.
     *
     * @param deadline in microseconds of the monotonic clock, if commands for slots of other clocks are carried out whenever they come
     * @return false, unless overridden
     */
    default boolean takesBy(long deadline) {
        return false;
    }

    /** The calling thread is about to arm many slots, in one go: a hint to leave commands until {@link #batchEnds}. */
    default void batchBegins() {}

    /** The calling thread has armed many slots. */
    default void batchEnds() {}

    /**
     * Calls something once, on the thread that hands over what is due, while callbacks may be handed over. A later call
     * takes the place of one that is pending.
     *
     * @param attempt what to call; does not throw
     * @param micros how long from now, in microseconds
     */
    void attemptLater(Runnable attempt, long micros);

    /**
     * Who notices that the wall clock was set back. Asked once per map.
     *
     * @return null, unless overridden: nobody looks
     */
    default @Nullable WallSteps wallSteps() {
        return null;
    }

    /**
     * What looks after slots that nobody holds. It is driven by the thread that hands over what is due.
     *
     * @return the same at each call
     */
    Scrubber scrubber();

    /**
     * The count of the callbacks in the executor's hands.
     *
     * @return the same at each call
     */
    InFlight inFlight();
}

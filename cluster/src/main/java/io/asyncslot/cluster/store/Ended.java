package io.asyncslot.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * The end of a run in the database.
 *
 * @param id the slot
 * @param token the run's token
 * @param result what happened
 * @param next the deadline that the ending node has claimed with it and must hold now; null if there is none
 * @param left whether the next deadline is within the horizon, and was left to the sweeps
 * @param gone whether the run has ended and its slot no longer exists: it was deleted, or freed with the run
 */
public record Ended(
        SlotId id, long token, Result result, @Nullable Due next, boolean left, boolean gone) {

    /** The answer for a run that has not ended. */
    public static Ended not(SlotId id, long token, Result why) {
        return new Ended(id, token, why, null, false, false);
    }

    /** The result of ending a run. */
    public enum Result {
        /** The run is over. */
        ENDED,
        /** Another transaction has the row: end it again in a few milliseconds. */
        LOCKED,
        /** The run no longer belonged to this node: it was cut off, and its firing belongs to another one. */
        FENCED
    }
}

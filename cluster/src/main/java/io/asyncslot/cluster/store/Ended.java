package io.asyncslot.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * How a run was ended in the database.
 *
 * @param id the slot
 * @param token the run's token
 * @param result what happened
 * @param next what the ending node has claimed with it and has to hold now; null when there is nothing
 * @param gone whether the run has ended and there is no slot any more: it was deleted, or has been freed with the run
 */
public record Ended(
        SlotId id, long token, Result result, @Nullable Due next, boolean gone) {

    /** What became of the end of a run. */
    public enum Result {
        /** The run is over. */
        ENDED,
        /** Another transaction has the row: end it again in a few milliseconds. */
        LOCKED,
        /** The run was not this node's any more: it was cut off, and the firing belongs to another one. */
        FENCED
    }
}

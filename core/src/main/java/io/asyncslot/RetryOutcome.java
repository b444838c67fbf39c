package io.asyncslot;

/** What asking for a firing to be delivered again did. */
public enum RetryOutcome {
    /**
     * The firing is delivered again when the delay is over, unless a start, cancel or delete comes first; a touch moves
     * it.
     */
    SCHEDULED,
    /**
     * Something else is pending and stays so: a start or submit made during the run, an earlier retry of the same run,
     * or the next period of the slot, where that is due first. This firing is not delivered again.
     */
    SUPERSEDED,
    /** The slot was cancelled during the run, which is not followed by another one. */
    WITHDRAWN,
    /** The slot was deleted, or its map closed, during the run. */
    FREED
}

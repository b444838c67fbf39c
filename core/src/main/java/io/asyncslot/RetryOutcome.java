package io.asyncslot;

/** The outcome of {@link SlotFiring#retry} and {@link SlotFiring#postpone}. */
public enum RetryOutcome {
    /**
     * The firing is delivered again when the delay is over, unless a start, cancel or delete comes first; a touch moves
     * it.
     */
    SCHEDULED,
    /**
     * Something else is pending and stays so: a start or submit made during the run, an earlier retry of the same run,
     * or the next period of the slot, if that is due first. This firing is not delivered again.
     */
    SUPERSEDED,
    /** The slot was cancelled during the run; no other run follows. */
    WITHDRAWN,
    /** The slot was deleted, or its map closed, during the run. */
    FREED
}

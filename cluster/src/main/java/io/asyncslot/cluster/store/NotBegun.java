package io.asyncslot.cluster.store;

/**
 * A held slot that did not begin.
 *
 * @param id the slot
 * @param generation the generation that was asked for
 * @param reason why
 * @param due when to ask again after {@link Reason#EARLY}, in microseconds of database time; otherwise 0
 */
public record NotBegun(SlotId id, long generation, Reason reason, long due) {

    /** Why a held slot did not begin, and what its holder does about it. */
    public enum Reason {
        /** Another transaction has the row: ask again in a few milliseconds. */
        LOCKED,
        /** Its deadline was moved, or this node's reading of the clock was ahead: hold it until then. */
        EARLY,
        /** Cancelled, started again, deleted, paused, or claimed by another node: let go of it. */
        GONE
    }
}

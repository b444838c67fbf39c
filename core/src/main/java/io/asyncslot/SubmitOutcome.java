package io.asyncslot;

/** What a submit to a work slot did. Follows {@code bpf_wq_start}: pending work absorbs further submits. */
public enum SubmitOutcome {
    /** One run of the callback follows; if one is under way, it follows that one. */
    SUBMITTED,
    /** A run is pending already and will see this submit's effects; no second run is queued. */
    COALESCED,
    /**
     * The map is at its capacity and the key has no slot, or the slot has as many values as the map admits; nothing
     * changed.
     */
    REJECTED,
    /** The map or the registry is closed; nothing is queued. */
    CLOSED,
    /**
     * The submit was sent to the backend and its answer was lost with the connection: a run follows, or it does not. A
     * further submit makes it certain. Only backends behind a network answer this.
     */
    IN_DOUBT
}

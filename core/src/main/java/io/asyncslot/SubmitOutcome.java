package io.asyncslot;

/** The outcome of a submit. Follows {@code bpf_wq_start}: further submits join pending work. */
public enum SubmitOutcome {
    /** One run of the callback follows, after the present run if there is one. */
    SUBMITTED,
    /** A run is pending already, and will see what the caller did before this submit; no second run is queued. */
    COALESCED,
    /**
     * The map is at its capacity and the key has no slot, or the slot has as many values as the map allows; nothing changed.
     */
    REJECTED,
    /** The map or the registry is closed; nothing is queued. */
    CLOSED,
    /**
     * The submit was sent to the backend, and its answer was lost with the connection: a run may or may not follow. Submit again to
     * be certain. Only backends behind a network answer this.
     */
    IN_DOUBT
}

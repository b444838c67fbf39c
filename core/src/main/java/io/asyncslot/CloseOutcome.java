package io.asyncslot;

/** How closing a map ended. In every case but {@link #WOULD_DEADLOCK} the map is closed and all its slots are freed. */
public enum CloseOutcome {
    /** No callback of the map runs any more. */
    CLOSED,
    /** A callback of the map still ran when the limit was over; no new one will start. */
    TIMED_OUT,
    /** Called from one of the map's own callbacks, or round a ring of waits; nothing changed. */
    WOULD_DEADLOCK
}

package io.asyncslot;

/**
 * The outcome of closing or dropping a map. Except with {@link #WOULD_DEADLOCK} the map is closed. Its slots are freed, unless
 * {@link SlotMap#close} left them on a backend whose slots outlive the process.
 */
public enum CloseOutcome {
    /** No callback of the map runs any more. */
    CLOSED,
    /** A callback of the map still ran when the limit was over; no new one will start. */
    TIMED_OUT,
    /** Called from one of the map's own callbacks, directly or in a ring of waits; nothing changed. */
    WOULD_DEADLOCK
}

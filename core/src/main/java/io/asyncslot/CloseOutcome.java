package io.asyncslot;

/**
 * How closing or dropping a map ended. In every case but {@link #WOULD_DEADLOCK} the map is closed; its slots are freed,
 * unless {@link SlotMap#close} left them where they outlive the process.
 */
public enum CloseOutcome {
    /** No callback of the map runs any more. */
    CLOSED,
    /** A callback of the map still ran when the limit was over; no new one will start. */
    TIMED_OUT,
    /** Called from one of the map's own callbacks, or round a ring of waits; nothing changed. */
    WOULD_DEADLOCK
}

package io.asyncslot;

/**
 * The outcome of a cancel.
 *
 * <p>Follows {@code bpf_timer_cancel_async} (never waits, keeps the binding) and, for the awaiting form, the
 * {@code -EDEADLK} rules of {@code bpf_timer_cancel}.
 */
public enum CancelOutcome {
    /** A pending deadline was removed and will not fire. Exactly one of several racing cancels answers this. */
    CANCELLED,
    /** Nothing was pending, and no callback runs; nothing changed. */
    NOT_ARMED,
    /** Nothing was pending; the callback runs right now and continues. The awaiting form never answers this. */
    RUNNING,
    /** The key has no slot. In a map that frees idle slots, this is the case whenever nothing is pending and no callback runs. */
    ABSENT,
    /** The map or the registry is closed; closing has freed its slots. */
    CLOSED,
    /** Awaiting form only: the callback still ran when the limit was over. A pending deadline was removed nevertheless. */
    TIMED_OUT,
    /**
     * Awaiting form only: the caller would wait for itself, directly or in a ring of callbacks that await each other. Nothing changed.
     */
    WOULD_DEADLOCK
}

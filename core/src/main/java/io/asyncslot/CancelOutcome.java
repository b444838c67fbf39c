package io.asyncslot;

/**
 * What a cancel did.
 *
 * <p>Follows {@code bpf_timer_cancel_async} (never waits, keeps the binding) and, for the awaiting form, the
 * {@code -EDEADLK} rules of {@code bpf_timer_cancel}.
 */
public enum CancelOutcome {
    /** A pending deadline was removed and will not fire. Exactly one of several racing cancels answers this. */
    CANCELLED,
    /** Nothing was pending, and no callback runs; nothing changed. */
    NOT_ARMED,
    /** Nothing was pending; the callback runs right now and goes on. Never the answer of the awaiting form. */
    RUNNING,
    /** The key has no slot; where idle slots are freed, that is so whenever nothing is pending and no callback runs. */
    ABSENT,
    /** The map or the registry is closed; closing has freed its slots. */
    CLOSED,
    /** Awaiting form only: the callback still ran when the limit was over. A pending deadline was removed all the same. */
    TIMED_OUT,
    /**
     * Awaiting form only: waiting would be waiting for oneself, directly or round a ring of callbacks that await each
     * other. Nothing changed.
     */
    WOULD_DEADLOCK
}

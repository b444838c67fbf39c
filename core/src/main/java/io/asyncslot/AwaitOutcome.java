package io.asyncslot;

/** How a wait for a run ended. Nothing was changed in any case. */
public enum AwaitOutcome {
    /** No callback of the key runs that ran when the wait began. */
    ENDED,
    /** The callback still ran when the limit was over. */
    TIMED_OUT,
    /** Waiting would be waiting for oneself, directly or round a ring of callbacks that await each other. */
    WOULD_DEADLOCK
}

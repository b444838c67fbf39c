package io.asyncslot;

/** The outcome of a wait for a run. A wait changes nothing. */
public enum AwaitOutcome {
    /** The callback that ran when the wait began has ended, or none ran. */
    ENDED,
    /** The callback still ran when the limit was over. */
    TIMED_OUT,
    /** The caller would wait for itself, directly or in a ring of callbacks that await each other. */
    WOULD_DEADLOCK
}

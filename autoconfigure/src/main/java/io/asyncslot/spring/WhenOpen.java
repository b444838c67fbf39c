package io.asyncslot.spring;

/** What becomes of a firing whose circuit breaker does not let its callback be called. */
public enum WhenOpen {
    /** The firing waits, as a re-arm of its slot, until the circuit breaker tries calls again. */
    WAIT,
    /** The firing fails with the circuit breaker's exception, and is counted as failed. */
    DROP,
    /** The fallback method is called in place of the callback. */
    FALLBACK
}

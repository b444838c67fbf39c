package io.asyncslot.resilience;

import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;

/** What one delivery of a firing leaves for the next one. Owned by the running thread; deliveries follow each other. */
final class Delivery {

    /** Counts the attempts and publishes the events of the retry; null before the first failure. */
    Retry.@Nullable AsyncContext<Object> retries;

    /** Attempts that {@link #retries} knows of. */
    int attempts;

    /** Whether a permission of the rate limiter was taken for the next call. */
    boolean permitted;
}

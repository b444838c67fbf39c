package io.asyncslot.resilience;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotFiring;
import io.github.resilience4j.retry.Retry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says when a firing that failed is delivered again. Attempts, delays, events and meters are the instance's. Thread-safe. */
record RetryGuard(Retry retry) {

    /**
     * A delivery failed.
     *
     * @return the delay of the next attempt; null when there is none
     */
    @Nullable
    Duration next(SlotFiring firing, Delivery delivery, Exception failure) {
        Retry.AsyncContext<Object> retries = delivery.retries;
        if (retries == null) {
            retries = retry.asyncContext();
            delivery.retries = retries;
        }
        // attempts that another process or node made are told first, with this failure: nothing is known of theirs
        long millis;
        do {
            delivery.attempts++;
            millis = retries.onError(failure);
        } while (millis >= 0 && delivery.attempts < firing.attempt());
        return millis < 0 ? null : Duration.ofMillis(millis);
    }

    /** The instance, for the slot's history. */
    SlotCause cause() {
        return new SlotCause(SlotCause.Type.RETRY, retry.getName());
    }

    /** A delivery succeeded. */
    void succeeded(Delivery delivery) {
        Retry.AsyncContext<Object> retries = delivery.retries;
        (retries == null ? retry.<Object>asyncContext() : retries).onComplete();
    }
}

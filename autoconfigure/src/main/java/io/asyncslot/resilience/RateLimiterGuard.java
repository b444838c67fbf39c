package io.asyncslot.resilience;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One rate limiter: a permission of a later period is reserved, and its firing delivered then. Thread-safe. */
record RateLimiterGuard(RateLimiter limiter) {

    /** The shortest wait for a limiter that had no permission within its time-out. */
    static final Duration LEAST_PAUSE = Duration.ofMillis(10);

    /**
     * Null when the call may be made; its permission is noted in the delivery.
     *
     * @param kept whether the next delivery of the firing finds that note: if not, nothing is reserved ahead
     */
    @Nullable
    Refusal enter(Delivery delivery, boolean kept) {
        if (delivery.permitted) {
            return null;
        }
        if (!kept && limiter.getMetrics().getAvailablePermissions() <= 0) {
            return new Refusal(
                    longer(limiter.getRateLimiterConfig().getLimitRefreshPeriod(), LEAST_PAUSE),
                    this::notPermitted,
                    name());
        }
        long nanos = limiter.reservePermission();
        if (nanos >= 0) {
            delivery.permitted = true;
            return nanos == 0 ? null : new Refusal(Duration.ofNanos(nanos), this::notPermitted, name());
        }
        RateLimiterConfig config = limiter.getRateLimiterConfig();
        return new Refusal(
                longer(longer(config.getTimeoutDuration(), config.getLimitRefreshPeriod()), LEAST_PAUSE),
                this::notPermitted,
                name());
    }

    void succeeded() {
        limiter.onSuccess();
    }

    void failed(Throwable failure) {
        limiter.onError(failure);
    }

    private String name() {
        return "rate limiter " + limiter.getName();
    }

    private RequestNotPermitted notPermitted() {
        return RequestNotPermitted.createRequestNotPermitted(limiter);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }
}

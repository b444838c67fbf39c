package io.asyncslot.resilience;

import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spring.SlotFallback;
import io.asyncslot.spring.WhenOpen;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The guards of one map, in the order of Resilience4j: Retry(CircuitBreaker(RateLimiter(TimeLimiter(Bulkhead(call))))).
 * Thread-safe.
 *
 * <p>A guard that refuses postpones the firing: the callback is not called, the circuit breaker's permission is given
 * back, a permission of the rate limiter is kept for the next delivery. Only what the callback threw is a failure.
 */
record MapGuard(
        @Nullable RetryGuard retry,
        @Nullable CircuitBreakerGuard breaker,
        @Nullable RateLimiterGuard rate,
        @Nullable TimeLimiterGuard time,
        @Nullable BulkheadGuard bulkhead,
        WhenOpen whenOpen,
        @Nullable SlotFallback fallback) {

    void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        Object left = firing.attachment(this);
        Delivery delivery = left == null ? new Delivery() : (Delivery) left;
        if (breaker != null && !breaker.enter()) {
            refused(key, firing, delivery, breaker);
            return;
        }
        Refusal refusal = enter(firing, delivery);
        if (refusal != null) {
            if (breaker != null) {
                breaker.leave();
            }
            postpone(firing, delivery, refusal);
            return;
        }
        Throwable failure = call(key, firing, next);
        delivery.permitted = false;
        if (failure == null) {
            if (retry != null) {
                retry.succeeded(delivery);
            }
        } else if (failure instanceof Exception exception) {
            failed(key, firing, delivery, exception);
        } else {
            throw (Error) failure; // never retried
        }
    }

    private void refused(Object key, SlotFiring firing, Delivery delivery, CircuitBreakerGuard open) throws Exception {
        switch (whenOpen) {
            case WAIT -> postpone(firing, delivery, open.refusal());
            case DROP -> throw open.notPermitted();
            case FALLBACK -> giveUp(key, firing, open.notPermitted());
        }
    }

    /** The guards that are inside of the circuit breaker; null when the call may be made. */
    private @Nullable Refusal enter(SlotFiring firing, Delivery delivery) {
        Refusal refusal = null;
        if (rate != null) {
            firing.attach(this, delivery); // not every backend keeps it
            refusal = rate.enter(delivery, firing.attachment(this) == delivery);
        }
        return refusal != null || bulkhead == null ? refusal : bulkhead.enter();
    }

    private void postpone(SlotFiring firing, Delivery delivery, Refusal refusal) throws Exception {
        if (refusal.cause().during(() -> firing.postpone(refusal.pause())) != RetryOutcome.SCHEDULED) {
            throw refusal.reason().get(); // cancelled, deleted, or something newer is pending: it is not called at all
        }
        firing.attach(this, delivery);
    }

    /** Calls, and tells the guards inside of the retry how it went. */
    private @Nullable Throwable call(Object key, SlotFiring firing, SlotCallback<Object> next) {
        long began = breaker == null ? 0 : breaker.begin();
        Throwable failure = null;
        try {
            if (time == null) {
                next.run(key, firing);
            } else {
                time.call(key, firing, next);
            }
        } catch (Throwable e) {
            failure = e;
        }
        if (bulkhead != null) {
            bulkhead.leave();
        }
        if (rate != null) {
            if (failure == null) {
                rate.succeeded();
            } else {
                rate.failed(failure);
            }
        }
        if (breaker != null) {
            if (failure == null) {
                breaker.succeeded(began);
            } else {
                breaker.failed(began, failure);
            }
        }
        return failure;
    }

    private void failed(Object key, SlotFiring firing, Delivery delivery, Exception failure) throws Exception {
        Duration delay = retry == null ? null : retry.next(firing, delivery, failure);
        if (retry == null || delay == null) {
            giveUp(key, firing, failure);
            return;
        }
        if (retry.cause().during(() -> firing.retry(delay)) == RetryOutcome.SCHEDULED) {
            firing.attach(this, delivery);
        }
        throw failure;
    }

    private void giveUp(Object key, SlotFiring firing, Exception failure) throws Exception {
        if (fallback == null || !fallback.handle(key, firing, failure)) {
            throw failure;
        }
    }
}

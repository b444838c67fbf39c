package io.asyncslot.resilience;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One bulkhead: a firing that finds it full asks again shortly. Thread-safe. */
record BulkheadGuard(Bulkhead bulkhead) {

    /** How long it waits, unless the bulkhead's own wait is longer. */
    static final Duration LEAST_PAUSE = Duration.ofMillis(50);

    /** Null when the call may be made; {@link #leave} must follow. */
    @Nullable
    Refusal enter() {
        Duration own = bulkhead.getBulkheadConfig().getMaxWaitDuration();
        // a bulkhead with a wait of its own would hold the thread: it is asked only when it has room
        boolean room = own.isZero() || bulkhead.getMetrics().getAvailableConcurrentCalls() > 0;
        if (room && bulkhead.tryAcquirePermission()) {
            return null;
        }
        return new Refusal(
                own.compareTo(LEAST_PAUSE) < 0 ? LEAST_PAUSE : own,
                () -> BulkheadFullException.createBulkheadFullException(bulkhead),
                "bulkhead " + bulkhead.getName() + " (full)");
    }

    void leave() {
        bulkhead.onComplete();
    }
}

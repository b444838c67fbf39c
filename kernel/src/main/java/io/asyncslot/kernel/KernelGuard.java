package io.asyncslot.kernel;

import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * Says how many slots that are new to the kernel it may be asked to take: all, none for a while after it refused, then a
 * few to try. A circuit breaker that counts runs of commands. Not thread-safe: used with the engine's lock.
 */
final class KernelGuard {

    /** The circuit breaker's name in its registry. */
    static final String NAME = "asyncslot-kernel";

    /** How long the kernel is left alone after it refused. */
    static final Duration PAUSE = Duration.ofMillis(20);

    /** How many slots are tried at once after that. */
    static final int TRIAL = 16;

    private final Ticker ticker;
    private final CircuitBreaker breaker;
    private boolean granted;
    private long grantedAt;

    /** Whether the breaker, or somebody who listens to it, has thrown something: what it had noted may be missing. */
    private boolean failed;

    /** With the circuit breaker of its name in a registry: what is there already, or else one that is made for the kernel. */
    KernelGuard(Ticker ticker, CircuitBreakerRegistry registry) {
        this.ticker = ticker;
        this.breaker = registry.circuitBreaker(
                NAME,
                CircuitBreakerConfig.custom()
                        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(2)
                        .minimumNumberOfCalls(1)
                        .failureRateThreshold(50)
                        .waitDurationInOpenState(PAUSE)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .writableStackTraceEnabled(false)
                        .clock(new MonotonicClock(ticker))
                        .build());
    }

    /** How many new slots the next run may contain. {@link #ran} must follow. */
    int grant() {
        granted = false;
        try {
            if (failed) {
                breaker.reset();
                failed = false;
            }
            breaker.acquirePermission();
            granted = true;
            grantedAt = ticker.monotonicNanos();
            return breaker.getState() == CircuitBreaker.State.CLOSED ? Integer.MAX_VALUE : TRIAL;
        } catch (CallNotPermittedException e) {
            return 0;
        } catch (Throwable e) {
            failed = true;
            return 0; // the slots are measured in this process, and the kernel is asked later
        }
    }

    /** What came of it. */
    void ran(boolean asked, boolean refused) {
        if (!granted) {
            return;
        }
        granted = false;
        try {
            if (!asked) {
                breaker.releasePermission();
            } else if (refused) {
                breaker.onError(spent(), TimeUnit.NANOSECONDS, new KernelException("the kernel refused a slot"));
            } else {
                breaker.onSuccess(spent(), TimeUnit.NANOSECONDS);
            }
        } catch (Throwable e) {
            failed = true; // a permission may not have been given back
        }
    }

    boolean isClosed() {
        return breaker.getState() == CircuitBreaker.State.CLOSED;
    }

    /** For reports. */
    String state() {
        return breaker.getState().name();
    }

    private long spent() {
        return Math.max(0, ticker.monotonicNanos() - grantedAt);
    }

    /** A breaker waits on this clock: one that is not moved when the wall clock is set. */
    private static final class MonotonicClock extends Clock {
        private final Ticker ticker;

        private MonotonicClock(Ticker ticker) {
            this.ticker = ticker;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(0, ticker.monotonicNanos());
        }
    }
}

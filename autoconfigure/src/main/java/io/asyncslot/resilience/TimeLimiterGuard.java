package io.asyncslot.resilience;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * One time limiter: a callback that takes longer is interrupted, or only marked where the instance does not cancel. Its
 * run ends when it has ended, and failed with a {@link TimeoutException} in either case.
 * Thread-safe.
 */
record TimeLimiterGuard(TimeLimiter limiter, Alarm alarm, Ticker ticker) {

    void call(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        TimeLimiterConfig config = limiter.getTimeLimiterConfig();
        Duration limit = config.getTimeoutDuration();
        TimedRun run = new TimedRun();
        long began = ticker.monotonicNanos();
        Runnable takeBack = config.shouldCancelRunningFuture() ? alarm.set(limit, run) : () -> {};
        Throwable failure = null;
        try {
            next.run(key, firing);
        } catch (Throwable e) {
            failure = e;
        }
        boolean timedOut = run.end();
        takeBack.run();
        if (timedOut || ticker.monotonicNanos() - began > limit.toNanos()) {
            TimeoutException timeout = TimeLimiter.createdTimeoutExceptionWithName(limiter.getName(), failure);
            if (failure != null) {
                timeout.addSuppressed(failure);
            }
            failure = timeout;
        }
        if (failure == null) {
            limiter.onSuccess();
        } else {
            limiter.onError(failure);
            rethrow(failure);
        }
    }

    private static void rethrow(Throwable failure) throws Exception {
        if (failure instanceof Error error) {
            throw error;
        }
        throw (Exception) failure; // a callback declares no other
    }
}

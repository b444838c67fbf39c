package io.asyncslot.resilience;

import io.asyncslot.backend.EngineThreads;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The thread that interrupts callbacks whose time is over; begins with the first alarm. Thread-safe. It is none of the
 * executor's, which may be full of the very callbacks that are to be interrupted.
 */
final class AlarmThread implements Alarm, AutoCloseable {

    /** Guarded by {@code this}. */
    private @Nullable ScheduledThreadPoolExecutor timer;

    @Override
    public Runnable set(Duration after, Runnable action) {
        ScheduledFuture<?> alarm = timer().schedule(action, after.toNanos(), TimeUnit.NANOSECONDS);
        return () -> alarm.cancel(false);
    }

    private synchronized ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor present = timer;
        if (present == null) {
            present = new ScheduledThreadPoolExecutor(1, task -> EngineThreads.daemon(task, "asyncslot-time-limiter"));
            present.setRemoveOnCancelPolicy(true);
            timer = present;
        }
        return present;
    }

    /** Lets alarms that are set go off, and ends. */
    @Override
    public synchronized void close() {
        if (timer != null) {
            timer.shutdown();
        }
    }
}

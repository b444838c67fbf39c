package io.asyncslot.benchmarks.peer;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The JDK's ScheduledThreadPoolExecutor, two threads, cancelled tasks removed. */
final class ScheduledPoolTimers extends FutureTimers<ScheduledFuture<?>> {

    private final ScheduledThreadPoolExecutor pool =
            new ScheduledThreadPoolExecutor(2, new DaemonThreads("scheduled-pool"));

    ScheduledPoolTimers(Fired fired) {
        super(fired);
        pool.setRemoveOnCancelPolicy(true);
    }

    @Override
    ScheduledFuture<?> schedule(Key key, Delay delay) {
        return pool.schedule(() -> fire(key), delay.nanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    void cancel(ScheduledFuture<?> future) {
        future.cancel(false);
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}

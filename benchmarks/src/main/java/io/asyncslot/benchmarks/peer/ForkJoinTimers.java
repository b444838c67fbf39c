package io.asyncslot.benchmarks.peer;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The JDK's ForkJoinPool with parallelism 2. It schedules since Java 25. */
final class ForkJoinTimers extends FutureTimers<ScheduledFuture<?>> {

    private final ForkJoinPool pool = new ForkJoinPool(2);
    private final ScheduledExecutorService scheduler = (ScheduledExecutorService) (Object) pool;

    ForkJoinTimers(Fired fired) {
        super(fired);
    }

    /** Tells whether the running JDK's pool schedules. */
    static boolean available() {
        return ScheduledExecutorService.class.isAssignableFrom(ForkJoinPool.class);
    }

    @Override
    ScheduledFuture<?> schedule(Key key, Delay delay) {
        return scheduler.schedule(() -> fire(key), delay.nanos(), TimeUnit.NANOSECONDS);
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

package io.asyncslot.benchmarks.peer;

import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** Spring's ThreadPoolTaskScheduler, two threads, cancelled tasks removed. */
final class SpringTimers extends FutureTimers<ScheduledFuture<?>> {

    private final ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();

    SpringTimers(Fired fired) {
        super(fired);
        scheduler.setPoolSize(2);
        scheduler.setRemoveOnCancelPolicy(true);
        scheduler.setThreadFactory(new DaemonThreads("spring"));
        scheduler.setWaitForTasksToCompleteOnShutdown(false);
        scheduler.initialize();
    }

    @Override
    ScheduledFuture<?> schedule(Key key, Delay delay) {
        return scheduler.schedule(() -> fire(key), Instant.now().plus(delay.duration()));
    }

    @Override
    void cancel(ScheduledFuture<?> future) {
        future.cancel(false);
    }

    @Override
    public void close() {
        scheduler.shutdown();
    }
}

package io.asyncslot.benchmarks.peer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.LightArrayRevolverScheduler;
import org.apache.pekko.dispatch.ExecutionContexts;
import org.apache.pekko.event.NoLogging;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Pekko's LightArrayRevolverScheduler with ticks of 1 ms and 16384 buckets; runs tasks on its own thread. */
final class PekkoTimers extends FutureTimers<Cancellable> {

    private static final String SETTINGS = """
            pekko.scheduler.tick-duration = 1ms
            pekko.scheduler.ticks-per-wheel = 16384
            pekko.scheduler.shutdown-timeout = 1s
            """;

    private final ExecutionContext inline = ExecutionContexts.fromExecutor(Runnable::run);
    private final LightArrayRevolverScheduler scheduler;

    PekkoTimers(Fired fired) {
        super(fired);
        Config config = ConfigFactory.parseString(SETTINGS).withFallback(ConfigFactory.load());
        this.scheduler = new LightArrayRevolverScheduler(config, NoLogging.getInstance(), new DaemonThreads("pekko"));
    }

    @Override
    Cancellable schedule(Key key, Delay delay) {
        return scheduler.scheduleOnce(FiniteDuration.fromNanos(delay.nanos()), () -> fire(key), inline);
    }

    @Override
    void cancel(Cancellable future) {
        future.cancel();
    }

    @Override
    public void close() {
        scheduler.close();
    }
}

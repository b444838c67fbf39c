package io.asyncslot.spring;

import io.asyncslot.scheduling.SlotScheduledExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Ends the scheduled executor on the engine when its application context is closed, before the registry stops.
 * Thread-safe.
 *
 * <p>A context that is only stopped, to be started again, leaves the executor as it is: the registry runs nothing
 * meanwhile, and what fell due runs afterwards.
 */
public final class SlotSchedulerLifecycle
        implements SmartLifecycle, ApplicationListener<ContextClosedEvent>, ApplicationContextAware {

    /** The phase: above the registry's, so that tasks end while it runs, and below web servers. */
    public static final int PHASE = AsyncSlotLifecycle.PHASE + 1024;

    private static final Log LOG = LogFactory.getLog(SlotSchedulerLifecycle.class);

    private final SlotScheduledExecutor executor;
    private final Duration awaitTermination;

    /** Set by the context before it starts. */
    private @Nullable ApplicationContext context;

    /** Written and read by the thread that closes the context; volatile for tests that look. */
    private volatile boolean closing;

    private volatile boolean running;

    /**
     * Makes a lifecycle.
     *
     * @param executor what it ends
     * @param awaitTermination how long tasks may go on after the context was closed; zero ends them at once, with an
     *     interrupt for those that run
     */
    public SlotSchedulerLifecycle(SlotScheduledExecutor executor, Duration awaitTermination) {
        this.executor = executor;
        this.awaitTermination = awaitTermination;
    }

    @Override
    public void setApplicationContext(ApplicationContext applicationContext) {
        this.context = applicationContext;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        if (event.getApplicationContext() == context) { // not that of a child
            closing = true;
        }
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void stop(Runnable callback) {
        if (!closing || awaitTermination.isZero()) {
            stop();
            callback.run();
            return;
        }
        Thread end = new Thread(
                () -> {
                    try {
                        stop();
                    } finally {
                        callback.run();
                    }
                },
                "asyncslot-scheduler-end");
        end.start();
    }

    @Override
    public void stop() {
        running = false;
        if (!closing) {
            return;
        }
        try {
            if (!awaitTermination.isZero()) {
                executor.shutdown();
                if (!executor.awaitTermination(awaitTermination.toNanos(), TimeUnit.NANOSECONDS)) {
                    LOG.warn("scheduled tasks go on after " + awaitTermination + " and are ended now");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            int waiting = executor.shutdownAndCancel();
            if (waiting > 0) {
                LOG.debug(waiting + " scheduled tasks are cancelled: the context is closed");
            }
        }
    }
}

package io.asyncslot.spring;

import io.asyncslot.scheduling.SlotScheduledExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Ends the scheduled executor on the engine when its application context is closed, before the registry stops.
 * Thread-safe.
 *
 * <p>It ends as Spring Boot's scheduler does, within the budget that all waits for callbacks share. By default, nothing is
 * accepted once the context begins to close, and what runs has the time of the phase before it is interrupted. With
 * {@code await-termination}, tasks are accepted until the phase, and all of them have the configured period to complete. What
 * still runs then is interrupted, as its threads end with the context; what never ran is cancelled. A tenth of the budget is
 * left for what ends after that: the tasks that were interrupted, and callbacks of other slots. A task that ends the
 * application is neither waited for nor interrupted.
 *
 * <p>A context that is only stopped, to be started again, leaves the executor as it is: the registry runs nothing
 * meanwhile, and what fell due runs afterwards.
 */
public final class SlotSchedulerLifecycle
        implements SmartLifecycle, ApplicationListener<ContextClosedEvent>, ApplicationContextAware, DisposableBean {

    /** The phase: above the registry's, so that tasks end while it runs, and below web servers. */
    public static final int PHASE = AsyncSlotLifecycle.PHASE + 1024;

    /** So often it is looked whether tasks still run. */
    private static final Duration LOOK = Duration.ofMillis(10);

    private static final Log LOG = LogFactory.getLog(SlotSchedulerLifecycle.class);

    private final SlotScheduledExecutor executor;
    private final SlotShutdown shutdown;
    /** Whether tasks that wait for their time have the period too. */
    private final boolean awaitsTermination;

    /** How long tasks have. */
    private final Duration period;

    /** Set by the context before it starts. */
    private @Nullable ApplicationContext context;

    /** Written by the thread that closes the context, and read by the one that waits. */
    private volatile boolean closing;

    private volatile boolean running;

    /** Whether the end has begun. */
    private final AtomicBoolean ending = new AtomicBoolean();

    /**
     * Makes a lifecycle.
     *
     * @param executor what it ends
     * @param shutdown the budget of its wait
     * @param awaitTermination how long all tasks that are accepted have to complete; null if those that run have nine tenths of
     *     the budget, and no others
     */
    public SlotSchedulerLifecycle(
            SlotScheduledExecutor executor, SlotShutdown shutdown, @Nullable Duration awaitTermination) {
        this.executor = executor;
        this.shutdown = shutdown;
        Duration most = shutdown.budget().multipliedBy(9).dividedBy(10);
        this.awaitsTermination = awaitTermination != null;
        this.period = awaitTermination == null ? most : within(most, awaitTermination);
    }

    private static Duration within(Duration most, Duration period) {
        if (period.compareTo(most) <= 0) {
            return period;
        }
        LOG.warn("spring.task.scheduling.shutdown.await-termination-period (" + period + ") is shortened to " + most
                + ", nine tenths of the budget of the whole shutdown: raise asyncslot.shutdown.timeout, and"
                + " spring.lifecycle.timeout-per-shutdown-phase above it");
        return most;
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
            if (!awaitsTermination) {
                executor.shutdown();
            }
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
        running = false;
        if (!closing) {
            callback.run();
            return;
        }
        Thread ender = Thread.currentThread();
        Thread end = new Thread(
                null,
                () -> {
                    try {
                        end(ender, true);
                    } finally {
                        callback.run();
                    }
                },
                "asyncslot-scheduler-end",
                0,
                false);
        end.start();
    }

    @Override
    public void stop() {
        running = false;
        if (closing) {
            end(Thread.currentThread(), true);
        }
    }

    /** Ends what a refresh that failed has left, or a stop without a close: nothing begins any more. */
    @Override
    public void destroy() {
        end(Thread.currentThread(), running);
    }

    /**
     * Ends the tasks.
     *
     * @param ender whose call ends the context
     * @param begins whether tasks can still begin
     */
    private void end(Thread ender, boolean begins) {
        if (!ending.compareAndSet(false, true)) {
            return;
        }
        executor.shutdown();
        try {
            boolean seesThrough = awaitsTermination && begins;
            SlotShutdown.Wait wait = whatItWaitsFor(seesThrough);
            SlotShutdown.End end;
            do { // those that wait for their time have the period, whoever ends the application
                end = shutdown.await(wait, ender);
            } while (end == SlotShutdown.End.WAITS_FOR_US && seesThrough && executor.hasWaiting());
            if (end != SlotShutdown.End.WAITS_FOR_US && !executor.isIdle()) {
                LOG.warn("scheduled tasks still run after " + period + ", and are interrupted");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            int waiting = executor.shutdownAndCancel(thread -> !SlotShutdown.waitsForTheEnd(thread, ender));
            if (waiting > 0) {
                LOG.debug(waiting + " scheduled tasks are cancelled: the context is closed");
            }
        }
    }

    private SlotShutdown.Wait whatItWaitsFor(boolean seesThrough) {
        long end = System.nanoTime() + period.toNanos();
        return seesThrough ? limit -> isTerminated(limit, end) : limit -> isIdle(limit) || isOver(end);
    }

    private boolean isIdle(Duration limit) throws InterruptedException {
        if (!executor.isIdle() && !limit.isZero()) {
            TimeUnit.NANOSECONDS.sleep(Math.min(limit.toNanos(), LOOK.toNanos()));
        }
        return executor.isIdle();
    }

    /** Whether no task is left, or the period is over. */
    private boolean isTerminated(Duration limit, long end) throws InterruptedException {
        long left = Math.min(limit.toNanos(), end - System.nanoTime());
        return executor.awaitTermination(Math.max(0, left), TimeUnit.NANOSECONDS) || isOver(end);
    }

    private static boolean isOver(long end) {
        return end - System.nanoTime() <= 0;
    }
}

package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import java.time.Duration;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the registry with the application context and stops it with it. Thread-safe.
 *
 * <p>Its phase is just above that of executors: it starts before any request can arm a slot and stops after the web
 * server has drained, while the executor that runs the callbacks is still there. Stopping begins no further callback
 * and waits for those that run, in a thread of its own. A stopped context can be started again: slots stay armed, and
 * what fell due meanwhile fires then.
 */
public final class AsyncSlotLifecycle implements SmartLifecycle {

    /** The phase: right above executors and schedulers, far below web servers. */
    public static final int PHASE = Integer.MAX_VALUE / 2 + 1024;

    private static final Log LOG = LogFactory.getLog(AsyncSlotLifecycle.class);

    private final AsyncSlotRegistry registry;
    private final Runnable check;
    private final Duration drainLimit;

    /**
     * Makes a lifecycle.
     *
     * @param registry what it starts and stops
     * @param check runs before each start and throws if something is amiss
     * @param drainLimit longest wait for running callbacks
     */
    public AsyncSlotLifecycle(AsyncSlotRegistry registry, Runnable check, Duration drainLimit) {
        this.registry = registry;
        this.check = check;
        this.drainLimit = drainLimit;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public void start() {
        check.run();
        registry.start();
        LOG.debug("slots are started: "
                + registry.maps().stream().map(SlotMap::name).toList());
    }

    @Override
    public boolean isRunning() {
        return registry.isRunning();
    }

    @Override
    public void stop(Runnable callback) {
        Thread drain = new Thread(
                () -> {
                    try {
                        stop();
                    } finally {
                        callback.run();
                    }
                },
                "asyncslot-drain");
        drain.start();
    }

    @Override
    public void stop() {
        try {
            if (!registry.stop(drainLimit)) {
                LOG.warn("slot callbacks still run after " + drainLimit + ": "
                        + registry.maps().stream()
                                .filter(map -> map.stats().running() > 0)
                                .map(map -> map.stats().running() + " of map '" + map.name() + "'")
                                .toList());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

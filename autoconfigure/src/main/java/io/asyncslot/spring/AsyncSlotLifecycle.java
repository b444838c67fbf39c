package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.backend.Shown;
import io.asyncslot.jvm.JvmBackend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the registry with the application context and stops it with it. Thread-safe.
 *
 * <p>Its phase is just above that of executors: it starts before any request can arm a slot and stops after the web
 * server has drained, while the executor that runs the callbacks is still there. Stopping begins no further callback
 * and waits for those that run, in a thread of its own; not for a callback that ends the application itself. A stopped
 * context can be started again: slots stay armed, and what fell due meanwhile fires then.
 */
public final class AsyncSlotLifecycle implements SmartLifecycle {

    /** The phase: right above executors and schedulers, far below web servers. */
    public static final int PHASE = Integer.MAX_VALUE / 2 + 1024;

    /** So many slots are named at most when their process ends before them. */
    private static final int NAMED = 5;

    private static final Log LOG = LogFactory.getLog(AsyncSlotLifecycle.class);

    private final AsyncSlotRegistry registry;
    private final Runnable check;
    private final SlotShutdown shutdown;
    private final boolean autoStartup;
    private final boolean keepAlive;

    /** Ends the thread that keeps the process alive; null while there is none. Guarded by {@code this}. */
    private @Nullable CountDownLatch alive;

    /**
     * Makes a lifecycle.
     *
     * @param registry what it starts and stops
     * @param check runs before each start and throws if something is amiss
     * @param shutdown how long running callbacks are waited for
     * @param autoStartup whether it starts the registry with the context; else {@link #start()} does, called by the application
     * @param keepAlive whether the process goes on for as long as the registry runs, also when nothing else keeps it alive
     */
    public AsyncSlotLifecycle(
            AsyncSlotRegistry registry, Runnable check, SlotShutdown shutdown, boolean autoStartup, boolean keepAlive) {
        this.registry = registry;
        this.check = check;
        this.shutdown = shutdown;
        this.autoStartup = autoStartup;
        this.keepAlive = keepAlive;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStartup;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public void start() {
        check.run();
        registry.start();
        holdProcess();
        LOG.debug("slots are started: "
                + registry.maps().stream().map(SlotMap::name).toList());
    }

    private synchronized void holdProcess() {
        if (keepAlive && alive == null) {
            CountDownLatch end = new CountDownLatch(1);
            Thread holder = new Thread(null, () -> awaitUninterruptibly(end), "asyncslot-keep-alive", 0, false);
            holder.setDaemon(false);
            holder.start();
            alive = end;
        }
    }

    private synchronized void letProcessEnd() {
        if (alive != null) {
            alive.countDown();
            alive = null;
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        for (; ; ) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // nobody has a reason to: this thread waits for the registry's end
            }
        }
    }

    @Override
    public boolean isRunning() {
        return registry.isRunning();
    }

    @Override
    public void stop(Runnable callback) {
        Thread ender = Thread.currentThread();
        Thread drain = new Thread(
                null,
                () -> {
                    try {
                        stop(ender);
                    } finally {
                        callback.run();
                    }
                },
                "asyncslot-drain",
                0,
                false);
        drain.start();
    }

    @Override
    public void stop() {
        stop(Thread.currentThread());
    }

    private void stop(Thread ender) {
        warnOfWhatEndsHere();
        try {
            switch (shutdown.await(registry::stop, ender)) {
                case ENDED -> {}
                case TIMED_OUT -> LOG.warn("slot callbacks still run after " + shutdown.budget() + ": " + running());
                case WAITS_FOR_US -> {
                    Thread waiting = shutdown.waitingForTheEnd(ender);
                    LOG.info("a slot callback ends the application or its context itself"
                            + (waiting == null ? "" : ", on thread '" + waiting.getName() + "'")
                            + ": it is not waited for; running: " + running());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            letProcessEnd();
        }
    }

    private List<String> running() {
        return registry.maps().stream()
                .filter(map -> map.stats().running() > 0)
                .map(map -> map.stats().running() + " of map '" + map.name() + "'")
                .toList();
    }

    /** Says which slots end because no thread was left that keeps the process alive: they never fire. */
    private void warnOfWhatEndsHere() {
        if (keepAlive || !mainHasReturned()) {
            return;
        }
        List<SlotMap<?>> ending = registry.maps().stream()
                .filter(map ->
                        map.backend().equals(JvmBackend.NAME) && map.stats().armed() > 0)
                .toList();
        if (!ending.isEmpty()) {
            LOG.warn(
                    "the process ends because nothing keeps it alive, and these armed slots end with it: "
                            + ending.stream().map(AsyncSlotLifecycle::armed).toList()
                            + ". Set 'asyncslot.keep-alive=true' (or Spring Boot's 'spring.main.keep-alive=true') for them to fire.");
        }
    }

    /** Some of what is armed in a map, for the log. */
    static String armed(SlotMap<?> map) {
        List<SlotSnapshot> first = new ArrayList<>();
        map.scan(NAMED, slot -> slot.deadline() != null, first::add);
        return map.stats().armed() + " of map '" + map.name() + "', such as "
                + first.stream()
                        .sorted(Comparator.comparing(slot -> String.valueOf(slot.deadline())))
                        .map(slot -> "'" + Shown.inLine(slot.key()) + "' due " + slot.deadline())
                        .toList();
    }

    /** Whether the JVM ends by itself: then its own thread for that is there, and none but those that end things. */
    private static boolean mainHasReturned() {
        boolean destroying = false;
        Thread[] threads = new Thread[Thread.activeCount() + 64];
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        for (ThreadGroup parent = root; parent != null; parent = parent.getParent()) {
            root = parent;
        }
        if (root == null) {
            return false;
        }
        int count = root.enumerate(threads);
        for (int i = 0; i < count; i++) {
            Thread thread = threads[i];
            if (thread.getName().equals("DestroyJavaVM")) {
                destroying = true;
            } else if (thread.getName().startsWith("SIG")) {
                return false; // a signal ends it
            }
        }
        return destroying && !anybodyInExit();
    }

    private static boolean anybodyInExit() {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getClassName().equals("java.lang.Runtime")
                        && frame.getMethodName().equals("exit"));
    }
}

package io.asyncslot.dashboard;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends one overview a second to all who look, and works only while somebody does. Thread-safe.
 *
 * <p>A walk over all slots, which no counter replaces, is taken in a thread of its own, and after a pause: {@value
 * #CENSUS_SECONDS} seconds, {@value #CPU_SHARE} times the processor time and {@value #SHARE} times the time that it took,
 * whichever is longest.
 *
 * <p>A store that is away fails or holds up the counters. Viewers then get a sign of life every {@value #PULSE_SECONDS} seconds, so
 * that they can tell this from a connection that is gone.
 *
 * <p>An open stream is a request under way, for which the web server's stop would wait. So all streams end as soon as the
 * context begins to close or to stop, and new ones are refused until it is started again.
 */
final class Feed
        implements SmartLifecycle,
                ApplicationListener<ContextClosedEvent>,
                ApplicationContextAware,
                Ordered,
                DisposableBean {

    /** How many streams there are at most. */
    static final int MAX_VIEWERS = 32;

    /** A sign of life, which is no overview: JSON's null. */
    static final String PULSE = "null";

    private static final int PULSE_SECONDS = 5;
    private static final int CENSUS_SECONDS = 5;
    private static final int CPU_SHARE = 50;
    private static final int SHARE = 5;

    /** So many ticks without a viewer end the work, unless a test says otherwise: who turns the page comes back within them. */
    static final int LINGER = 30;

    private static final Log LOG = LogFactory.getLog(Feed.class);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Supplier<Sampler> samplers;
    private final Firings firings;
    private final int linger;

    /** Set before the first use, never changed. */
    private @Nullable ApplicationContext context;

    /** Guarded by {@code this}, as is all that follows. */
    private final Set<Viewer> viewers = new LinkedHashSet<>();

    private boolean open = true;
    private boolean started;
    private int idle;
    private @Nullable String latest;
    private long sampledNanos;
    private @Nullable ScheduledThreadPoolExecutor threads;

    /**
     * Makes a feed that does nothing yet.
     *
     * @param samplers makes a sampler each time that somebody begins to look
     * @param firings told whether to count
     * @param linger so many ticks without a viewer end the work
     */
    Feed(Supplier<Sampler> samplers, Firings firings, int linger) {
        this.linger = linger;
        this.samplers = samplers;
        this.firings = firings;
    }

    /** Whether one more viewer would be let in. */
    synchronized boolean hasRoom() {
        return open && viewers.size() < MAX_VIEWERS;
    }

    /**
     * Lets a viewer in.
     *
     * @return whether there was room
     */
    boolean join(Viewer viewer) {
        String present;
        synchronized (this) {
            if (!hasRoom()) {
                return false;
            }
            viewers.add(viewer);
            idle = 0;
            if (threads == null) {
                begin();
            }
            present = latest;
        }
        if (present != null) {
            viewer.offer(present);
        }
        return true;
    }

    /** A viewer has left. Idempotent. */
    synchronized void leave(Viewer viewer) {
        viewers.remove(viewer);
    }

    /** How many look. */
    synchronized int viewers() {
        return viewers.size();
    }

    /** Whether there is any work done. */
    synchronized boolean isWorking() {
        return threads != null;
    }

    private synchronized void begin() {
        ScheduledThreadPoolExecutor made = new ScheduledThreadPoolExecutor(3, task -> {
            Thread thread = new Thread(task, "asyncslot-dashboard");
            thread.setDaemon(true);
            return thread;
        });
        made.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        threads = made;
        sampledNanos = System.nanoTime();
        firings.watch(true);
        Sampler sampler = samplers.get();
        var unused = made.scheduleWithFixedDelay(() -> guarded(() -> tick(made, sampler)), 0, 1, TimeUnit.SECONDS);
        var unusedPulse =
                made.scheduleWithFixedDelay(() -> pulse(made), PULSE_SECONDS, PULSE_SECONDS, TimeUnit.SECONDS);
        made.execute(() -> census(made, sampler));
    }

    private synchronized void finish() {
        firings.watch(false);
        latest = null;
        if (threads != null) {
            threads.shutdown();
            threads = null;
        }
    }

    private void tick(ScheduledThreadPoolExecutor of, Sampler sampler) {
        synchronized (this) {
            if (threads != of) {
                return; // ended meanwhile
            }
            idle = viewers.isEmpty() ? idle + 1 : 0;
            if (idle > linger) {
                finish();
                return;
            }
        }
        String text = JSON.writeValueAsString(sampler.sample(System.nanoTime()));
        List<Viewer> all;
        synchronized (this) {
            if (threads != of) {
                return;
            }
            latest = text;
            sampledNanos = System.nanoTime();
            all = List.copyOf(viewers);
        }
        all.forEach(viewer -> viewer.offer(text));
    }

    private void pulse(ScheduledThreadPoolExecutor of) {
        List<Viewer> all;
        synchronized (this) {
            if (threads != of || System.nanoTime() - sampledNanos < TimeUnit.SECONDS.toNanos(PULSE_SECONDS)) {
                return;
            }
            all = List.copyOf(viewers);
        }
        all.forEach(viewer -> viewer.offer(PULSE));
    }

    private void census(ScheduledThreadPoolExecutor of, Sampler sampler) {
        long cpu = cpuNanos();
        long began = System.nanoTime();
        guarded(sampler::takeCensus);
        long pause = Math.max(
                TimeUnit.SECONDS.toNanos(CENSUS_SECONDS),
                Math.max((cpuNanos() - cpu) * CPU_SHARE, (System.nanoTime() - began) * SHARE));
        synchronized (this) {
            if (threads == of) {
                var unused = of.schedule(() -> census(of, sampler), pause, TimeUnit.NANOSECONDS);
            }
        }
    }

    /** The processor time of this thread; 0 if the JVM does not measure it. */
    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isCurrentThreadCpuTimeSupported() ? Math.max(0, threads.getCurrentThreadCpuTime()) : 0;
    }

    /** What fails is tried again the next time: a page must not die of one bad second. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("the dashboard could not be updated", e);
        }
    }

    private void close() {
        List<Viewer> all;
        synchronized (this) {
            open = false;
            all = List.copyOf(viewers);
            viewers.clear();
            finish();
        }
        all.forEach(Viewer::end);
    }

    @Override
    public void setApplicationContext(ApplicationContext applicationContext) {
        this.context = applicationContext;
    }

    /** First of all listeners: one of them closes the context of a separate management port, and waits for its requests. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        if (event.getApplicationContext() == context) {
            close();
        }
    }

    @Override
    public synchronized void start() {
        open = true;
        started = true;
    }

    @Override
    public void stop() {
        close();
        synchronized (this) {
            started = false;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return started;
    }

    /** Stops before the web server, which waits for its requests. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void destroy() {
        close();
    }
}

package io.asyncslot.jvm;

import io.asyncslot.BackendReport;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.Limits;
import io.asyncslot.core.LocalContext;
import io.asyncslot.core.LocalTimerSlots;
import io.asyncslot.core.LocalWorkSlots;
import io.asyncslot.core.Micros;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The embedded default: slots measured by one thread of this JVM. Needs nothing, survives nothing. Thread-safe.
 *
 * <p>A backend made by {@link #manual()} has no thread: whoever owns its ticker calls {@link #pump()} after moving
 * time. That is how tests and simulators run the very code that production runs.
 */
public final class JvmBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = "jvm";

    private final boolean threaded;

    /** Guards thread and engine against concurrent starts and stops; never held over user code. */
    private final ReentrantLock lifecycle = new ReentrantLock();

    private final JvmOptions options;
    private final LongConsumer park;

    /** What came of asking for less slack. Written by the timer thread; volatile. */
    private volatile Lever timerSlack;

    /** What came of asking for a shorter slice. Written by the timer thread; volatile. */
    private volatile Lever slice;

    private @Nullable LocalContext context;
    private @Nullable JvmEngine engine;
    private @Nullable Thread thread;

    /** Whether there was a map: before that the timer thread would have nothing to do. With {@link #lifecycle}. */
    private boolean opened;

    /** Who is inside {@link #pump}: written by that thread, and so read right by it. */
    private volatile @Nullable Thread pumping;

    /** Makes a backend with a timer thread of its own. */
    public JvmBackend() {
        this(JvmOptions.defaults());
    }

    /**
     * Makes a backend with a timer thread of its own.
     *
     * @param options how that thread sleeps and wakes
     */
    public JvmBackend(JvmOptions options) {
        this(true, options, null);
    }

    /** For tests: with a way to park of the test's own, or null for the real one. */
    JvmBackend(boolean threaded, JvmOptions options, @Nullable LongConsumer park) {
        this.threaded = threaded;
        this.options = options;
        this.park = park == null ? DriverSleep.parking(this) : park;
        this.timerSlack = notStarted(Lever.words(options.timerSlack()), options.timerSlack());
        this.slice = notStarted(SchedulerSlice.asked(options.slice()), options.slice());
    }

    private static Lever notStarted(String asked, @Nullable Duration value) {
        return value != null && value.isZero()
                ? Lever.off()
                : new Lever(asked, false, "no timer thread has been started");
    }

    /**
     * Makes a backend without a thread, driven by {@link #pump()}.
     *
     * @return the backend
     */
    public static JvmBackend manual() {
        return new JvmBackend(false, JvmOptions.defaults(), null);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public BackendReport report() {
        Map<String, Object> details = new LinkedHashMap<>();
        JvmEngine present = engine;
        details.put("running", present != null && present.isRunning());
        details.put("inFlight", present == null ? 0 : present.inFlight().count());
        details.put("timerSlack", timerSlack.details());
        details.put("slice", slice.details());
        details.put("spin", Lever.of(options.spin()).details());
        details.put("wakeInterval", Lever.of(options.wakeInterval()).details());
        details.put("boottimeSeesSuspend", SystemTicker.instance().seesSuspend());
        details.put("java", System.getProperty("java.version"));
        return new BackendReport(NAME, true, List.of(), details);
    }

    @Override
    public void init(BackendContext injected) {
        if (engine != null) {
            throw new IllegalStateException("a backend serves one registry; this one is in use");
        }
        JvmEngine made = new JvmEngine(
                injected.ticker(),
                Runtime.getRuntime().availableProcessors(),
                new DriverSleep(injected.ticker(), options, park));
        this.engine = made;
        this.context = new LocalContext(NAME, injected, made);
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        LocalTimerSlots<K> map = new LocalTimerSlots<>(spec, context());
        opened();
        return map;
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        LocalWorkSlots<K> map = new LocalWorkSlots<>(spec, context());
        opened();
        return map;
    }

    @Override
    public void start() {
        lifecycle.lock();
        try {
            JvmEngine present = engine();
            if (present.isRunning()) {
                return;
            }
            if (thread == Thread.currentThread()) {
                present.running(true); // a callback that the executor ran on the timer thread: that thread goes on
                return;
            }
            joinUninterruptibly();
            present.running(true);
            if (opened) {
                startThread(present);
            }
        } finally {
            lifecycle.unlock();
        }
    }

    private void opened() {
        lifecycle.lock();
        try {
            JvmEngine present = engine();
            if (!opened && present.isRunning()) {
                startThread(present);
            }
            opened = true;
        } finally {
            lifecycle.unlock();
        }
    }

    /** With {@link #lifecycle}. */
    private void startThread(JvmEngine present) {
        if (threaded) {
            Thread started = new Thread(() -> drive(present), "asyncslot-timer");
            started.setDaemon(true);
            thread = started;
            started.start();
        }
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        JvmEngine present = engine();
        present.running(false);
        present.wake();
        return present.inFlight().awaitNone(Math.max(0, Limits.saturatedNanos(limit)));
    }

    @Override
    public void close() {
        JvmEngine present = engine;
        if (present != null) {
            present.running(false);
            present.wake();
        }
    }

    /**
     * Does what is to be done now, on the calling thread, until nothing is; for a backend made by {@link #manual()}.
     * Callbacks run wherever the executor runs them. One thread at a time; called by a callback that the executor ran
     * inside a pump it does nothing, for that pump goes on.
     *
     * @return the ticker's monotonic time at which something is due next, in nanoseconds; {@link Long#MAX_VALUE} when
     *     nothing is pending
     * @throws IllegalStateException if this backend has its own thread
     */
    public long pump() {
        if (threaded) {
            throw new IllegalStateException("this backend has its own thread; make one with JvmBackend.manual()");
        }
        JvmEngine present = engine();
        if (pumping != Thread.currentThread()) {
            pumping = Thread.currentThread();
            try {
                while (present.pass() || present.hasCommands()) {
                    // until nothing is left to do, not even what callbacks that ran on this thread have left
                }
            } finally {
                pumping = null;
            }
        }
        long wake = present.nextWake();
        return wake == Micros.NEVER ? Long.MAX_VALUE : wake * 1_000;
    }

    private void drive(JvmEngine engine) {
        timerSlack = TimerSlack.set(options.timerSlack());
        slice = SchedulerSlice.set(options.slice());
        while (engine.isRunning()) {
            try {
                if (!engine.pass()) {
                    engine.sleep();
                }
            } catch (Throwable e) {
                engine.failed(e);
            }
        }
    }

    /** Waits for the thread of an earlier start: it hands over at the most one more callback before it ends. */
    private void joinUninterruptibly() {
        Thread former = thread;
        boolean interrupted = false;
        while (former != null && former.isAlive()) {
            try {
                TimeUnit.SECONDS.timedJoin(former, 1);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    JvmEngine engine() {
        return LocalContext.initialised(engine);
    }

    private LocalContext context() {
        return LocalContext.initialised(context);
    }
}

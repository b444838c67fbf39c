package io.asyncslot.jvm;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotFeature;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Shown;
import io.asyncslot.core.LocalContext;
import io.asyncslot.core.LocalTimerSlots;
import io.asyncslot.core.LocalValueTimerSlots;
import io.asyncslot.core.LocalValueWorkSlots;
import io.asyncslot.core.LocalWorkSlots;
import io.asyncslot.core.WallSteps;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
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

    private final JvmOptions options;
    private final LongConsumer park;

    /** What came of asking for less slack. Written by the timer thread; volatile. */
    private volatile Lever timerSlack;

    /** What came of asking for a shorter slice. Written by the timer thread; volatile. */
    private volatile Lever slice;

    private @Nullable LocalContext context;
    private @Nullable JvmEngine engine;

    /** Whether there was a map: before that the timer thread would have nothing to do. */
    private final AtomicBoolean opened = new AtomicBoolean();

    /** Whether the backend is closed. Set once, by whoever closes it; volatile. */
    private volatile boolean closed;

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
        details.put("waitForThread", present == null ? 0 : context().runQueue().waiting());
        details.put("driverFailures", present == null ? 0 : present.failures().count());
        details.put("recovered", present == null ? 0 : present.scrubber().recovered());
        details.put("lostByExecutor", present == null ? 0 : present.scrubber().lostByExecutor());
        details.put("timerSlack", timerSlack.details());
        details.put("slice", slice.details());
        details.put("spin", Lever.of(options.spin()).details());
        details.put("wakeInterval", Lever.of(options.wakeInterval()).details());
        details.put("boottimeSeesSuspend", SystemTicker.instance().seesSuspend());
        details.put("java", System.getProperty("java.version"));
        Throwable failure = present == null ? null : present.failures().present();
        List<String> reasons =
                failure == null ? List.of() : List.of("the timer thread failed and is restarted: " + Shown.of(failure));
        return new BackendReport(NAME, reasons.isEmpty(), reasons, details);
    }

    @Override
    public void init(BackendContext injected) {
        if (engine != null) {
            throw new IllegalStateException("a backend serves one registry; this one is in use");
        }
        Rehearsal.hold();
        JvmEngine made = new JvmEngine(
                injected.ticker(),
                Runtime.getRuntime().availableProcessors(),
                new DriverSleep(injected.ticker(), options, park),
                new WallSteps(injected.ticker(), threaded ? EngineThreads::runOnce : Runnable::run));
        this.engine = made;
        this.context = new LocalContext(NAME, injected, made);
    }

    @Override
    public Set<SlotFeature> features() {
        return EnumSet.complementOf(EnumSet.of(SlotFeature.CLIENT_ROLE));
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        LocalTimerSlots<K> map = spec.values() == null
                ? new LocalTimerSlots<>(spec, context())
                : new LocalValueTimerSlots<K, Object>(spec, context());
        opened();
        return map;
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        LocalWorkSlots<K> map = spec.values() == null
                ? new LocalWorkSlots<>(spec, context())
                : new LocalValueWorkSlots<K, Object>(spec, context());
        opened();
        return map;
    }

    @Override
    public void start() {
        engine().running(true);
    }

    /** A map was opened. The timer thread begins with the first one and lives until the backend is closed. */
    private void opened() {
        if (threaded && !opened.getAndSet(true)) {
            boolean begun = false;
            try {
                begin(engine());
                begun = true;
            } finally {
                if (!begun) {
                    opened.set(false); // no thread to be had: the next map tries again
                }
            }
        }
    }

    private void begin(JvmEngine driven) {
        EngineThreads.daemon(() -> drive(driven), "asyncslot-timer").start();
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        JvmEngine present = engine();
        present.running(false);
        context().runQueue().recall();
        if (context().isInsideRun()) {
            return false; // a run waits for itself otherwise
        }
        return present.inFlight().awaitNone(Math.max(0, Limits.saturatedNanos(limit)));
    }

    @Override
    public void close() {
        JvmEngine present = engine;
        if (present != null) {
            present.close();
            context().runQueue().recall();
            closed = true;
            boolean driven = threaded ? opened.getAndSet(true) : pumping != null;
            if (!driven) {
                present.leave();
            }
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
            pumping =
                    Thread.currentThread(); // first, and then a look at closed: the closer does it the other way round
            try {
                do {
                    present.takeAll(); // so that the answer is of slots that are there
                } while (!closed && (present.pass() || present.hasCommands() || present.isDue()));
                // until a driver would sleep: callbacks that ran on this thread may have armed slots or moved time
            } finally {
                pumping = null;
            }
            if (closed) {
                present.leave();
            }
        }
        long wake = present.nextWake(Micros.NEVER);
        return wake == Micros.NEVER ? Long.MAX_VALUE : wake * 1_000;
    }

    /** Ends with the engine, and not before: what a failure is followed by here is a store. */
    private void drive(JvmEngine engine) {
        boolean levers = false;
        for (; ; ) {
            try {
                if (!levers) {
                    levers = true;
                    timerSlack = TimerSlack.set(options.timerSlack());
                    slice = SchedulerSlice.set(options.slice());
                }
                if (engine.isOver()) {
                    engine.leave();
                    return;
                }
                engine.turn();
            } catch (Throwable e) {
                engine.failures().failed(e);
            }
        }
    }

    JvmEngine engine() {
        return LocalContext.initialised(engine);
    }

    private LocalContext context() {
        return LocalContext.initialised(context);
    }
}

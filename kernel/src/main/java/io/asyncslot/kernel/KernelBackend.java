package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.Limits;
import io.asyncslot.core.LocalContext;
import io.asyncslot.core.LocalTimerSlots;
import io.asyncslot.core.LocalWorkSlots;
import io.asyncslot.core.Micros;
import io.asyncslot.core.SlotMirror;
import io.asyncslot.core.SlotMirrors;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Slots that live in the Linux kernel. Their keys, words and deadlines are in memory that the kernel shares with this
 * process; where that is pinned they outlive it, and the next process that opens it finds them again. Thread-safe.
 */
public final class KernelBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = "kernel";

    /** How long a closing waits for the poller to come back from what it does. */
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(5);

    private final Supplier<? extends KernelPort> opener;
    private final Supplier<BackendReport> probe;
    private final KernelOptions options;
    private final boolean threaded;
    private final CircuitBreakerRegistry circuitBreakers;
    private final KeyCodecs codecs = KeyCodecs.load();

    /** Guards thread and engine against concurrent starts and stops; never held over user code. */
    private final ReentrantLock lifecycle = new ReentrantLock();

    /** Set by {@link #init}, once; read by all. */
    private volatile @Nullable KernelEngine engine;

    private volatile @Nullable LocalContext context;
    private volatile @Nullable KernelFeatures features;

    /** The poller of the latest start. Written with {@link #lifecycle}. */
    private volatile @Nullable Thread thread;

    /** Who is inside {@link #pump}: written by that thread, and so read right by it. */
    private volatile @Nullable Thread pumping;

    /** What the probe found. Written by whoever asks first. */
    private volatile @Nullable BackendReport probed;

    /**
     * Makes a backend that takes the slots of this machine's kernel into use when the registry is built.
     *
     * @param settings how much room, and where
     * @param options how the kernel is used
     */
    public KernelBackend(KernelSettings settings, KernelOptions options) {
        this(settings, options, CircuitBreakerRegistry.ofDefaults());
    }

    /**
     * Makes a backend that takes the slots of this machine's kernel into use when the registry is built, and whose circuit
     * breaker, {@code asyncslot-kernel}, can be seen from outside.
     *
     * @param settings how much room, and where
     * @param options how the kernel is used
     * @param circuitBreakers where the circuit breaker is made, or found if there is one of its name
     */
    public KernelBackend(KernelSettings settings, KernelOptions options, CircuitBreakerRegistry circuitBreakers) {
        this(() -> opened(settings), () -> probed(settings), options, true, circuitBreakers);
    }

    KernelBackend(
            Supplier<? extends KernelPort> opener,
            Supplier<BackendReport> probe,
            KernelOptions options,
            boolean threaded,
            CircuitBreakerRegistry circuitBreakers) {
        this.opener = opener;
        this.probe = probe;
        this.options = options;
        this.threaded = threaded;
        this.circuitBreakers = circuitBreakers;
    }

    /**
     * Makes a backend without a thread, on the registry's ticker, driven by {@link #pump()}: for kernels that are simulated.
     */
    static KernelBackend manual(KernelPort port, KernelOptions options) {
        return manual(port, options, CircuitBreakerRegistry.ofDefaults());
    }

    static KernelBackend manual(KernelPort port, KernelOptions options, CircuitBreakerRegistry circuitBreakers) {
        BackendReport fine = new BackendReport(NAME, true, List.of(), Map.of());
        return new KernelBackend(() -> port, () -> fine, options, false, circuitBreakers);
    }

    @Override
    public String name() {
        return NAME;
    }

    private static BackendReport probed(KernelSettings settings) {
        KernelReport found = KernelProbe.probe(settings.pinPath());
        return new BackendReport(NAME, found.available(), found.reasons(), found.details());
    }

    private static KernelPort opened(KernelSettings settings) {
        try {
            return LibbpfPort.open(settings);
        } catch (KernelException e) {
            KernelReport.Finding finding = KernelProbe.explain(e);
            BackendUnavailableException unavailable =
                    new BackendUnavailableException(NAME, finding.reason(), finding.remedy());
            unavailable.initCause(e);
            throw unavailable;
        }
    }

    @Override
    public BackendReport report() {
        BackendReport found = probed;
        if (found == null) {
            found = probe.get();
            probed = found;
        }
        KernelEngine present = engine;
        if (present == null) {
            return found;
        }
        Map<String, Object> details = new LinkedHashMap<>(found.details());
        details.put("running", present.isRunning());
        details.put("inFlight", present.inFlight().count());
        KernelFeatures offered = features;
        if (offered != null) {
            details.put("kernel", offered.release());
            details.put("program", offered.program());
            details.put("cancelAsync", offered.cancelAsync());
            details.put("referenceCount", offered.referenceCount() ? "available" : Inspection.NOT_AVAILABLE);
            details.put("pinned", offered.pinned());
        }
        details.put("fallback", options.fallback().name().toLowerCase(java.util.Locale.ROOT));
        present.report(details);
        List<String> reasons = new ArrayList<>(found.available() ? found.reasons() : List.of());
        if (details.get("fallbacksNow") instanceof Integer refused && refused > 0) {
            reasons.add(refused + " slots are measured in this JVM, for the kernel refused them");
        }
        present.directory()
                .orphans()
                .forEach((map, count) -> reasons.add(
                        count + " slots of map '" + map + "' wait in the kernel: no such map is registered"));
        return new BackendReport(NAME, true, List.copyOf(reasons), details);
    }

    /**
     * How often a slot was measured in this process because the kernel refused it.
     *
     * @return the count since the registry was built
     */
    public long fallbacks() {
        KernelEngine present = engine;
        return present == null ? 0 : present.fallbacks();
    }

    @Override
    public void init(BackendContext injected) {
        lifecycle.lock();
        try {
            if (engine != null) {
                throw new IllegalStateException("a backend serves one registry; this one is in use");
            }
            Ticker ticker = threaded ? new KernelTicker() : injected.ticker();
            KernelPort port = opener.get();
            KernelEngine made = new KernelEngine(port, ticker, options, circuitBreakers);
            BackendContext own = injected.withTicker(ticker);
            SlotMirrors mirrors = new SlotMirrors() {
                @Override
                public <K> SlotMirror<K> open(SlotMapSpec<K> spec, SlotType type, SlotClock clock) {
                    return new KernelMirror<>(spec, type, clock, codecs, made);
                }
            };
            this.features = port.features();
            this.context = new LocalContext(NAME, own, made, mirrors);
            this.engine = made;
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        LocalTimerSlots<K> map = new LocalTimerSlots<>(spec, context());
        map.recover();
        return map;
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        LocalWorkSlots<K> map = new LocalWorkSlots<>(spec, context());
        map.recover();
        return map;
    }

    @Override
    public void start() {
        lifecycle.lock();
        try {
            KernelEngine present = engine();
            if (present.isRunning()) {
                return;
            }
            if (thread == Thread.currentThread()) {
                present.running(true); // a callback that the executor ran on the poller: that thread goes on
                return;
            }
            join(thread, Duration.ofDays(1));
            present.running(true);
            if (threaded) {
                present.polled();
                Thread started = new Thread(() -> drive(present), "asyncslot-kernel");
                started.setDaemon(true);
                thread = started;
                started.start();
            }
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        KernelEngine present = engine();
        present.running(false);
        present.wake();
        return present.inFlight().awaitNone(Math.max(0, Limits.saturatedNanos(limit)));
    }

    @Override
    public void detach() {
        KernelEngine present = engine;
        KernelFeatures offered = features;
        if (present != null && offered != null && offered.pinned()) {
            present.running(false);
            present.detach();
        }
    }

    @Override
    public void close() {
        KernelEngine present = engine;
        if (present == null) {
            return;
        }
        present.running(false);
        present.wake();
        Thread poller = thread;
        present.closeWhenQuiet(); // where a callback runs, its end closes
        if (poller != Thread.currentThread()) {
            join(poller, JOIN_LIMIT);
        }
    }

    /**
     * Does what is to be done now, on the calling thread, until nothing is; for a backend made by {@link #manual}.
     *
     * @return the ticker's monotonic time at which the engine has to look by itself, in nanoseconds; the kernel's own
     *     timers are the kernel's business. {@link Long#MAX_VALUE} when it has not
     */
    long pump() {
        KernelEngine present = engine();
        if (pumping != Thread.currentThread()) {
            pumping = Thread.currentThread();
            try {
                do {
                    present.collect();
                } while (present.pass());
            } finally {
                pumping = null;
            }
        }
        long wake = present.nextWake();
        return wake == Micros.NEVER ? Long.MAX_VALUE : wake * 1_000;
    }

    private static void drive(KernelEngine engine) {
        while (engine.isRunning()) {
            try {
                engine.await();
                engine.pass();
            } catch (Throwable e) {
                engine.failed(e);
            }
        }
        engine.leave();
    }

    /** Waits for a thread; false when it has not ended in time. */
    private static boolean join(@Nullable Thread former, Duration limit) {
        boolean interrupted = false;
        long end = System.nanoTime() + limit.toNanos();
        while (former != null && former.isAlive() && System.nanoTime() < end) {
            try {
                TimeUnit.MILLISECONDS.timedJoin(former, 100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return former == null || !former.isAlive();
    }

    KernelEngine engine() {
        return LocalContext.initialised(engine);
    }

    private LocalContext context() {
        return LocalContext.initialised(context);
    }
}

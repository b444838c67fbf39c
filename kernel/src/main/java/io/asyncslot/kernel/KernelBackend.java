package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.LocalContext;
import io.asyncslot.core.LocalTimerSlots;
import io.asyncslot.core.LocalValueTimerSlots;
import io.asyncslot.core.LocalValueWorkSlots;
import io.asyncslot.core.LocalWorkSlots;
import io.asyncslot.core.SlotMirror;
import io.asyncslot.core.SlotMirrors;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotValueCodec;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Slots that live in the Linux kernel. Their keys, words and deadlines are in memory that the kernel shares with this
 * process. If that memory is pinned, the slots outlive the process, and the next process that opens it finds them
 * again. Thread-safe.
 */
public final class KernelBackend implements SlotBackend {

    /** The parts in use from {@link #init} on. */
    private record InUse(
            KernelEngine engine, LocalContext context, KernelFeatures features, HandOver handOver, Poller poller) {}

    /** The backend's name. */
    public static final String NAME = "kernel";

    /** How long a closing waits for the poller to come back from what it does. */
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(5);

    private final Supplier<? extends KernelPort> opener;
    private final Supplier<BackendReport> probe;
    private final KernelOptions options;
    private final boolean threaded;
    private final CircuitBreakerRegistry circuitBreakers;
    private final SlotValueCodec values;
    private final KeyCodecs codecs = KeyCodecs.load();

    /** Guards thread and engine against concurrent starts and stops; never held over user code. */
    private final ReentrantLock lifecycle = new ReentrantLock();

    private final OpenMaps maps = new OpenMaps();

    /** Set by {@link #init}, once; read by all. */
    private volatile @Nullable InUse inUse;

    /** Whether runs are to begin, whatever a hand-over does meanwhile. With {@link #lifecycle}. */
    private boolean wanted;

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
     * Makes a backend that takes the slots of this machine's kernel into use when the registry is built, and whose
     * circuit breaker, {@code asyncslot-kernel}, is visible from outside.
     *
     * @param settings how much room, and where
     * @param options how the kernel is used
     * @param circuitBreakers where the circuit breaker is made, or found if there is one of its name
     */
    public KernelBackend(KernelSettings settings, KernelOptions options, CircuitBreakerRegistry circuitBreakers) {
        this(settings, options, circuitBreakers, null);
    }

    /**
     * As {@link #KernelBackend(KernelSettings, KernelOptions, CircuitBreakerRegistry)}, with a codec.
     *
     * @param settings how much room, and where
     * @param options how the kernel is used
     * @param circuitBreakers where the circuit breaker is made, or found if there is one of its name
     * @param codec makes bytes of the values that pinned slots carry; null for JSON, if Jackson 3 is on the class path
     */
    public KernelBackend(
            KernelSettings settings,
            KernelOptions options,
            CircuitBreakerRegistry circuitBreakers,
            @Nullable SlotValueCodec codec) {
        this(
                () -> HolderWait.open(options.touchable().isEmpty() ? settings : settings.touchable(true), options),
                () -> probed(settings, options.waitForHolder()),
                options,
                true,
                circuitBreakers,
                codec);
    }

    KernelBackend(
            Supplier<? extends KernelPort> opener,
            Supplier<BackendReport> probe,
            KernelOptions options,
            boolean threaded,
            CircuitBreakerRegistry circuitBreakers) {
        this(opener, probe, options, threaded, circuitBreakers, null);
    }

    KernelBackend(
            Supplier<? extends KernelPort> opener,
            Supplier<BackendReport> probe,
            KernelOptions options,
            boolean threaded,
            CircuitBreakerRegistry circuitBreakers,
            @Nullable SlotValueCodec codec) {
        this.values = codec == null ? SlotValueCodec.json(null) : codec;
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

    private static BackendReport probed(KernelSettings settings, Duration waitForHolder) {
        KernelReport found = KernelProbe.probe(settings.pinPath());
        boolean waits = !waitForHolder.isZero()
                && found.findings().stream().allMatch(finding -> finding.problem() == KernelProblem.PIN_HELD);
        return new BackendReport(NAME, found.available() || waits, found.reasons(), found.details());
    }

    @Override
    public BackendReport report() {
        BackendReport found = probed;
        if (found == null) {
            found = probe.get();
            probed = found;
        }
        InUse use = inUse;
        if (use == null) {
            return found;
        }
        if (use.handOver().isDone()) { // the memory is another process's
            return new BackendReport(NAME, false, List.of(HandOver.HANDED_OVER), found.details());
        }
        return BackendStatus.of(found, use.engine(), use.context(), use.features(), options, use.handOver());
    }

    /**
     * How often a slot was measured in this process because the kernel refused it.
     *
     * @return the count since the registry was built
     */
    public long fallbacks() {
        InUse use = inUse;
        return use == null ? 0 : use.engine().fallbacks();
    }

    @Override
    public void init(BackendContext injected) {
        lifecycle.lock();
        try {
            if (inUse != null) {
                throw new IllegalStateException("a backend serves one registry; this one is in use");
            }
            Ticker ticker = threaded ? new KernelTicker() : injected.ticker();
            KernelPort port = opener.get();
            KernelEngine made = engineOn(port, ticker);
            BackendContext own = injected.withTicker(ticker);
            SlotMirrors mirrors = new SlotMirrors() {
                @Override
                public <K> SlotMirror<K> open(SlotMapSpec<K> spec, SlotType type, SlotClock clock) {
                    return new KernelMirror<>(
                            spec,
                            type,
                            clock,
                            codecs,
                            values,
                            made,
                            options.touchable().contains(spec.name()),
                            port.features().pinned());
                }
            };
            LocalContext context = new LocalContext(NAME, own, made, mirrors);
            HandOver handOver = new HandOver(this, made, context, maps, lifecycle, () -> wanted);
            inUse = new InUse(made, context, port.features(), handOver, new Poller(made));
            made.whenAskedToHandOver(handOver::asked);
        } finally {
            lifecycle.unlock();
        }
    }

    /** Makes the engine; the memory is given back if that fails, or it would stay held while this process lives. */
    private KernelEngine engineOn(KernelPort port, Ticker ticker) {
        boolean done = false;
        try {
            KernelEngine made = new KernelEngine(
                    port, ticker, options, circuitBreakers, threaded ? EngineThreads::runOnce : Runnable::run);
            done = true;
            return made;
        } finally {
            if (!done) {
                port.close();
            }
        }
    }

    @Override
    public Set<SlotFeature> features() {
        return EnumSet.allOf(SlotFeature.class);
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        return maps.open(
                () -> {
                    LocalTimerSlots<K> map = spec.values() == null
                            ? new LocalTimerSlots<>(spec, context())
                            : new LocalValueTimerSlots<>(spec, context());
                    map.recover();
                    return map;
                },
                handOver());
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return maps.open(
                () -> {
                    LocalWorkSlots<K> map = spec.values() == null
                            ? new LocalWorkSlots<>(spec, context())
                            : new LocalValueWorkSlots<>(spec, context());
                    map.recover();
                    return map;
                },
                handOver());
    }

    @Override
    public void start() {
        lifecycle.lock();
        try {
            InUse use = use();
            wanted = true;
            if (use.handOver().isUnderWay()) {
                return; // whoever hands over goes on by itself, if nothing comes of it
            }
            use.engine().running(true);
            use.engine().wake();
            if (threaded) {
                use.poller().start();
            }
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        KernelEngine present = engine();
        halt(present);
        context().runQueue().recall();
        if (context().isInsideRun()) {
            return false; // a run waits for itself otherwise
        }
        return present.inFlight().awaitNone(Math.max(0, Limits.saturatedNanos(limit)));
    }

    /** Lets no run begin from now on. */
    private void halt(KernelEngine present) {
        lifecycle.lock();
        try {
            wanted = false;
            present.running(false);
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public void detach() {
        InUse use = inUse;
        if (use != null && use.features().pinned()) {
            halt(use.engine());
            use.engine().detach();
        }
    }

    @Override
    public void close() {
        InUse use = inUse;
        if (use == null) {
            return;
        }
        try {
            halt(use.engine());
            use.context().runQueue().recall();
        } finally {
            use.engine().closeWhenQuiet(); // where a callback runs, its end closes
        }
        use.poller().join(JOIN_LIMIT);
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

    private InUse use() {
        return LocalContext.initialised(inUse);
    }

    KernelEngine engine() {
        return use().engine();
    }

    HandOver handOver() {
        return use().handOver();
    }

    private LocalContext context() {
        return use().context();
    }
}

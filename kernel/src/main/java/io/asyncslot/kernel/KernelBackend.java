package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Shown;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Slots that live in the Linux kernel. Their keys, words and deadlines are in memory that the kernel shares with this
 * process; where that is pinned they outlive it, and the next process that opens it finds them again. Thread-safe.
 */
public final class KernelBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = "kernel";

    private static final String HANDED_OVER =
            "the pinned slots were handed over to another process, which asked for them: operations here answer CLOSED";

    /** How many damaged records a reason names. */
    private static final int SHOWN = 5;

    private static final Log LOG = new Log(KernelBackend.class);

    /** How often a process that waits for the holder of its pin path looks. */
    private static final long HOLDER_MILLIS = 100;

    /** How long a process that waits goes on waiting when the holder has decided to hand over, but has the lock still. */
    private static final long GIVEN_NANOS = 15_000_000_000L;

    /** How long a process that is asked to hand over waits for its runs. */
    static final long HAND_OVER_NANOS = 30_000_000_000L;

    private static final String ENDING_RUNS = "another process asks for the pinned slots: no run begins, for "
            + HAND_OVER_NANOS / 1_000_000_000 + " seconds at most, until those under way have ended";

    /** After an attempt that came to nothing the slots run undisturbed for so many times as long as it took. */
    static final int HAND_OVER_PAUSE = 4;

    /** How long a process that hands over waits before it looks again whether its operations have ended. */
    private static final long SETTLE_NANOS = 1_000_000;

    /** How long a process that is asked to hand over waits for its runs before it looks whether it still is. */
    private static final long HAND_OVER_LOOK_NANOS = 200_000_000;

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

    /** Set by {@link #init}, once; read by all. */
    private volatile @Nullable KernelEngine engine;

    private volatile @Nullable LocalContext context;
    private volatile @Nullable KernelFeatures features;

    /** The poller, from the first start on. Written with {@link #lifecycle}. */
    private volatile @Nullable Thread thread;

    /** The maps that were opened and are not closed. Any thread. */
    private final List<SlotMap<?>> opened = new CopyOnWriteArrayList<>();

    /** Whether another process is being given the slots, or has them. Any thread, by CAS; back to false if it gave up. */
    private final AtomicBoolean handingOver = new AtomicBoolean();

    /** Whether no run begins because another process asks for the slots. Written by whoever hands over; volatile. */
    private volatile boolean endingRuns;

    /** When this process lets itself be asked again, monotonic nanoseconds. Written by whoever hands over; volatile. */
    private volatile long handOverFrom = Long.MIN_VALUE;

    /** Whether another process was given the slots. Set once; volatile. */
    private volatile boolean handedOver;

    /** Whether runs are to begin, whatever a hand-over does meanwhile. With {@link #lifecycle}. */
    private boolean wanted;

    /** Maps that are being opened. Any thread. */
    private final AtomicInteger opening = new AtomicInteger();

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
                () -> opened(options.touchable().isEmpty() ? settings : settings.touchable(true), options),
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

    private static KernelPort opened(KernelSettings settings, KernelOptions options) {
        try {
            return patiently(settings, options.waitForHolder(), options.takeOver());
        } catch (KernelException e) {
            KernelReport.Finding finding = KernelProbe.explain(e);
            BackendUnavailableException unavailable =
                    new BackendUnavailableException(NAME, finding.reason(), finding.remedy());
            unavailable.initCause(e);
            throw unavailable;
        }
    }

    /**
     * Opens the memory, once its holder has ended or handed over: the kernel drops the lock with that process. Asks for that, if
     * it is to take over, by a question that lapses unless it is renewed, and takes that back on every way out: so nobody hands
     * over to a process that has given up.
     */
    private static KernelPort patiently(KernelSettings settings, Duration limit, boolean takeOver) {
        Path path = settings.pinPath();
        HandOverAsker asker = takeOver && path != null ? new HandOverAsker(path, new KernelTicker()) : null;
        boolean done = false;
        try {
            KernelPort port = patiently(settings, limit, asker);
            done = true;
            return port;
        } finally {
            if (!done && asker != null) {
                asker.withdraw();
            }
        }
    }

    private static KernelPort patiently(KernelSettings settings, Duration limit, @Nullable HandOverAsker asker) {
        long began = System.nanoTime();
        long patience = Limits.saturatedNanos(limit);
        for (boolean told = false; ; told = true) {
            try {
                LibbpfPort port = LibbpfPort.open(settings);
                Layout.LONG.setVolatile(port.header(), Layout.HEADER_HAND_OVER_UNTIL, 0L);
                if (told) {
                    LOG.info("the pin path is free; this application takes over");
                }
                return port;
            } catch (PinPathHeldException e) {
                long waited = System.nanoTime() - began;
                if (waited < patience) {
                    if (asker != null) {
                        asker.ask();
                    }
                } else if (asker == null || asker.withdraw() || waited - patience >= GIVEN_NANOS) {
                    throw e;
                } // or else the holder has decided, and is about to let go
                if (!told) {
                    LOG.info(e.getMessage() + "; this application waits for it, " + limit + " at most");
                }
                try {
                    TimeUnit.MILLISECONDS.sleep(HOLDER_MILLIS);
                } catch (InterruptedException interruption) {
                    Thread.currentThread().interrupt();
                    throw e;
                }
            }
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
        if (handedOver) { // the memory is another process's
            return new BackendReport(NAME, false, List.of(HANDED_OVER), found.details());
        }
        Map<String, Object> details = new LinkedHashMap<>(found.details());
        details.put("running", present.isRunning());
        details.put("inFlight", present.inFlight().count());
        details.put("waitForThread", context().runQueue().waiting());
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
        if (endingRuns) {
            reasons.add(ENDING_RUNS);
        }
        if (details.get("fallbacksNow") instanceof Integer refused && refused > 0) {
            reasons.add(refused + " slots are measured in this JVM, for the kernel refused them");
        }
        String trouble = present.pinTrouble();
        if (trouble != null) {
            details.put("pinned", false);
            reasons.add(trouble);
        }
        Map<Integer, String> damaged = present.records().damaged();
        if (!damaged.isEmpty()) {
            reasons.add(
                    damaged.size() + " records in the shared memory do not validate: they are kept, and do not run: "
                            + shown(damaged));
        }
        if (details.get("orphans") instanceof Map<?, ?> orphans) {
            orphans.forEach((map, count) ->
                    reasons.add(count + " slots of map '" + map + "' wait in the kernel: no such map is registered"));
        }
        Throwable failure = present.failures().present();
        if (failure != null) {
            reasons.add("the thread that waits for the kernel failed and begins anew: " + Shown.of(failure));
        }
        return new BackendReport(NAME, failure == null, List.copyOf(reasons), details);
    }

    private static String shown(Map<Integer, String> damaged) {
        String first = damaged.entrySet().stream()
                .limit(SHOWN)
                .map(entry -> "record " + entry.getKey() + " (" + entry.getValue() + ")")
                .collect(Collectors.joining(", "));
        return damaged.size() > SHOWN ? first + " and others" : first;
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
            this.features = port.features();
            this.context = new LocalContext(NAME, own, made, mirrors);
            this.engine = made;
            made.whenAskedToHandOver(this::askedToHandOver);
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
        return opened(() -> {
            LocalTimerSlots<K> map = spec.values() == null
                    ? new LocalTimerSlots<>(spec, context())
                    : new LocalValueTimerSlots<>(spec, context());
            map.recover();
            return map;
        });
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return opened(() -> {
            LocalWorkSlots<K> map = spec.values() == null
                    ? new LocalWorkSlots<>(spec, context())
                    : new LocalValueWorkSlots<>(spec, context());
            map.recover();
            return map;
        });
    }

    /** Opens a map, unless the memory is another process's; one that is under way keeps the memory here. */
    private <M extends SlotMap<?>> M opened(Supplier<M> make) {
        opening.incrementAndGet();
        try {
            if (handedOver) {
                throw new BackendUnavailableException(NAME, HANDED_OVER, "Start this application anew");
            }
            M map = make.get();
            opened.removeIf(SlotMap::isClosed);
            opened.add(map);
            if (handedOver) { // looked at after it was added: whoever hands over sees it, or we see that
                closeMaps();
            }
            return map;
        } finally {
            opening.decrementAndGet();
        }
    }

    private void closeMaps() {
        for (SlotMap<?> map : opened) {
            try {
                closeNow(map);
            } catch (Throwable e) {
                closeAgain(map);
            }
        }
    }

    private static void closeAgain(SlotMap<?> map) {
        try {
            closeNow(map);
        } catch (Throwable e) {
            LOG.error("map '" + map.name() + "' failed to close", e);
        }
    }

    private static void closeNow(SlotMap<?> map) {
        try {
            map.close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Another process asks for the slots; called by the poller, which must not wait. */
    private void askedToHandOver() {
        if (now() >= handOverFrom && !handingOver.getAndSet(true)) {
            boolean begun = false;
            try {
                EngineThreads.runOnce(this::handOver);
                begun = true;
            } finally {
                if (!begun) {
                    handingOver.set(false); // no thread to be had: asked again at the next look
                }
            }
        }
    }

    private long now() {
        return context().injected().ticker().monotonicNanos();
    }

    /**
     * Gives the slots to the process that asks for them: begins no run, waits for those under way, then lets go. If that process
     * gives up before, or the runs take too long, all goes on as it was.
     */
    void handOver() {
        KernelEngine present = engine();
        HandOverQuestion question = present.question();
        boolean given = false;
        try {
            given = question != null && question.isLive() && endRuns(present, question) && give(question);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (given) {
                letGo();
            } else {
                goOn(present);
            }
        }
    }

    /** Begins no further run, and waits for those under way; answers whether they ended while the question stood. */
    private boolean endRuns(KernelEngine present, HandOverQuestion question) throws InterruptedException {
        long began = now();
        boolean quiet = false;
        endingRuns = true;
        try {
            lifecycle.lock();
            try {
                present.running(false);
            } finally {
                lifecycle.unlock();
            }
            LOG.info("another process asks for the pinned slots: this application ends its runs");
            context().runQueue().recall();
            do {
                quiet = present.inFlight().awaitNone(HAND_OVER_LOOK_NANOS);
            } while (!quiet && question.isAsked() && now() - began < HAND_OVER_NANOS);
            quiet = quiet && question.isLive(); // directly before letting go: nobody gets them otherwise
        } finally {
            if (!quiet) {
                handOverFrom = now() + HAND_OVER_PAUSE * (now() - began);
            }
        }
        return quiet;
    }

    private boolean give(HandOverQuestion question) {
        lifecycle.lock(); // a start that comes now finds that the slots are gone
        try {
            return !engine().isClosing() && question.give();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Nothing came of it. */
    private void goOn(KernelEngine present) {
        lifecycle.lock();
        try {
            handingOver.set(false);
            present.running(wanted && !present.isClosing());
        } finally {
            lifecycle.unlock();
        }
        if (endingRuns) {
            endingRuns = false;
            present.wakePoller();
            LOG.warning(
                    "the other process has given up, or runs took too long: this application keeps the pinned slots");
        }
    }

    /** The slots are another process's: closes what is here, and gives the memory and its lock away whatever fails. */
    void letGo() {
        KernelEngine present = engine();
        handedOver = true; // before the memory is given away
        try {
            long end = System.nanoTime() + JOIN_LIMIT.toNanos();
            while (opening.get() != 0 && System.nanoTime() < end) {
                LockSupport.parkNanos(this, SETTLE_NANOS);
            }
            try {
                closeMaps();
            } catch (Throwable e) { // a full heap: some may not have been reached
                closeMaps();
            }
            while (present.isInUse() && System.nanoTime() < end) { // operations that are under way have answered then
                LockSupport.parkNanos(this, SETTLE_NANOS);
            }
        } finally {
            try {
                detach();
            } finally {
                closeSurely();
            }
        }
        LOG.warning(HANDED_OVER);
    }

    private void closeSurely() {
        try {
            close();
        } catch (Throwable e) {
            close(); // the lock must not stay for the life of this process
        }
    }

    @Override
    public void start() {
        lifecycle.lock();
        try {
            KernelEngine present = engine();
            wanted = true;
            if (handingOver.get()) {
                return; // whoever hands over goes on by itself, if nothing comes of it
            }
            present.running(true);
            present.wake();
            if (threaded && thread == null) { // the poller lives until the backend is closed
                begin(present);
            }
        } finally {
            lifecycle.unlock();
        }
    }

    private void begin(KernelEngine driven) {
        Thread poller = EngineThreads.daemon(() -> drive(driven), "asyncslot-kernel");
        driven.polled();
        boolean begun = false;
        try {
            poller.start();
            begun = true;
            thread = poller;
        } finally {
            if (!begun) {
                driven.leave(); // no thread to be had: the next start tries again
            }
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
        KernelEngine present = engine;
        KernelFeatures offered = features;
        if (present != null && offered != null && offered.pinned()) {
            halt(present);
            present.detach();
        }
    }

    @Override
    public void close() {
        KernelEngine present = engine;
        if (present == null) {
            return;
        }
        Thread poller = thread;
        try {
            halt(present);
            context().runQueue().recall();
        } finally {
            present.closeWhenQuiet(); // where a callback runs, its end closes
        }
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

    /** Ends with the engine, and not before: what a failure is followed by here is a store. */
    private static void drive(KernelEngine engine) {
        for (; ; ) {
            try {
                if (engine.isClosing()) {
                    engine.leave();
                    return;
                }
                engine.turn();
            } catch (Throwable e) {
                engine.failures().failed(e);
            }
        }
    }

    /** Waits for a thread to end, for so long at the most. */
    private static void join(@Nullable Thread former, Duration limit) {
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
    }

    KernelEngine engine() {
        return LocalContext.initialised(engine);
    }

    private LocalContext context() {
        return LocalContext.initialised(context);
    }
}

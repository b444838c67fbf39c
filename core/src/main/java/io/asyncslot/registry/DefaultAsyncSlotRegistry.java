package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DuplicateSlotMapException;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotType;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Log;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.MissingBackend;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spi.SlotTransactions;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Maps by name, and the lifecycle of their backends. Thread-safe: lookups are lock-free, lifecycle and registration
 * are under one lock that no operation on slots takes and no user code runs under.
 */
final class DefaultAsyncSlotRegistry implements AsyncSlotRegistry {

    private enum Phase {
        NEW,
        RUNNING,
        STOPPED,
        CLOSED
    }

    private static final Log LOG = new Log(DefaultAsyncSlotRegistry.class);
    private static final Log.Message LISTENER_FAILED = LOG.message("a slot listener failed on map '", "'");
    private static final Log.Message CLOSED_AGAIN = LOG.message("map '", "' failed to close; trying once more");

    /** What a handle expects of its map. */
    private record Awaited(
            String map,
            Class<?> keyType,
            SlotType type,
            @Nullable Class<?> valueType) {}

    private final Map<String, SlotBackend> backends;
    private final Function<String, @Nullable MissingBackend> missing;
    private final SlotBackend defaultBackend;
    private final BackendContext context;

    /** Whether a close was cut short, by a full heap perhaps: the next one goes on. By who closes; volatile. */
    private volatile boolean closesAgain;

    /** Backends that maps were opened on: only those are initialised, started and closed. With {@link #lifecycle}. */
    private final Set<SlotBackend> used = new LinkedHashSet<>();

    private final Ticker ticker;
    private final SlotListener listener;
    private final Map<String, SlotMap<?>> maps = new ConcurrentHashMap<>();

    /** What handles were asked for before their map was registered. */
    private final Set<Awaited> awaited = ConcurrentHashMap.newKeySet();

    private final RegistryScopes scopes;
    private final TransactionalSlots transactional;

    private final Object lifecycle = new Object();

    /** Changed under {@link #lifecycle}; read by all. */
    private volatile Phase phase = Phase.NEW;

    DefaultAsyncSlotRegistry(
            Map<String, SlotBackend> backends,
            Function<String, @Nullable MissingBackend> missing,
            String defaultBackend,
            BackendContext context,
            SlotTransactions transactions) {
        this.backends = new LinkedHashMap<>(backends);
        this.missing = missing;
        this.defaultBackend = backend(defaultBackend);
        this.context = context;
        this.ticker = context.ticker();
        this.listener = context.listener();
        this.scopes = new RegistryScopes(this, ticker);
        this.transactional = new DefaultTransactionalSlots(this, transactions);
        use(this.defaultBackend);
    }

    // ---- maps ---------------------------------------------------------------------------------------------------

    @Override
    public <K> TimerSlots<K> timers(String map, Class<K> keyType) {
        SlotMap<?> present = open(map);
        return present == null
                ? new LazyTimerSlots<>(map, keyType, awaitedMap(new Awaited(map, keyType, SlotType.TIMER, null)))
                : checked(present, new Awaited(map, keyType, SlotType.TIMER, null));
    }

    @Override
    public <K> WorkSlots<K> works(String map, Class<K> keyType) {
        SlotMap<?> present = open(map);
        return present == null
                ? new LazyWorkSlots<>(map, keyType, awaitedMap(new Awaited(map, keyType, SlotType.WORK, null)))
                : checked(present, new Awaited(map, keyType, SlotType.WORK, null));
    }

    @Override
    public <K, V> ValueTimerSlots<K, V> timers(String map, Class<K> keyType, Class<V> valueType) {
        SlotMap<?> present = open(map);
        Awaited asked = new Awaited(map, keyType, SlotType.TIMER, valueType);
        return present == null ? new LazyValueTimerSlots<>(map, keyType, awaitedMap(asked)) : checked(present, asked);
    }

    @Override
    public <K, V> ValueWorkSlots<K, V> works(String map, Class<K> keyType, Class<V> valueType) {
        SlotMap<?> present = open(map);
        Awaited asked = new Awaited(map, keyType, SlotType.WORK, valueType);
        return present == null ? new LazyValueWorkSlots<>(map, keyType, awaitedMap(asked)) : checked(present, asked);
    }

    private @Nullable SlotMap<?> open(String map) {
        SlotMap<?> present = maps.get(map);
        if (present == null && phase != Phase.NEW) {
            throw new UnknownSlotMapException(List.of(map), maps.keySet());
        }
        return present;
    }

    /** What a handle for a map that is not registered yet asks at its first operation. */
    private <K> Function<String, SlotMap<K>> awaitedMap(Awaited asked) {
        awaited.add(asked);
        return map -> {
            SlotMap<?> present = maps.get(map);
            if (present == null) {
                throw new UnknownSlotMapException(List.of(map), maps.keySet());
            }
            return checked(present, asked);
        };
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // type, key type and value type are checked
    private static <M extends SlotMap<?>> M checked(SlotMap<?> map, Awaited asked) {
        checkType(map, asked);
        return (M) map;
    }

    private static void checkType(SlotMap<?> map, Awaited asked) {
        SlotValues<?> values = map.values();
        Class<?> valueType = values == null ? null : values.type();
        boolean fits = map.type() == asked.type
                && (asked.keyType == Object.class || map.keyType() == asked.keyType)
                && (asked.valueType == null
                        || valueType != null && asked.valueType == Object.class
                        || asked.valueType == valueType);
        if (!fits) {
            throw new SlotMapTypeException(
                    map.name(),
                    describe(map.type(), map.keyType(), valueType),
                    describe(asked.type, asked.keyType, asked.valueType));
        }
    }

    private static String describe(SlotType type, Class<?> keyType, @Nullable Class<?> valueType) {
        return "a " + (type == SlotType.TIMER ? "timer" : "work") + " map with keys of type " + keyType.getName()
                + (valueType == null ? "" : " and values of type " + valueType.getName());
    }

    @Override
    public <K> TimerSlots<K> register(TimerMapSpec<K> spec) {
        return register(spec, backend -> backend.open(spec));
    }

    @Override
    public <K> WorkSlots<K> register(WorkMapSpec<K> spec) {
        return register(spec, backend -> backend.open(spec));
    }

    private <K, M extends SlotMap<K>> M register(SlotMapSpec<K> spec, Function<SlotBackend, M> opener) {
        SlotBackend backend = spec.backend() == null ? defaultBackend : backend(spec.backend());
        checkFeatures(spec, backend);
        M map = open(spec, backend, opener);
        try {
            listener.opened(map);
        } catch (Throwable e) {
            LISTENER_FAILED.warning(spec.name(), e);
        }
        return map;
    }

    private void checkFeatures(SlotMapSpec<?> spec, SlotBackend backend) {
        List<SlotFeature> missing = spec.features().stream()
                .filter(feature -> !backend.features().contains(feature))
                .toList();
        if (!missing.isEmpty()) {
            List<String> others = backends.values().stream()
                    .filter(other -> other.features().containsAll(spec.features()))
                    .map(SlotBackend::name)
                    .toList();
            throw new BackendUnavailableException(
                    backend.name(),
                    "map '" + spec.name() + "' has "
                            + missing.stream().map(SlotFeature::description).collect(Collectors.joining(", and "))
                            + ", which this backend does not provide",
                    (others.isEmpty() ? "Add a backend that provides it" : "Choose a backend of " + others)
                            + " for map '" + spec.name() + "', or leave this out of the map.");
        }
    }

    private <K, M extends SlotMap<K>> M open(
            SlotMapSpec<K> spec, SlotBackend backend, Function<SlotBackend, M> opener) {
        synchronized (lifecycle) {
            if (phase == Phase.CLOSED) {
                throw new IllegalStateException("the registry is closed: map '" + spec.name() + "' is not registered");
            }
            SlotMap<?> present = maps.get(spec.name());
            if (present != null && !present.isClosed()) {
                throw new DuplicateSlotMapException(spec.name());
            }
            maps.values().removeIf(SlotMap::isClosed);
            use(backend);
            M map = opener.apply(backend);
            maps.put(spec.name(), map);
            return map;
        }
    }

    @Override
    public Collection<SlotMap<?>> maps() {
        TreeMap<String, SlotMap<?>> sorted = new TreeMap<>(maps);
        sorted.values().removeIf(SlotMap::isClosed);
        return List.copyOf(sorted.values());
    }

    @Override
    public Optional<SlotMap<?>> map(String map) {
        SlotMap<?> present = maps.get(map);
        return present == null || present.isClosed() ? Optional.empty() : Optional.of(present);
    }

    @Override
    public SlotScope scope(String name) {
        if (phase == Phase.CLOSED) {
            throw new IllegalStateException("the registry is closed: there is no scope '" + name + "' in it");
        }
        return scopes.scope(name);
    }

    @Override
    public TransactionalSlots transactional() {
        return transactional;
    }

    // ---- backends -----------------------------------------------------------------------------------------------

    @Override
    public List<BackendReport> backends() {
        return backends.values().stream().map(SlotBackend::report).toList();
    }

    private SlotBackend backend(String name) {
        SlotBackend backend = backends.get(name);
        if (backend == null) {
            MissingBackend known = missing.apply(name);
            throw new BackendUnavailableException(
                    name,
                    (known == null ? "there is no backend of this name" : known.reason()) + "; present: "
                            + backends.keySet(),
                    (known == null ? "Correct the name, or add the module that provides it." : known.remedy())
                            + " Or choose one of " + backends.keySet() + ".");
        }
        BackendReport report = backend.report();
        if (!report.available()) {
            throw new BackendUnavailableException(
                    name, String.join("; ", report.reasons()), "Resolve these reasons, or choose another backend.");
        }
        return backend;
    }

    /** With {@link #lifecycle}, but for the constructor. */
    private void use(SlotBackend backend) {
        if (used.contains(backend)) {
            return;
        }
        backend.init(context);
        used.add(backend);
        if (phase == Phase.RUNNING) {
            backend.start();
        }
    }

    private List<SlotBackend> used() {
        synchronized (lifecycle) {
            return List.copyOf(used);
        }
    }

    // ---- lifecycle ----------------------------------------------------------------------------------------------

    @Override
    public void start() {
        synchronized (lifecycle) {
            if (phase == Phase.CLOSED) {
                throw new IllegalStateException("the registry is closed");
            }
            List<String> missing = awaited.stream()
                    .map(Awaited::map)
                    .filter(name -> !maps.containsKey(name))
                    .toList();
            if (!missing.isEmpty()) {
                throw new UnknownSlotMapException(missing, maps.keySet());
            }
            for (Awaited handle : awaited) {
                SlotMap<?> present = maps.get(handle.map());
                if (present != null) {
                    checkType(present, handle);
                }
            }
            awaited.clear(); // from now on a handle is given for a registered map only
            used.forEach(SlotBackend::start);
            phase = Phase.RUNNING;
        }
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        synchronized (lifecycle) {
            if (phase == Phase.NEW) {
                return true;
            }
            phase = phase == Phase.RUNNING ? Phase.STOPPED : phase;
        }
        long began = ticker.monotonicNanos();
        boolean quiescent = true;
        for (SlotBackend backend : used()) {
            quiescent &= backend.stop(left(limit, Duration.ofNanos(ticker.monotonicNanos() - began)));
        }
        synchronized (lifecycle) {
            if (phase == Phase.RUNNING) { // somebody started it while we were stopping the backends
                used.forEach(SlotBackend::start);
            }
        }
        return quiescent;
    }

    private static Duration left(Duration limit, Duration spent) {
        return limit.compareTo(spent) > 0 ? limit.minus(spent) : Duration.ZERO;
    }

    @Override
    public boolean isRunning() {
        return phase == Phase.RUNNING;
    }

    @Override
    public void close() {
        synchronized (lifecycle) {
            if (phase == Phase.CLOSED && !closesAgain) {
                return;
            }
            phase = Phase.CLOSED;
            closesAgain = false;
        }
        boolean done = false;
        try {
            closeMapsAndBackends();
            done = true;
        } finally {
            closesAgain = !done;
        }
    }

    private void closeMapsAndBackends() {
        try {
            used().forEach(SlotBackend::detach);
            closeAll(maps.values().iterator());
        } finally {
            closeBackends(used().iterator());
        }
    }

    /** Closes backends, each whatever becomes of the others. */
    private static void closeBackends(Iterator<SlotBackend> left) {
        if (left.hasNext()) {
            try {
                left.next().close();
            } finally {
                closeBackends(left);
            }
        }
    }

    /** Closes maps, each whatever becomes of the others: one that fails is tried once more. */
    private static void closeAll(Iterator<? extends SlotMap<?>> left) {
        while (left.hasNext()) {
            SlotMap<?> map = left.next();
            try {
                closeFromAnywhere(map);
            } catch (RuntimeException | Error e) {
                CLOSED_AGAIN.error(map.name(), e);
                try {
                    closeFromAnywhere(map);
                } finally {
                    closeAll(left);
                }
            }
        }
    }

    private static void closeFromAnywhere(SlotMap<?> map) {
        if (closeNow(map) == CloseOutcome.WOULD_DEADLOCK) {
            closeFromOutside(map);
        }
    }

    private static CloseOutcome closeNow(SlotMap<?> map) {
        try {
            return map.close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return CloseOutcome.TIMED_OUT;
        }
    }

    /** Closes a map of which we are inside a callback: it refuses us, for others would wait; we do not. */
    private static void closeFromOutside(SlotMap<?> map) {
        Thread closer = EngineThreads.daemon(() -> closeNow(map), "asyncslot-close");
        closer.start();
        boolean interrupted = false;
        while (closer.isAlive()) {
            try {
                closer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

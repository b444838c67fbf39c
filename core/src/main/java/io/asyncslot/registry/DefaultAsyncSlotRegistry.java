package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DuplicateSlotMapException;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
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

    private static final System.Logger LOG = System.getLogger(DefaultAsyncSlotRegistry.class.getName());

    /** What a handle expects of its map. */
    private record Awaited(String map, Class<?> keyType, SlotType type) {}

    private final Map<String, SlotBackend> backends;
    private final SlotBackend defaultBackend;
    private final BackendContext context;

    /** Backends that maps were opened on: only those are initialised, started and closed. With {@link #lifecycle}. */
    private final Set<SlotBackend> used = new LinkedHashSet<>();

    private final Ticker ticker;
    private final SlotListener listener;
    private final Map<String, SlotMap<?>> maps = new ConcurrentHashMap<>();

    /** What handles were asked for before their map was registered. */
    private final Set<Awaited> awaited = ConcurrentHashMap.newKeySet();

    private final RegistryScopes scopes;

    private final Object lifecycle = new Object();

    /** Changed under {@link #lifecycle}; read by all. */
    private volatile Phase phase = Phase.NEW;

    DefaultAsyncSlotRegistry(Map<String, SlotBackend> backends, String defaultBackend, BackendContext context) {
        this.backends = new LinkedHashMap<>(backends);
        this.defaultBackend = backend(defaultBackend);
        this.context = context;
        this.ticker = context.ticker();
        this.listener = context.listener();
        this.scopes = new RegistryScopes(this, ticker);
        use(this.defaultBackend);
    }

    // ---- maps ---------------------------------------------------------------------------------------------------

    @Override
    public <K> TimerSlots<K> timers(String map, Class<K> keyType) {
        SlotMap<?> present = open(map);
        return present == null
                ? new LazyTimerSlots<>(map, keyType, awaitedMap(map, keyType, SlotType.TIMER))
                : timerSlots(present, keyType);
    }

    @Override
    public <K> WorkSlots<K> works(String map, Class<K> keyType) {
        SlotMap<?> present = open(map);
        return present == null
                ? new LazyWorkSlots<>(map, keyType, awaitedMap(map, keyType, SlotType.WORK))
                : workSlots(present, keyType);
    }

    private @Nullable SlotMap<?> open(String map) {
        SlotMap<?> present = maps.get(map);
        if (present == null && phase != Phase.NEW) {
            throw new UnknownSlotMapException(List.of(map), maps.keySet());
        }
        return present;
    }

    /** What a handle for a map that is not registered yet asks at its first operation. */
    private <K> Function<String, SlotMap<K>> awaitedMap(String name, Class<K> keyType, SlotType type) {
        awaited.add(new Awaited(name, keyType, type));
        return map -> {
            SlotMap<?> present = maps.get(map);
            if (present == null) {
                throw new UnknownSlotMapException(List.of(map), maps.keySet());
            }
            return type == SlotType.TIMER ? timerSlots(present, keyType) : workSlots(present, keyType);
        };
    }

    @SuppressWarnings("unchecked") // the key type is checked
    private static <K> TimerSlots<K> timerSlots(SlotMap<?> map, Class<K> keyType) {
        checkType(map, keyType, SlotType.TIMER);
        return (TimerSlots<K>) map;
    }

    @SuppressWarnings("unchecked") // the key type is checked
    private static <K> WorkSlots<K> workSlots(SlotMap<?> map, Class<K> keyType) {
        checkType(map, keyType, SlotType.WORK);
        return (WorkSlots<K>) map;
    }

    private static void checkType(SlotMap<?> map, Class<?> keyType, SlotType type) {
        if (map.type() != type || keyType != Object.class && map.keyType() != keyType) {
            throw new SlotMapTypeException(map.name(), describe(map.type(), map.keyType()), describe(type, keyType));
        }
    }

    private static String describe(SlotType type, Class<?> keyType) {
        return "a " + (type == SlotType.TIMER ? "timer" : "work") + " map with keys of type " + keyType.getName();
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
        M map = open(spec, backend, opener);
        try {
            listener.opened(map);
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.WARNING, "a slot listener failed on map '" + spec.name() + "'", e);
        }
        return map;
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

    // ---- backends -----------------------------------------------------------------------------------------------

    @Override
    public List<BackendReport> backends() {
        return backends.values().stream().map(SlotBackend::report).toList();
    }

    private SlotBackend backend(String name) {
        SlotBackend backend = backends.get(name);
        if (backend == null) {
            throw new BackendUnavailableException(
                    name,
                    "it is not on the class path; present: " + backends.keySet(),
                    "Add the module that provides backend '" + name + "', which may need a newer Java than this one ("
                            + Runtime.version().feature() + "; asyncslot-kernel needs 25), or choose one of "
                            + backends.keySet() + ".");
        }
        BackendReport report = backend.report();
        if (!report.available()) {
            throw new BackendUnavailableException(
                    name,
                    String.join("; ", report.reasons()),
                    "Remove what the reasons name, or choose another backend.");
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
                    checkType(present, handle.keyType(), handle.type());
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
            if (phase == Phase.CLOSED) {
                return;
            }
            phase = Phase.CLOSED;
        }
        used().forEach(SlotBackend::detach);
        for (SlotMap<?> map : maps.values()) {
            if (closeNow(map) == CloseOutcome.WOULD_DEADLOCK) {
                closeFromOutside(map);
            }
        }
        used().forEach(SlotBackend::close);
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
        Thread closer = new Thread(() -> closeNow(map), "asyncslot-close");
        closer.setDaemon(true);
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

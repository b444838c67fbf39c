package io.asyncslot.cluster;

import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotFeature;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.h2.H2Session;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.node.ClusterEngine;
import io.asyncslot.cluster.postgres.PostgresSession;
import io.asyncslot.cluster.store.FailedFiring;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotValueCodec;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Slots that are rows of a PostgreSQL database. They fire once in a cluster, on the node that holds them at that time.
 * Thread-safe.
 *
 * <p>Closing the registry or a map leaves the slots in the database. Other nodes continue with them immediately. If
 * there are none, this node continues with them when it comes back. {@link io.asyncslot.SlotMap#drop} deletes the slots
 * of a map, for all nodes.
 */
public final class ClusterBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = ClusterEngine.BACKEND;

    private final ClusterOptions options;
    private final SlotStore store;
    private final @Nullable CircuitBreaker breaker;
    private final SlotValueCodec codec;
    private final SlotScheduleCodec scheduleCodec;

    /** Written once, by {@link #init}. */
    private volatile @Nullable ClusterEngine engine;

    /**
     * Makes a backend with its own circuit breaker. It writes values as JSON if Jackson 3 is on the class path.
     *
     * @param connections the way to the database
     * @param options how it works
     */
    public ClusterBackend(Connections connections, ClusterOptions options) {
        this(connections, options, null, null);
    }

    /**
     * Makes a backend.
     *
     * @param connections the way to the database
     * @param options how it works
     * @param breaker guards the way to the database; null for one of its own
     * @param codec makes bytes of values; null for JSON with default settings, where Jackson 3 is on the class path
     */
    public ClusterBackend(
            Connections connections,
            ClusterOptions options,
            @Nullable CircuitBreaker breaker,
            @Nullable SlotValueCodec codec) {
        this(connections, options, breaker, codec, null);
    }

    /**
     * Makes a backend.
     *
     * @param connections the way to the database
     * @param options how it works
     * @param breaker guards the way to the database; null for one of its own
     * @param codec makes bytes of values; null for JSON with default settings, where Jackson 3 is on the class path
     * @param scheduleCodec makes text of the schedules of keys; null for {@link SlotScheduleCodec#standard()}
     */
    public ClusterBackend(
            Connections connections,
            ClusterOptions options,
            @Nullable CircuitBreaker breaker,
            @Nullable SlotValueCodec codec,
            @Nullable SlotScheduleCodec scheduleCodec) {
        this(
                new JdbcStore(
                        connections, new Tables(options.tablePrefix()), options.namespace(), ClusterBackend::session),
                options,
                breaker,
                codec,
                scheduleCodec);
    }

    /**
     * Makes a backend on a store of slots.
     *
     * @param store where the slots are
     * @param options how it works; this store ignores the prefix of the tables
     * @param breaker guards the way to the store; null for one of its own
     * @param codec makes bytes of values; null for JSON with default settings, where Jackson 3 is on the class path
     * @param scheduleCodec makes text of the schedules of keys; null for {@link SlotScheduleCodec#standard()}
     */
    public ClusterBackend(
            SlotStore store,
            ClusterOptions options,
            @Nullable CircuitBreaker breaker,
            @Nullable SlotValueCodec codec,
            @Nullable SlotScheduleCodec scheduleCodec) {
        this.store = store;
        this.options = options;
        this.breaker = breaker;
        this.codec = codec == null ? SlotValueCodec.json(null) : codec;
        this.scheduleCodec = scheduleCodec == null ? SlotScheduleCodec.standard() : scheduleCodec;
    }

    /**
     * The backend's circuit breaker in a registry: with the configuration that the registry has under the name
     * {@code asyncslot-cluster}, or else with the default one.
     *
     * @param registry the registry that has the circuit breaker, or receives it
     * @return the circuit breaker
     */
    public static CircuitBreaker breaker(CircuitBreakerRegistry registry) {
        return ClusterEngine.breaker(registry);
    }

    /** A session in the dialect of the database behind a connection. */
    private static StoreSession session(Connection connection, Tables tables, String namespace, JdbcStore.Use release)
            throws SQLException {
        return H2Session.understands(connection)
                ? new H2Session(connection, tables, namespace, release)
                : new PostgresSession(connection, tables, namespace, release);
    }

    @Override
    public String name() {
        return NAME;
    }

    /**
     * The state of this backend and of the cluster. Reads the database, which may take a few milliseconds; that time is
     * bounded.
     *
     * @return the report
     */
    @Override
    public BackendReport report() {
        Map<String, Object> details = new LinkedHashMap<>();
        List<String> reasons = new ArrayList<>();
        boolean available = true;
        details.put("namespace", options.namespace());
        ClusterEngine present = engine;
        if (present != null) {
            available = present.describe(details, reasons);
        }
        return new BackendReport(NAME, available, reasons, details);
    }

    /**
     * Moves the slots of a map that no node runs to another map, with their deadlines, values and generations, and
     * moves its failed firings: for a map that was renamed. A slot stays in place if the other map already has its key.
     * You can repeat the call.
     *
     * @param from the former name
     * @param to the new name
     * @return how many slots and failed firings were moved
     * @throws IllegalArgumentException if a node runs the map, or it has no slots
     * @throws BackendUnavailableException if the database is away
     */
    public int moveMap(String from, String to) {
        return engine().moveMap(from, to);
    }

    /**
     * Deletes the slots of a map that no node runs, and drops its failed firings: for a map that the application no
     * longer has.
     *
     * @param map its name
     * @return how many slots were deleted
     * @throws IllegalArgumentException if a node runs the map, or it has no slots
     * @throws BackendUnavailableException if the database is away
     */
    public int dropMap(String map) {
        return engine().dropMap(map);
    }

    /**
     * The firings of a map that failed and that AsyncSlot does not deliver again by itself, from any node, the latest
     * first. A new start of the key or a firing that succeeds removes the entry from the list. So does the end of the
     * retention period after the slot is freed.
     *
     * @param map the map's name
     * @param limit how many at most
     * @return the firings
     * @throws BackendUnavailableException if the database is away
     */
    public List<FailedFiring> failedFirings(String map, int limit) {
        return engine().failed(map, limit);
    }

    /**
     * Delivers a failed firing again: now, on any node, as a new generation, and with the same values.
     *
     * @param firing as {@link #failedFirings} listed it
     * @return false if it is no longer on the list, or if something newer is pending for its key
     * @throws BackendUnavailableException if the database is away
     */
    public boolean retry(FailedFiring firing) {
        return engine().retryFailed(firing.map(), firing.key());
    }

    /**
     * Drops a failed firing with its values. A slot of the same key does not change.
     *
     * @param firing as {@link #failedFirings} listed it
     * @return false if it is no longer on the list
     * @throws BackendUnavailableException if the database is away
     */
    public boolean forget(FailedFiring firing) {
        return engine().forgetFailed(firing.map(), firing.key()) > 0;
    }

    @Override
    public void init(BackendContext context) {
        if (engine != null) {
            throw new IllegalStateException("a backend serves one registry; this one is in use");
        }
        ClusterEngine made = new ClusterEngine(options, store, breaker, context, codec, scheduleCodec);
        made.prepare(session -> switch (options.schemaMode()) {
            case CREATE -> true;
            case EMBEDDED -> session.isEmbedded();
            case VALIDATE -> false;
        });
        engine = made;
    }

    @Override
    public Set<SlotFeature> features() {
        return EnumSet.of(
                SlotFeature.VALUES,
                SlotFeature.MAX_WAIT,
                SlotFeature.FLUSH_AT,
                SlotFeature.MIN_INTERVAL,
                SlotFeature.KEY_SCHEDULES,
                SlotFeature.CLIENT_ROLE);
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        return engine().open(spec);
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return engine().open(spec);
    }

    @Override
    public void start() {
        engine().start();
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        return engine().stop(limit);
    }

    @Override
    public void detach() {
        ClusterEngine present = engine;
        if (present != null) {
            present.detach();
        }
    }

    @Override
    public void close() {
        ClusterEngine present = engine;
        if (present != null) {
            present.close();
        }
    }

    private ClusterEngine engine() {
        ClusterEngine present = engine;
        if (present == null) {
            throw new IllegalStateException("the backend is not initialised: build a registry with it first");
        }
        return present;
    }

    @Override
    public String toString() {
        return "backend '" + NAME + "' on " + store;
    }
}

package io.asyncslot.cluster;

import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.Micros;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Slots that are rows of a PostgreSQL database and fire once in a cluster, on whichever node holds them then. Thread-safe.
 *
 * <p>Closing the registry leaves the slots in the database: the other nodes go on with them at once, or this one when it
 * comes back. Closing a single map deletes its slots, for all nodes.
 */
public final class ClusterBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = "cluster";

    private static final int HELD_COUNTED = 10_000;

    private final ClusterOptions options;
    private final Connections connections;
    private final Database database;
    private final @Nullable Object jsonMapper;

    /** Written once, by {@link #init}. */
    private volatile @Nullable ClusterEngine engine;

    /**
     * Makes a backend with a circuit breaker of its own, and payloads as JSON where Jackson 3 is on the class path.
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
     * @param jsonMapper a {@code tools.jackson.databind.ObjectMapper} for payloads; null for one with default settings,
     *     where Jackson 3 is on the class path
     */
    public ClusterBackend(
            Connections connections,
            ClusterOptions options,
            @Nullable CircuitBreaker breaker,
            @Nullable Object jsonMapper) {
        this.connections = connections;
        this.options = options;
        this.database = new Database(connections, breaker);
        this.jsonMapper = jsonMapper != null || !Payloads.haveJson() ? jsonMapper : Payloads.newMapper();
    }

    /**
     * The backend's circuit breaker in a registry: as configured there under the name {@code asyncslot-cluster}, else as it
     * is by default.
     *
     * @param registry where it is looked for and kept
     * @return the circuit breaker
     */
    public static CircuitBreaker breaker(CircuitBreakerRegistry registry) {
        return registry.find(Database.BREAKER)
                .orElseGet(() -> registry.circuitBreaker(
                        Database.BREAKER,
                        registry.getConfiguration(Database.BREAKER).orElseGet(Database::defaults)));
    }

    @Override
    public String name() {
        return NAME;
    }

    /**
     * What it says about itself and the cluster. Looks into the database, which may take a few milliseconds; bounded.
     *
     * @return the report
     */
    @Override
    public BackendReport report() {
        Map<String, Object> details = new LinkedHashMap<>();
        List<String> reasons = new ArrayList<>();
        details.put("namespace", options.namespace());
        ClusterEngine present = engine;
        if (present != null) {
            present.describe(details);
            details.put("database", database.state());
            try {
                describeCluster(present, details);
            } catch (BackendUnavailableException e) {
                reasons.add(String.valueOf(e.getMessage()));
            }
        }
        return new BackendReport(NAME, reasons.isEmpty(), reasons, details);
    }

    private void describeCluster(ClusterEngine present, Map<String, Object> details) {
        details.put(
                "oldestOverdue",
                database.own(connection -> present.store().overdue(connection)).toString());
        List<Map<String, Object>> nodes = new ArrayList<>();
        for (Node node : database.own(connection -> present.store().nodes(connection, HELD_COUNTED))) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", node.id());
            one.put("name", node.name());
            one.put("joined", Micros.toInstant(node.joined()).toString());
            one.put("holds", node.holds());
            nodes.add(one);
        }
        details.put("nodes", nodes);
    }

    @Override
    public void init(BackendContext context) {
        if (engine != null) {
            throw new IllegalStateException("a backend serves one registry; this one is in use");
        }
        Tables tables = new Tables(options.tablePrefix());
        prepare(new Schema(tables));
        SlotStore store = new PostgresSlotStore(tables, options.namespace());
        ClusterEngine made = new ClusterEngine(options, database, store, tables.scheduledTasks(), context, jsonMapper);
        made.measureClock();
        engine = made;
    }

    private void prepare(Schema schema) {
        try {
            database.own(connection -> {
                switch (options.schemaMode()) {
                    case CREATE -> schema.create(connection);
                    case VALIDATE -> schema.validate(connection);
                    case NONE -> {}
                }
                return true;
            });
        } catch (StoreException e) {
            BackendUnavailableException failure = new BackendUnavailableException(
                    NAME,
                    String.valueOf(e.getMessage()),
                    "Run the script io/asyncslot/cluster/" + Schema.SCRIPT
                            + " of asyncslot-cluster on the database, with"
                            + " Flyway or by hand; or set asyncslot.cluster.schema-mode=create and give the user the"
                            + " right to create tables.");
            failure.initCause(e);
            throw failure;
        }
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        return engine().opened(new StoredTimerSlots<>(spec, engine()));
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return engine().opened(new StoredWorkSlots<>(spec, engine()));
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
        return "backend '" + NAME + "' on " + connections.dataSource();
    }
}

package io.asyncslot.cluster;

import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotFeature;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotValueCodec;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Slots that are rows of a PostgreSQL database and fire once in a cluster, on whichever node holds them then. Thread-safe.
 *
 * <p>Closing the registry or a map leaves the slots in the database: the other nodes go on with them at once, or this one when it
 * comes back. {@link io.asyncslot.SlotMap#drop} deletes the slots of a map, for all nodes.
 */
public final class ClusterBackend implements SlotBackend {

    /** The backend's name. */
    public static final String NAME = "cluster";

    private static final String RUN_THE_SCRIPT = "run the script classpath:io/asyncslot/cluster/" + Schema.SCRIPT
            + " of asyncslot-cluster on it, by Flyway (as a further location), by Liquibase (included as it is) or by hand";

    /** Slots moved or deleted by one statement. */
    private static final int BATCH = 500;

    private static final int COUNTED = 10_000;

    private final ClusterOptions options;
    private final Connections connections;
    private final Database database;
    private final SlotValueCodec codec;
    private final SlotScheduleCodec scheduleCodec;

    /** Written once, by {@link #init}. */
    private volatile @Nullable ClusterEngine engine;

    /**
     * Makes a backend with a circuit breaker of its own, and values as JSON where Jackson 3 is on the class path.
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
        this.connections = connections;
        this.options = options;
        this.database = new Database(connections, breaker);
        this.codec = codec == null ? SlotValueCodec.json(null) : codec;
        this.scheduleCodec = scheduleCodec == null ? SlotScheduleCodec.standard() : scheduleCodec;
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
        boolean available = true;
        details.put("namespace", options.namespace());
        ClusterEngine present = engine;
        if (present != null) {
            present.describe(details);
            details.put("database", database.state());
            try {
                describeCluster(present, details, reasons);
            } catch (BackendUnavailableException e) {
                available = false;
                reasons.add(String.valueOf(e.getMessage()));
            }
        }
        return new BackendReport(NAME, available, reasons, details);
    }

    private void describeCluster(ClusterEngine present, Map<String, Object> details, List<String> reasons) {
        Map<String, Long> unhosted = present.membership().isAccepting()
                ? database.own(connection -> present.store().unhosted(connection, COUNTED))
                : Map.of(); // a node that is stopped, or not started yet, says nothing of its own maps either
        if (!unhosted.isEmpty()) {
            details.put("unhosted", unhosted);
            unhosted.forEach((map, slots) -> reasons.add("map '" + map + "' has "
                    + (slots == COUNTED ? "at least " : "")
                    + slots + " slots and no node that runs it: nothing of it fires. Register it, or call moveMap or"
                    + " dropMap of ClusterBackend"));
        }
        details.put(
                "oldestOverdue",
                database.own(connection -> present.store().overdue(connection)).toString());
        List<Map<String, Object>> nodes = new ArrayList<>();
        for (Node node : database.own(connection -> present.store().nodes(connection, COUNTED))) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", node.id());
            one.put("name", node.name());
            one.put("joined", Micros.toInstant(node.joined()).toString());
            one.put("holds", node.holds());
            nodes.add(one);
        }
        details.put("nodes", nodes);
    }

    /**
     * Moves the slots of a map that no node runs to another one, with their deadlines, values and generations, and its failed
     * firings: for a map that was renamed. Slots whose key the other map has already stay where they are. Can be called again.
     *
     * @param from the former name
     * @param to the new name
     * @return how many slots and failed firings were moved
     * @throws IllegalArgumentException if a node runs the map, or it has no slots
     * @throws BackendUnavailableException if the database is away
     */
    public int moveMap(String from, String to) {
        ClusterEngine present = unhosted(from);
        int all = 0;
        int moved;
        do {
            moved = database.own(connection -> present.store().move(connection, from, to, BATCH));
            all += moved;
        } while (moved == BATCH);
        return all;
    }

    /**
     * Deletes the slots of a map that no node runs, and drops its failed firings: for a map that is gone from the application.
     *
     * @param map its name
     * @return how many slots were deleted
     * @throws IllegalArgumentException if a node runs the map, or it has no slots
     * @throws BackendUnavailableException if the database is away
     */
    public int dropMap(String map) {
        ClusterEngine present = unhosted(map);
        int all = 0;
        String last = null;
        do {
            String after = last;
            SlotStore.DeletedBatch batch =
                    database.own(connection -> present.store().deleteAll(connection, map, after, BATCH));
            all += batch.deleted();
            last = batch.last();
        } while (last != null);
        present.forgetFailed(map, null);
        return all;
    }

    /**
     * The firings of a map that failed and are not delivered again by themselves, the latest first; from any node. A new start
     * of the key, and a firing that succeeds, take one off the list; so does the retention period after the slot is freed.
     *
     * @param map the map's name
     * @param limit how many at most
     * @return the firings
     * @throws BackendUnavailableException if the database is away
     */
    public List<FailedFiring> failedFirings(String map, int limit) {
        ClusterEngine present = engine();
        return database.own(connection -> present.store().failed(connection, map, limit));
    }

    /**
     * Delivers a failed firing again: now, on any node, as a new generation and with the values it had.
     *
     * @param firing as {@link #failedFirings} listed it
     * @return false if it is not on the list any more, or something newer of its key is pending
     * @throws BackendUnavailableException if the database is away
     */
    public boolean retry(FailedFiring firing) {
        return engine().retryFailed(new SlotId(firing.map(), firing.key()));
    }

    /**
     * Drops a failed firing, with the values it had. A slot of its key stays as it is.
     *
     * @param firing as {@link #failedFirings} listed it
     * @return false if it is not on the list any more
     * @throws BackendUnavailableException if the database is away
     */
    public boolean forget(FailedFiring firing) {
        return engine().forgetFailed(firing.map(), firing.key()) > 0;
    }

    private ClusterEngine unhosted(String map) {
        ClusterEngine present = engine();
        if (!database.own(connection -> present.store().unhosted(connection, 1)).containsKey(map)) {
            throw new IllegalArgumentException(
                    "map '" + map + "' has no slots, or a node that runs it: its slots are moved"
                            + " or dropped on that node, by SlotMap.drop for example");
        }
        return present;
    }

    @Override
    public void init(BackendContext context) {
        if (engine != null) {
            throw new IllegalStateException("a backend serves one registry; this one is in use");
        }
        Tables tables = new Tables(options.tablePrefix());
        prepare(new Schema(tables));
        SlotStore store = new PostgresSlotStore(tables, options.namespace());
        ClusterEngine made = new ClusterEngine(options, database, store, context, codec, scheduleCodec);
        made.measureClock();
        engine = made;
    }

    private void prepare(Schema schema) {
        if (options.schemaMode() == ClusterOptions.SchemaMode.CREATE) {
            try {
                database.own(connection -> {
                    schema.create(connection);
                    return true;
                });
            } catch (StoreException e) {
                BackendUnavailableException failure = new BackendUnavailableException(
                        NAME,
                        String.valueOf(e.getMessage()),
                        "Give the database's user the right to create tables, or " + RUN_THE_SCRIPT + ".");
                failure.initCause(e);
                throw failure;
            }
        }
        List<String> missing = database.own(schema::missing);
        if (!missing.isEmpty()) {
            throw new BackendUnavailableException(
                    NAME,
                    "its database has no " + String.join(", no ", missing),
                    "Set asyncslot.cluster.initialize-schema=always, or " + RUN_THE_SCRIPT + ".");
        }
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
        return engine().opened(
                        spec.role(),
                        spec.values() == null
                                ? new StoredTimerSlots<>(spec, engine())
                                : new StoredValueTimerSlots<>(spec, engine()));
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return engine().opened(
                        spec.role(),
                        spec.values() == null
                                ? new StoredWorkSlots<>(spec, engine())
                                : new StoredValueWorkSlots<>(spec, engine()));
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

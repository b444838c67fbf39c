package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotRole;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Beats;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.FailedFiring;
import io.asyncslot.cluster.store.Node;
import io.asyncslot.cluster.store.Running;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotValueCodec;
import io.asyncslot.spi.SystemTicker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One process in the cluster: joins, claims, holds, begins and ends, and sees to it that nothing is overlooked. What its
 * maps share. Thread-safe.
 */
public final class ClusterEngine {

    /** The backend's name. */
    public static final String BACKEND = "cluster";

    private static final Log LOG = new Log(ClusterEngine.class);
    private static final Log.Message UPKEEP_FAILED = LOG.message("the upkeep of node '", "' failed once; it continues");

    /** How long ago something must have been due to count as overlooked, in microseconds. */
    private static final long OVERLOOKED = 1_000_000;

    private static final int MOST = 1_000;

    /** Rounds of upkeep between looks at what is rarely needed. */
    private static final int RARELY = 15;

    /** Rounds of upkeep between removals of rows that are dead for a minute. */
    private static final int PURGE = 60;

    /** How often what no slot has any more is looked for: it reads the tables, and finds something after a mixed upgrade only. */
    private static final int PURGE_VALUES = 3_600;

    /** Slots and nodes counted at most for a report. */
    private static final int COUNTED = 10_000;

    private static final int MOST_RUNS = 10_000;

    /** Slots claimed by one statement. */
    private static final int BATCH = 500;

    private final NodeOptions options;
    private final Database database;
    private final BackendContext injected;
    private final SlotValueCodec codec;
    private final SlotScheduleCodec scheduleCodec;
    private final DatabaseClock clock;
    private final Membership membership;
    private final Hints hints;
    private final Runs runs;
    private final HeldSlots holds;
    private final BeginCommits begins;
    private final EndCommits ends;
    private final KeptStarts kept;
    private final Loop heartbeats;
    private final Loop sweeps;
    private final InFlight inFlight = new InFlight();

    /** The maps that the cluster was told this node runs, and as which node. The upkeep's own. */
    private List<String> toldMaps = List.of();

    private long toldAs = SlotStore.NONE;

    private final NodeThreads threads;
    private final ScheduledExecutorService upkeep;
    private final Map<String, StoredSlots<?>> maps = new ConcurrentHashMap<>();

    /** Maps of which this process is a client, as long as nobody has looked whether some node runs them. */
    private final Set<String> unserved = ConcurrentHashMap.newKeySet();

    private final LongAdder takeovers = new LongAdder();
    private final LongAdder takenHeld = new LongAdder();
    private final LongAdder takenCutOff = new LongAdder();
    private final LongAdder redelivered = new LongAdder();
    private final LongAdder losses = new LongAdder();

    /** Guards starting, stopping, joining and leaving; never held over user code. */
    private final Object lifecycle = new Object();

    /** Guarded by {@link #lifecycle}. */
    private boolean begun;

    /** When this process was closed, monotonic; 0 before. Written with {@link #lifecycle}; read by who ends runs. */
    private volatile long closedNanos;

    private volatile boolean detached;

    /** Runs that this process did not know in the last round of upkeep; its thread's own, as the next one. */
    private Set<Long> unknownRuns = Set.of();

    /** Rounds of upkeep done. */
    private int rounds;

    /**
     * A node that has not started.
     *
     * @param options how it works
     * @param store where the slots are
     * @param breaker guards the way there; null for one of its own
     * @param injected what the registry gives its backends
     * @param codec makes bytes of values
     * @param scheduleCodec makes text of the schedules of keys
     */
    public ClusterEngine(
            NodeOptions options,
            SlotStore store,
            @Nullable CircuitBreaker breaker,
            BackendContext injected,
            SlotValueCodec codec,
            SlotScheduleCodec scheduleCodec) {
        this(options, store, breaker, injected, codec, scheduleCodec, NodeThreads.REAL);
    }

    ClusterEngine(
            NodeOptions options,
            SlotStore store,
            @Nullable CircuitBreaker breaker,
            BackendContext injected,
            SlotValueCodec codec,
            SlotScheduleCodec scheduleCodec,
            NodeThreads threads) {
        this.options = options;
        this.threads = threads;
        this.upkeep = threads.upkeep();
        this.database = new Database(store, breaker, threads, injected.ticker());
        this.injected = injected;
        this.codec = codec;
        this.scheduleCodec = scheduleCodec;
        this.clock = new DatabaseClock(injected.ticker());
        this.membership = new Membership(options.horizonMicros());
        this.hints = new Hints(options, membership, this::tell, upkeep, injected.ticker(), new Hints.Events() {
            @Override
            public void offered() {
                sweeps.wake();
            }

            @Override
            public void deleted(Set<Integer> hashes) {
                if (runs.all().stream().anyMatch(run -> isOneOf(hashes, run.id()))) {
                    upkeep.execute(ClusterEngine.this::cancelDeleted);
                }
            }
        });
        this.runs = new Runs(hints::ended);
        this.holds = new HeldSlots(threads.timers(), injected.ticker(), clock, this::due);
        Turns turns = new Turns(database, threads::once);
        this.begins = new BeginCommits(database, membership, turns, threads);
        this.ends = new EndCommits(
                threads,
                database,
                turns,
                membership,
                clock,
                runs,
                holds,
                upkeep,
                options.failedRetention(),
                this::asksForEnds,
                this::left);
        Heartbeat heartbeat =
                new Heartbeat(options, store, hints, membership, injected.ticker(), clock, new Heartbeat.Events() {
                    @Override
                    public void lost(long node) {
                        ClusterEngine.this.lost(node);
                    }

                    @Override
                    public void silent(Beats.Beat beat) {
                        upkeep.execute(() -> giveUp(beat));
                    }
                });
        this.heartbeats = threads.loop("asyncslot-cluster-heartbeat", heartbeat);
        this.sweeps = threads.loop("asyncslot-cluster-sweep", new Sweeper(options.sweepInterval(), this::sweep));
        this.kept = new KeptStarts(options.keepsStarts(), clock);
    }

    // ---- what its maps share ------------------------------------------------------------------------------------

    NodeThreads threads() {
        return threads;
    }

    NodeOptions options() {
        return options;
    }

    Database database() {
        return database;
    }

    BackendContext injected() {
        return injected;
    }

    SlotValueCodec codec() {
        return codec;
    }

    SlotScheduleCodec scheduleCodec() {
        return scheduleCodec;
    }

    DatabaseClock clock() {
        return clock;
    }

    Membership membership() {
        return membership;
    }

    Hints hints() {
        return hints;
    }

    Runs runs() {
        return runs;
    }

    HeldSlots holds() {
        return holds;
    }

    BeginCommits begins() {
        return begins;
    }

    EndCommits ends() {
        return ends;
    }

    KeptStarts kept() {
        return kept;
    }

    /**
     * Opens a timer map.
     *
     * @param spec what it is
     * @param <K> the key type
     * @return the map
     */
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        return opened(
                spec.role(),
                spec.values() == null ? new StoredTimerSlots<>(spec, this) : new StoredValueTimerSlots<>(spec, this));
    }

    /**
     * Opens a work map.
     *
     * @param spec what it is
     * @param <K> the key type
     * @return the map
     */
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return opened(
                spec.role(),
                spec.values() == null ? new StoredWorkSlots<>(spec, this) : new StoredValueWorkSlots<>(spec, this));
    }

    /** A map that is only armed here is not among those that are run. */
    private <M extends StoredSlots<?>> M opened(SlotRole role, M map) {
        switch (role) {
            case WORKER -> maps.put(map.name(), map);
            case CLIENT -> {
                unserved.add(map.name());
                LOG.info("map '" + map.name()
                        + "' has the role 'client' in this process: its callback does not run here,"
                        + " and slots that are armed here fire on nodes with the role 'worker'");
            }
        }
        mapsChanged();
        return map;
    }

    void closed(StoredSlots<?> map) {
        maps.remove(map.name(), map);
        unserved.remove(map.name());
        mapsChanged();
    }

    private void mapsChanged() {
        if (membership.isAccepting()) {
            try {
                upkeep.execute(this::lookAfter);
            } catch (RejectedExecutionException e) {
                // closed meanwhile: the node's row goes, and with it what it said
            }
        }
    }

    // ---- room ---------------------------------------------------------------------------------------------------

    /**
     * What an operation claims with that arms some slots: nothing where this node has no room for them, or does not run their
     * map, or where older slots of it may lie in the table that the sweeps claim first. Room is counted by map: a map whose
     * slots wait for each other leaves the others theirs.
     */
    Claim claim(StoredSlots<?> map, int slots) {
        boolean claims = isRunHere(map)
                && !map.isBehind()
                && map.waiting() + slots <= options.maxWaiting()
                && holds.size() + slots <= options.maxHeld();
        return claims ? membership.claim() : Membership.NOBODY;
    }

    private boolean isRunHere(StoredSlots<?> map) {
        return maps.get(map.name()) == map;
    }

    /** What was armed is nobody's. */
    void unclaimed(StoredSlots<?> map, Claim claim, long due) {
        if (claim.node() == SlotStore.NONE && due != 0 && due - clock.micros() <= options.horizonMicros()) {
            left(map);
        }
    }

    /** A slot that is due soon is nobody's: the sweeps come for it at once, where there is room; if not here, the others'. */
    private void left(StoredSlots<?> map) {
        if (isRunHere(map)) {
            map.behind(true);
            if (hasRoom(map)) {
                sweeps.wake();
            }
        }
        hints.offered();
    }

    /** So many slots of a map are claimed by one sweep, where there is room for them. */
    private int portion() {
        return Math.min(BATCH, Math.max(1, options.maxWaiting() / 2));
    }

    private boolean hasRoom(StoredSlots<?> map) {
        return map.waiting() + portion() <= options.maxWaiting();
    }

    /** A due slot of a map waits for a thread no more, and so many still do: the one that makes room lets the sweeps come. */
    void waitsNoMore(int left) {
        if (left + portion() == options.maxWaiting()) {
            sweeps.wake();
        }
    }

    /** Something is due that is nobody's. */
    void wakeSweeps() {
        sweeps.wake();
        hints.offered();
    }

    /**
     * Delivers a failed firing again.
     *
     * @param map the map
     * @param key the key's text
     * @return whether there was one, with nothing newer of its key
     */
    public boolean retryFailed(String map, String key) {
        return retryFailed(new SlotId(map, key));
    }

    /** Delivers a failed firing again; answers whether there was one, with nothing newer of its key. */
    boolean retryFailed(SlotId id) {
        boolean pending = database.own(session -> session.retryFailed(id));
        wakeSweeps();
        return pending;
    }

    /**
     * Drops failed firings of a map.
     *
     * @param map the map
     * @param key the only key's text; null for all
     * @return how many there were
     */
    public int forgetFailed(String map, @Nullable String key) {
        return database.own(session -> session.forgetFailed(map, key));
    }

    /**
     * The firings of a map that failed for good, the latest first.
     *
     * @param map the map
     * @param limit how many at most
     * @return the firings
     */
    public List<FailedFiring> failed(String map, int limit) {
        return database.own(session -> session.failed(map, limit));
    }

    /**
     * Moves the slots of a map that no node runs to another one.
     *
     * @param from its name
     * @param to the other's
     * @return how many slots and failed firings
     */
    public int moveMap(String from, String to) {
        checkUnhosted(from);
        int all = 0;
        int moved;
        do {
            moved = database.own(session -> session.move(from, to, BATCH));
            all += moved;
        } while (moved == BATCH);
        return all;
    }

    /**
     * Deletes the slots of a map that no node runs, and drops its failed firings.
     *
     * @param map its name
     * @return how many slots
     */
    public int dropMap(String map) {
        checkUnhosted(map);
        int all = 0;
        String last = null;
        do {
            String after = last;
            StoreSession.DeletedBatch batch = database.own(session -> session.deleteAll(map, after, BATCH));
            all += batch.deleted();
            last = batch.last();
        } while (last != null);
        forgetFailed(map, null);
        return all;
    }

    private void checkUnhosted(String map) {
        if (!database.own(session -> session.unhosted(1)).containsKey(map)) {
            throw new IllegalArgumentException("map '" + map + "' has no slots, or a node runs it: move or drop its"
                    + " slots on that node, for example with SlotMap.drop");
        }
    }

    /** Gives back what this node holds of a map that is closed here: other nodes go on with it at once. */
    void letGo(String map) {
        long node = membership.node();
        if (node != SlotStore.NONE) {
            try {
                database.own(session -> session.release(node, map));
                hints.offered();
            } catch (BackendUnavailableException e) {
                LOG.warning("this node could not record that it lets go of map '" + map + "'", e);
            }
        }
    }

    /** Whether the maps' slots are to stay in the database when the maps are closed. */
    boolean isDetached() {
        return detached;
    }

    /** From now on the maps leave their slots in the database when they are closed. */
    public void detach() {
        detached = true;
    }

    // ---- life ---------------------------------------------------------------------------------------------------

    /**
     * Makes or checks the tables, and measures the database's clock.
     *
     * @param creates whether to create what is missing of a store
     * @throws BackendUnavailableException if something is missing, or the database is away
     */
    public void prepare(Predicate<StoreSession> creates) {
        String script = "";
        try {
            script = database.own(StoreSession::script);
            database.own(session -> {
                if (creates.test(session)) {
                    session.create();
                }
                return true;
            });
        } catch (StoreException e) {
            BackendUnavailableException failure = new BackendUnavailableException(
                    BACKEND, e.problem(), "Give the database's user the right to create tables" + or(script));
            failure.initCause(e);
            throw failure;
        }
        List<String> missing = database.own(StoreSession::missing);
        if (!missing.isEmpty()) {
            throw new BackendUnavailableException(
                    BACKEND,
                    "its database has no " + String.join(", no ", missing),
                    "Set asyncslot.cluster.initialize-schema=always" + or(script));
        }
        clock.measure(() -> database.own(StoreSession::now));
    }

    /** The end of a remedy: another one, if there is one. */
    private static String or(String remedy) {
        return remedy.isEmpty() ? "." : ", or " + remedy + ".";
    }

    /**
     * The circuit breaker in a registry: as configured there under the name {@code asyncslot-cluster}, else as it is by default.
     *
     * @param registry where it is looked for and kept
     * @return the circuit breaker
     */
    public static CircuitBreaker breaker(CircuitBreakerRegistry registry) {
        return registry.find(Database.BREAKER)
                .orElseGet(() -> registry.circuitBreaker(
                        Database.BREAKER,
                        registry.getConfiguration(Database.BREAKER)
                                .orElseGet(() -> Database.defaults(SystemTicker.instance()))));
    }

    /** Joins the cluster, and takes on slots. */
    public void start() {
        synchronized (lifecycle) {
            if (membership.isAccepting() || closedNanos != 0) {
                return;
            }
            if (!begun) {
                begun = true;
                begins.start();
                ends.start();
                holds.start();
                heartbeats.start();
                sweeps.start();
                long nanos = options.heartbeatInterval().toNanos();
                Future<?> unused = upkeep.scheduleWithFixedDelay(this::lookAfter, nanos, nanos, TimeUnit.NANOSECONDS);
            }
            if (membership.node() == SlotStore.NONE) {
                join();
            }
            membership.accepting(true);
        }
        mapsChanged();
        sweeps.wake();
    }

    /** With {@link #lifecycle}. */
    private void join() {
        long node = database.own(session -> session.join(options.nodeName()));
        membership.joined(node);
        heartbeats.wake();
        LOG.info("this process is node " + node + " of namespace '" + options.namespace() + "'");
    }

    /**
     * Takes on nothing more, and waits for what runs; then gives back what it holds.
     *
     * @param limit how long to wait
     * @return false if something still runs
     * @throws InterruptedException if the caller is interrupted
     */
    public boolean stop(Duration limit) throws InterruptedException {
        synchronized (lifecycle) {
            membership.accepting(false);
        }
        if (!inFlight.awaitNone(InFlight.nanos(limit))) {
            return false;
        }
        synchronized (lifecycle) {
            if (!membership.isAccepting()) {
                leave();
            }
        }
        return true;
    }

    /** Gives everything back: other nodes go on with it at once. With {@link #lifecycle}. */
    private void leave() {
        long node = membership.node();
        membership.left();
        holds.clear();
        if (node != SlotStore.NONE) {
            try {
                database.own(session -> session.release(node));
                hints.offered();
                hints.flush();
            } catch (RuntimeException e) {
                LOG.warning("node " + node + " could not say that it leaves; it will be missed", e);
            }
        }
    }

    /** Ends everything, at once or when the last callback has returned. */
    public void close() {
        synchronized (lifecycle) {
            membership.accepting(false);
            if (closedNanos == 0) {
                closedNanos = Math.max(1, injected.ticker().monotonicNanos());
            }
        }
        if (inFlight.isNone()) {
            end();
        }
    }

    private void end() {
        try {
            synchronized (lifecycle) {
                leave();
            }
        } finally { // a full heap does not keep the threads
            begins.close();
            ends.close();
            holds.close();
            heartbeats.close();
            sweeps.close();
            upkeep.shutdown();
        }
    }

    /** A worker is about to begin a run: whether it may. {@link #exit} must follow. */
    boolean enter() {
        inFlight.enter();
        return membership.isAccepting() && membership.node() != SlotStore.NONE;
    }

    /** A worker is done. */
    void exit() {
        if (inFlight.leave() && closedNanos != 0) {
            upkeep.execute(this::end);
        }
    }

    /**
     * Whether ends that the database does not answer are asked for again: until they are answered; but once this process is
     * closed, no longer than it could be silent, for its connections are closed as well then.
     */
    private boolean asksForEnds() {
        long since = closedNanos;
        return since == 0
                || injected.ticker().monotonicNanos() - since
                        < options.silence().toNanos();
    }

    // ---- the cluster --------------------------------------------------------------------------------------------

    /** The cluster has given this node up: what it had is not its any more. It joins anew. */
    private void lost(long node) {
        synchronized (lifecycle) {
            if (membership.node() != node) {
                return;
            }
            LOG.warning("node " + node
                    + " was silent for too long and is given up by the others; this process joins again");
            losses.increment();
            membership.left();
            holds.clear();
            runs.cancel(run -> run.node() == node);
        }
        upkeep.execute(this::lookAfter);
    }

    /** Another node has been silent: what it had is anybody's, unless it has said something meanwhile. */
    private void giveUp(Beats.Beat silent) {
        try {
            database.own(session -> session.giveUp(silent)).ifPresent(released -> {
                LOG.warning("node " + silent.node() + " has been silent for more than " + options.silence()
                        + " and is given up: " + released);
                takeovers.increment();
                takenHeld.add(released.held());
                takenCutOff.add(released.cutOff());
                sweeps.wake();
            });
        } catch (BackendUnavailableException e) {
            LOG.debug("a silent node could not be given up yet", e);
        } catch (Throwable e) {
            LOG.error("node " + silent.node() + " could not be given up; others try", e);
        }
    }

    void redelivered() {
        redelivered.increment();
    }

    /**
     * Claims what comes near, of maps that have room. A map of which it leaves something that may be due, or at which it does not
     * look, is behind: were new slots of it claimed at once, those in the table would wait as long as new ones come.
     *
     * @return whether there is more
     */
    private boolean sweep() {
        Claim claim = membership.claim();
        int room = Math.min(portion(), options.maxHeld() - holds.size());
        List<StoredSlots<?>> open = new ArrayList<>();
        for (StoredSlots<?> map : maps.values()) {
            if (hasRoom(map)) {
                open.add(map);
            } else {
                map.behind(true);
            }
        }
        if (claim.node() == SlotStore.NONE || room <= 0 || open.isEmpty()) {
            return false;
        }
        List<String> freeing = maps.values().stream()
                .filter(StoredSlots::freesRested)
                .map(StoredSlots::name)
                .toList();
        List<String> names = open.stream().map(StoredSlots::name).toList();
        StoreSession.Swept swept = database.own(session -> session.sweep(claim, names, freeing, room));
        boolean more = swept.looked() == room;
        boolean late = more && swept.due().stream().mapToLong(Due::due).max().orElse(0) <= clock.micros();
        Set<String> claimed = swept.due().stream().map(each -> each.id().map()).collect(Collectors.toSet());
        open.stream().filter(map -> !late || claimed.contains(map.name())).forEach(map -> map.behind(late));
        swept.due().forEach(each -> holds.take(each, false));
        swept.freed().forEach(this::rested);
        return more;
    }

    /** A slot was freed whose interval is over. */
    private void rested(Due freed) {
        StoredSlots<?> map = maps.get(freed.id().map());
        if (map != null) {
            map.gone(freed.id(), freed.incarnation());
        }
    }

    /** A held slot is due. */
    private void due(SlotId id) {
        StoredSlots<?> map = maps.get(id.map());
        HeldSlots.Hold hold = holds.get(id);
        if (map != null) {
            map.due(id);
        } else if (hold != null) {
            holds.done(id, hold); // the map was closed; this was claimed while it closed, or by the end of a run
            upkeep.execute(() -> letGo(id.map()));
        }
    }

    // ---- upkeep -------------------------------------------------------------------------------------------------

    /** What it threw, a failure of the log's included, would end the upkeep. */
    private void lookAfter() {
        try {
            lookAfterAll();
        } catch (Throwable e) {
            UPKEEP_FAILED.error(options.nodeName(), e);
        }
    }

    private void lookAfterAll() {
        try {
            rounds++;
            kept.write();
            if (membership.isAccepting()) {
                lookAfterNode();
            }
        } catch (BackendUnavailableException e) {
            LOG.debug("upkeep waits for the database", e);
        }
    }

    private void lookAfterNode() {
        long node = membership.node();
        if (node == SlotStore.NONE) {
            synchronized (lifecycle) {
                if (membership.isAccepting() && membership.node() == SlotStore.NONE) {
                    join();
                }
            }
            return;
        }
        tellMaps(node);
        if (rounds % RARELY == 0) {
            hints.check();
        }
        if (rounds % RARELY == 0 || !runs.all().isEmpty()) {
            lookForRuns(node);
        }
        if (rounds % RARELY == 0) {
            holdOverlooked(node, OVERLOOKED);
            database.own(StoreSession::releaseOrphans);
        }
        if (rounds % PURGE == 0) {
            long retention = Micros.span(options.failedRetention());
            while (database.own(session -> session.purge(retention, MOST)) == MOST) {}
        }
        if (rounds % PURGE_VALUES == 0) {
            database.own(StoreSession::purgeValues);
        }
    }

    /** Tells the cluster which maps this node runs, where that has changed. */
    private void tellMaps(long node) {
        List<String> present = maps.keySet().stream().sorted().toList();
        if (node != toldAs || !present.equals(toldMaps)) {
            database.own(session -> {
                session.hosts(node, present);
                return true;
            });
            toldAs = node;
            toldMaps = present;
        }
        for (String map : List.copyOf(unserved)) {
            boolean hosted = database.own(session -> session.isHosted(map));
            if (unserved.remove(map) && !hosted) {
                LOG.warning("map '" + map
                        + "' has the role 'client' in this process, and no node runs it at present: slots that are"
                        + " armed here wait until one does. Start a process that registers the map without"
                        + " asyncslot.maps." + map + ".role=client");
            }
        }
    }

    /** A map is not paused any more: what this node held of it fell due meanwhile, and was let go of. */
    void holdOverlooked() {
        if (membership.isAccepting()) {
            holdOverlooked(membership.node(), 0);
        }
    }

    private void holdOverlooked(long node, long since) {
        database.own(session -> session.overlooked(node, since, MOST)).forEach(each -> holds.take(each, false));
    }

    private static boolean isOneOf(Set<Integer> hashes, SlotId id) {
        return hashes.contains(Hints.hash(id)) || hashes.contains(Hints.hash(id.map()));
    }

    private void tell(String line) {
        database.own(session -> {
            session.tell(line);
            return true;
        });
    }

    private void cancelDeleted() {
        long node = membership.node();
        if (node != SlotStore.NONE) {
            try {
                cancelDeleted(node);
            } catch (BackendUnavailableException e) {
                LOG.debug("upkeep looks for deletes again soon", e);
            }
        }
    }

    /**
     * Learns of deletes that other nodes made.
     *
     * @return the runs that the database knows and this process does not, by token
     */
    private Map<Long, Running> cancelDeleted(long node) {
        List<Run> here = new ArrayList<>(runs.all());
        List<Running> there = database.own(session -> session.running(node, MOST_RUNS));
        Map<Long, Running> byToken = new HashMap<>();
        there.forEach(running -> byToken.put(running.token(), running));
        for (Run run : here) {
            Running running = byToken.remove(run.begun().token());
            if (running == null ? run.node() != node : running.cancelled()) {
                run.cancel();
            }
        }
        return byToken;
    }

    /** Learns of deletes that other nodes made, and of runs that the database and this process do not both know. */
    private void lookForRuns(long node) {
        Map<Long, Running> byToken = cancelDeleted(node);
        for (Running unknown : byToken.values()) {
            // A begin whose answer is on its way has its place; one whose answer is lost has none, in two looks.
            if (unknownRuns.contains(unknown.token()) && !runs.isBusy(unknown.id())) {
                LOG.warning("the start of " + unknown.id()
                        + " was committed, but its answer was lost; it is delivered again");
                database.own(session -> session.cutOff(node, unknown.id(), unknown.token()));
            }
        }
        unknownRuns = Set.copyOf(byToken.keySet());
    }

    // ---- for reports --------------------------------------------------------------------------------------------

    /**
     * What it says about itself and the cluster. Looks into the database, which may take a few milliseconds; bounded.
     *
     * @param details where to add that, in the order to show
     * @param reasons where to add what is wrong
     * @return whether the database answered
     */
    public boolean describe(Map<String, Object> details, List<String> reasons) {
        describe(details);
        details.put("database", database.state());
        try {
            describeCluster(details, reasons);
            return true;
        } catch (BackendUnavailableException e) {
            reasons.add(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void describeCluster(Map<String, Object> details, List<String> reasons) {
        Map<String, Long> unhosted = membership.isAccepting()
                ? database.own(session -> session.unhosted(COUNTED))
                : Map.of(); // a node that is stopped, or not started yet, says nothing of its own maps either
        if (!unhosted.isEmpty()) {
            details.put("unhosted", unhosted);
            unhosted.forEach((map, slots) -> reasons.add("map '" + map + "' has "
                    + (slots == COUNTED ? "at least " : "")
                    + slots + " slots and no node that runs it: nothing of it fires. Register it, or call moveMap or"
                    + " dropMap of ClusterBackend"));
        }
        details.put("oldestOverdue", database.own(session -> session.overdue()).toString());
        List<Map<String, Object>> nodes = new ArrayList<>();
        for (Node node : database.own(session -> session.nodes(COUNTED))) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", node.id());
            one.put("name", node.name());
            one.put("joined", Micros.toInstant(node.joined()).toString());
            one.put("holds", node.holds());
            nodes.add(one);
        }
        details.put("nodes", nodes);
    }

    /** What this process knows of itself, in the order to show. */
    void describe(Map<String, Object> details) {
        details.put("node", membership.node() == SlotStore.NONE ? "none" : membership.node());
        details.put("accepting", membership.isAccepting());
        details.put("held", holds.size());
        details.put(
                "waiting", maps.values().stream().mapToInt(StoredSlots::waiting).sum());
        details.put("running", runs.all().size());
        details.put("kept", kept.size());
        details.put("notifications", hints.state());
        details.put("hints", hints.sent());
        details.put("takeovers", takeovers.sum());
        details.put("takenOver", takenHeld.sum());
        details.put("cutOff", takenCutOff.sum());
        details.put("redelivered", redelivered.sum());
        details.put(
                "fenced",
                maps.values().stream()
                        .mapToLong(map -> map.counters().fenced.sum())
                        .sum());
        details.put("rejoined", losses.sum());
        Map<String, Unreadable.Summary> unreadable = new TreeMap<>();
        maps.values().forEach(map -> map.unreadable().addTo(unreadable));
        if (!unreadable.isEmpty()) {
            details.put("unreadable", unreadable);
        }
        Map<String, Unreadable.Summary> unreadableValues = new TreeMap<>();
        maps.values().forEach(map -> map.unreadableValues().addTo(unreadableValues));
        if (!unreadableValues.isEmpty()) {
            details.put("unreadableValues", unreadableValues);
        }
        Map<String, Unreadable.Summary> unreadableSchedules = new TreeMap<>();
        maps.values().forEach(map -> map.unreadableSchedules().addTo(unreadableSchedules));
        if (!unreadableSchedules.isEmpty()) {
            details.put("unreadableSchedules", unreadableSchedules);
        }
        details.put("clockSkew", Duration.ofNanos(clock.skewMicros() * 1_000).toString());
        details.put("clockUncertainty", clock.uncertaintyMicros() + " us");
    }
}

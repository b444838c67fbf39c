package io.asyncslot.cluster;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.spi.BackendContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One process in the cluster: joins, claims, holds, begins and ends, and sees to it that nothing is overlooked. What its
 * maps share. Thread-safe.
 */
final class ClusterEngine {

    private static final System.Logger LOG = System.getLogger(ClusterEngine.class.getName());

    /** How long ago something must have been due to count as overlooked, in microseconds. */
    private static final long OVERLOOKED = 1_000_000;

    private static final int MOST = 1_000;

    /** Rounds of upkeep between looks at what is rarely needed. */
    private static final int RARELY = 5;

    private static final int MOST_RUNS = 10_000;

    private final ClusterOptions options;
    private final Database database;
    private final SlotStore store;
    private final BackendContext injected;
    private final Payloads payloads;
    private final String taskTable;
    private final DatabaseClock clock;
    private final Membership membership;
    private final Runs runs = new Runs();
    private final Holds holds;
    private final Begins begins;
    private final Ends ends;
    private final KeptStarts kept;
    private final InFlight inFlight = new InFlight();
    private final ScheduledExecutorService upkeep =
            Executors.newSingleThreadScheduledExecutor(InFlight.daemons("asyncslot-cluster-upkeep"));
    private final Map<String, StoredSlots<?>> maps = new ConcurrentHashMap<>();

    private final LongAdder takeovers = new LongAdder();
    private final LongAdder takenHeld = new LongAdder();
    private final LongAdder takenCutOff = new LongAdder();
    private final LongAdder redelivered = new LongAdder();
    private final LongAdder losses = new LongAdder();

    /** Guards starting, stopping, joining and leaving; never held over user code. */
    private final Object lifecycle = new Object();

    /** Guarded by {@link #lifecycle}, as the next two. */
    private @Nullable Alarm alarm;

    private boolean begun;
    private boolean closing;

    /** When the node joined, monotonic. Written with {@link #lifecycle}; read by the upkeep. */
    private volatile long joinedNanos;

    private volatile boolean detached;

    /** Runs that this process did not know in the last round of upkeep; its thread's own, as the next one. */
    private Set<Long> unknownRuns = Set.of();

    /** Rounds of upkeep done. */
    private int rounds;

    ClusterEngine(
            ClusterOptions options,
            Database database,
            SlotStore store,
            String taskTable,
            BackendContext injected,
            @Nullable Object jsonMapper) {
        this.options = options;
        this.database = database;
        this.store = store;
        this.taskTable = taskTable;
        this.injected = injected;
        this.payloads = new Payloads(options.maxPayload(), jsonMapper);
        this.clock = new DatabaseClock(injected.ticker());
        this.membership = new Membership(options.horizonMicros());
        this.holds = new Holds(injected.ticker(), clock, this::due);
        this.begins = new Begins(database, store, membership);
        this.ends = new Ends(database, store, membership, clock, runs, holds, upkeep);
        this.kept = new KeptStarts(options.whenAway() == ClusterOptions.WhenAway.KEEP, clock);
    }

    // ---- what its maps share ------------------------------------------------------------------------------------

    ClusterOptions options() {
        return options;
    }

    Database database() {
        return database;
    }

    SlotStore store() {
        return store;
    }

    BackendContext injected() {
        return injected;
    }

    Payloads payloads() {
        return payloads;
    }

    DatabaseClock clock() {
        return clock;
    }

    Membership membership() {
        return membership;
    }

    Runs runs() {
        return runs;
    }

    Holds holds() {
        return holds;
    }

    Begins begins() {
        return begins;
    }

    Ends ends() {
        return ends;
    }

    KeptStarts kept() {
        return kept;
    }

    <M extends StoredSlots<?>> M opened(M map) {
        maps.put(map.name(), map);
        return map;
    }

    void closed(StoredSlots<?> map) {
        maps.remove(map.name(), map);
    }

    /** Whether the maps' slots are to stay in the database when the maps are closed. */
    boolean isDetached() {
        return detached;
    }

    void detach() {
        detached = true;
    }

    // ---- life ---------------------------------------------------------------------------------------------------

    void measureClock() {
        clock.measure(() -> database.own(store::now));
    }

    void start() {
        synchronized (lifecycle) {
            if (membership.isAccepting() || closing) {
                return;
            }
            if (!begun) {
                begun = true;
                begins.start();
                ends.start();
                holds.start();
                long nanos = options.heartbeatInterval().toNanos();
                Future<?> unused = upkeep.scheduleWithFixedDelay(this::lookAfter, nanos, nanos, TimeUnit.NANOSECONDS);
            }
            measureClock();
            if (alarm == null) {
                Alarm made = new Alarm(this, options, taskTable);
                made.start();
                alarm = made;
            } else {
                alarm.resume();
            }
            if (membership.node() == SlotStore.NONE) {
                join();
            }
            membership.accepting(true);
        }
    }

    private void join() {
        long node = database.own(connection -> store.join(connection, options.nodeName()));
        joinedNanos = injected.ticker().monotonicNanos();
        membership.joined(node);
        if (alarm != null) {
            alarm.watch(node);
        }
        LOG.log(
                System.Logger.Level.INFO,
                "this process is node " + node + " of namespace '" + options.namespace() + "'");
    }

    /** Takes on nothing more, and waits for what runs; then gives back what it holds. */
    boolean stop(Duration limit) throws InterruptedException {
        synchronized (lifecycle) {
            membership.accepting(false);
            if (alarm != null) {
                alarm.pause();
            }
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
        Alarm present = alarm;
        alarm = null;
        if (node != SlotStore.NONE) {
            try {
                database.own(connection -> store.release(connection, node));
            } catch (RuntimeException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "node " + node + " could not say that it leaves; it will be missed",
                        e);
            }
        }
        if (present != null) {
            present.stop();
        }
    }

    /** Ends everything, at once or when the last callback has returned. */
    void close() {
        synchronized (lifecycle) {
            membership.accepting(false);
            closing = true;
        }
        if (inFlight.isNone()) {
            end();
        }
    }

    private void end() {
        synchronized (lifecycle) {
            leave();
        }
        begins.close();
        ends.close();
        holds.close();
        upkeep.shutdown();
    }

    /** A worker is about to begin a run: whether it may. {@link #exit} must follow. */
    boolean enter() {
        inFlight.enter();
        return membership.isAccepting() && membership.node() != SlotStore.NONE;
    }

    /** A worker is done. */
    void exit() {
        if (inFlight.leave() && closing()) {
            upkeep.execute(this::end);
        }
    }

    private boolean closing() {
        synchronized (lifecycle) {
            return closing;
        }
    }

    // ---- the cluster --------------------------------------------------------------------------------------------

    /** The cluster has given this node up, or will: what it had is not its any more. It joins anew. */
    void lost(long node, String why) {
        synchronized (lifecycle) {
            if (membership.node() != node) {
                return;
            }
            LOG.log(System.Logger.Level.WARNING, "node " + node + " is given up, this process joins anew: " + why);
            losses.increment();
            membership.left();
            holds.clear();
            runs.cancel(run -> run.node() == node);
        }
        release(node);
    }

    /** Releases what a node had that is gone. */
    void release(long node) {
        Released released = database.own(connection -> store.release(connection, node));
        int all = released.held() + released.cutOff() + released.dropped();
        takeovers.increment();
        takenHeld.add(released.held());
        takenCutOff.add(released.cutOff());
        if (all > 0) {
            LOG.log(System.Logger.Level.WARNING, "taken from node " + node + ": " + released);
        }
    }

    /** Whether a node is gone: released already, or joined longer ago than it may be silent, and still not watched. */
    boolean isGone(long node, Duration silence) {
        List<Node> nodes = database.own(connection -> store.nodes(connection, 1));
        for (Node each : nodes) {
            if (each.id() == node) {
                return clock.micros() - each.joined() > silence.toNanos() / 1_000;
            }
        }
        return true;
    }

    void redelivered() {
        redelivered.increment();
    }

    /**
     * Claims what comes near in one shard.
     *
     * @return whether there is more
     */
    boolean sweep(int shard, int most) {
        Claim claim = membership.claim();
        int room = Math.min(most, options.maxHeld() - holds.size());
        return claim.node() != SlotStore.NONE && room > 0 && sweep(claim, shard, room) == most;
    }

    private int sweep(Claim claim, int shard, int most) {
        List<String> open = List.copyOf(maps.keySet());
        if (open.isEmpty()) {
            return 0;
        }
        List<Due> due = database.own(connection -> store.sweep(connection, claim, shard, open, most));
        due.forEach(each -> holds.take(each, false));
        return due.size();
    }

    /** A held slot is due. */
    private void due(SlotId id) {
        StoredSlots<?> map = maps.get(id.map());
        Holds.Hold hold = holds.get(id);
        if (map != null) {
            map.due(id);
        } else if (hold != null) {
            holds.done(id, hold); // the map was closed
        }
    }

    // ---- upkeep -------------------------------------------------------------------------------------------------

    private void lookAfter() {
        try {
            rounds++;
            if (rounds % RARELY == 0) {
                measureClock();
            }
            kept.write();
            if (membership.isAccepting()) {
                lookAfterNode();
            }
        } catch (BackendUnavailableException e) {
            LOG.log(System.Logger.Level.DEBUG, "upkeep waits for the database", e);
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.ERROR, "upkeep failed; it goes on", e);
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
        lookForRuns(node);
        holdOverlooked(node, OVERLOOKED);
        if (rounds % 2 == 0) {
            sweepLate(node);
        }
        if (rounds % RARELY == 0) {
            database.own(store::releaseOrphans);
            database.own(connection -> store.purge(connection, MOST));
        }
        lookForWatch(node);
    }

    /** A map is not paused any more: what this node held of it fell due meanwhile, and was let go of. */
    void holdOverlooked() {
        if (membership.isAccepting()) {
            holdOverlooked(membership.node(), 0);
        }
    }

    private void holdOverlooked(long node, long since) {
        database.own(connection -> store.overlooked(connection, node, since, MOST))
                .forEach(each -> holds.take(each, false));
    }

    /** What other nodes have swept past, because they do not have the map. */
    private void sweepLate(long node) {
        Claim late = new Claim(node, -OVERLOOKED);
        for (int shard = 0; shard < SlotStore.SHARDS; shard++) {
            int room = Math.min(MOST, options.maxHeld() - holds.size());
            if (room > 0) {
                sweep(late, shard, room);
            }
        }
    }

    /** Learns of deletes that other nodes made, and of runs that the database and this process do not both know. */
    private void lookForRuns(long node) {
        List<Run> here = new ArrayList<>(runs.all());
        List<Running> there = database.own(connection -> store.running(connection, node, MOST_RUNS));
        Map<Long, Running> byToken = new HashMap<>();
        there.forEach(running -> byToken.put(running.token(), running));
        for (Run run : here) {
            Running running = byToken.remove(run.begun().token());
            if (running == null ? run.node() != node : running.cancelled()) {
                run.cancel();
            }
        }
        for (Running unknown : byToken.values()) {
            if (unknownRuns.contains(unknown.token()) && runs.of(unknown.id()) == null) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the begin of slot '" + unknown.id().key() + "' of map '"
                                + unknown.id().map()
                                + "' was committed, but its answer was lost; it is delivered again");
                database.own(connection -> store.cutOff(connection, node, unknown.id(), unknown.token()));
            }
        }
        unknownRuns = Set.copyOf(byToken.keySet());
    }

    private void lookForWatch(long node) {
        Alarm present;
        synchronized (lifecycle) {
            present = alarm;
        }
        long since = injected.ticker().monotonicNanos() - joinedNanos;
        if (present != null
                && !present.isWatched(node)
                && since > options.silence().toNanos()) {
            lost(node, "nobody watches it");
        }
    }

    // ---- for reports --------------------------------------------------------------------------------------------

    /** What this process knows of itself, in the order to show. */
    void describe(Map<String, Object> details) {
        details.put("node", membership.node() == SlotStore.NONE ? "none" : membership.node());
        details.put("accepting", membership.isAccepting());
        details.put("held", holds.size());
        details.put("running", runs.all().size());
        details.put("kept", kept.size());
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
        details.put("clockSkew", Duration.ofNanos(clock.skewMicros() * 1_000).toString());
        details.put("clockUncertainty", clock.uncertaintyMicros() + " us");
    }
}

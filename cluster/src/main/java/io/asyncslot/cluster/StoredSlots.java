package io.asyncslot.cluster;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotState;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.core.Binding;
import io.asyncslot.core.InstalledBinding;
import io.asyncslot.core.Keys;
import io.asyncslot.core.Limits;
import io.asyncslot.core.Micros;
import io.asyncslot.core.Periods;
import io.asyncslot.core.Shown;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A map whose slots are rows of the database: what timer maps and work maps have in common. Thread-safe.
 *
 * @param <K> the key type
 */
abstract class StoredSlots<K> implements SlotMap<K> {

    /*
     * The row is the truth: an operation is one statement, and its outcome is what the database answers. What this
     * object keeps is what a node has of its own: the callback, the counters, the history, and whether the map is open
     * here.
     *
     * Transactions. Inside the caller's transaction an operation shows to others when that commits; what it does on this
     * node (holding, counting, noting) waits for that too, and is left out when it is rolled back.
     *
     * Closing. Who arms publishes first and then looks at `closed`; closing sets `closed` first and then deletes the
     * rows. One always sees the other: who finds the map closed takes back what it armed.
     */

    /** Rows of one page of a scan, and slots deleted by one statement. */
    private static final int PAGE = 500;

    /** Most rows that a look at the counters counts. */
    private static final int MOST_COUNTED = 2_000_000;

    /** What counting may cost at most, as a part of the time: one in so many. */
    private static final long COUNT_SHARE = 20;

    /** So many rows are counted anew each time: that is a matter of a millisecond, and tests want what is true now. */
    private static final int FEW = 2_000;

    private static final Duration DEFERRED_PAUSE = Duration.ofMillis(2);

    private final String name;
    private final Class<K> keyType;
    private final SlotType type;
    private final int maxEntries;
    private final Periods periods;
    private final ClusterEngine engine;
    private final Keys<K> keys;
    private final SlotKeyText<K> texts;
    private final Dispatch dispatch;
    private final Runner<K> runner;
    private final MapCounters counters = new MapCounters();
    private final Histories histories;

    private final InstalledBinding<K> binding;

    /** The callbacks of single slots, for this node and one incarnation each. */
    private final ConcurrentHashMap<SlotId, OwnCallback<K>> ownCallbacks = new ConcurrentHashMap<>();

    /** Threads in {@link #close} that are inside callbacks. */
    private final AtomicInteger closersInCallbacks = new AtomicInteger();

    /** Set by the first to close; read by those who arm after they have done so. */
    private volatile boolean closed;

    /** Slots that were armed when this node let go of the map, and stay so in the database. Written by the closer. */
    private volatile long leftArmed;

    /** The latest count, and when counting again is worth it. Any thread writes a newer one. */
    private volatile @Nullable Counted counted;

    private record OwnCallback<K>(long incarnation, SlotCallback<? super K> callback) {}

    private record Counted(Counts counts, long staleNanos) {}

    StoredSlots(SlotMapSpec<K> spec, SlotType type, Periods periods, ClusterEngine engine) {
        this.name = spec.name();
        this.keyType = spec.keyType();
        this.type = type;
        this.maxEntries = spec.maxEntries();
        this.periods = periods;
        this.engine = engine;
        this.keys = new Keys<>(name, keyType, engine.injected().maxKeyLength());
        this.texts = KeyTexts.of(keyType, name);
        this.histories = new Histories(spec.historySize());
        this.binding = new InstalledBinding<>(spec.callback());
        this.runner = new Runner<>(this, engine);
        this.dispatch = new Dispatch(engine.injected().executor(), spec.concurrency(), runner::run, this::deferred);
    }

    // ---- what there is ------------------------------------------------------------------------------------------

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Class<K> keyType() {
        return keyType;
    }

    @Override
    public final SlotType type() {
        return type;
    }

    @Override
    public final String backend() {
        return ClusterBackend.NAME;
    }

    @Override
    public final boolean joinsTransactions() {
        return engine.database().connections().joinsTransactions();
    }

    @Override
    public final boolean isClosed() {
        return closed;
    }

    final int maxEntries() {
        return maxEntries;
    }

    final Periods periods() {
        return periods;
    }

    final ClusterEngine engine() {
        return engine;
    }

    final MapCounters counters() {
        return counters;
    }

    final int closersInCallbacks() {
        return closersInCallbacks.get();
    }

    // ---- keys and payloads --------------------------------------------------------------------------------------

    /** The slot of a key, which is checked. */
    final SlotId id(@Nullable K key) {
        keys.check(key);
        if (key == null) {
            throw new IllegalArgumentException("'key' of map '" + name + "' must not be null");
        }
        return new SlotId(name, texts.text(key));
    }

    final K key(SlotId id) {
        return texts.key(id.key());
    }

    final byte[] payloadBytes(Object payload) {
        return engine.payloads().bytes(name, payload);
    }

    final <T> T payloadOf(byte[] payload, Class<T> type) {
        return engine.payloads().value(name, payload, type);
    }

    // ---- arming -------------------------------------------------------------------------------------------------

    /**
     * Holds, once it is committed, what an operation has armed, or takes it back if the map was closed meanwhile.
     *
     * @param claim whom it was claimed for
     * @param count counts and notes it, once it is committed
     * @return false if it was taken back
     */
    final boolean armed(SlotId id, Claim claim, Armed<?> armed, Runnable count) {
        if (closed) {
            count.run();
            removed(id, engine.database().joined(connection -> engine.store().delete(connection, id)));
            return false;
        }
        engine.database().afterCommit(() -> {
            count.run();
            if (closed) {
                removed(id, engine.database().own(connection -> engine.store().delete(connection, id)));
            } else if (armed.claimed() && claim.node() == engine.membership().node()) {
                engine.holds().take(id, armed);
            }
        });
        return true;
    }

    final StartOutcome restart(Run run, When when) {
        SlotId id = run.id();
        if (closed) {
            return StartOutcome.FREED;
        }
        Claim claim = engine.membership().claim();
        Armed<StartOutcome> armed = engine.database()
                .joined(connection -> engine.store()
                        .restart(connection, claim, id, run.begun().incarnation(), when));
        if (armed.outcome() == StartOutcome.FREED) {
            return StartOutcome.FREED;
        }
        boolean stays = armed(id, claim, armed, () -> started(id, armed.outcome(), when.micros()));
        return stays ? armed.outcome() : StartOutcome.FREED;
    }

    /** Delivers the firing of a run again; its end hands the slot on. */
    final RetryOutcome again(Run run, When when, Run.Again how) {
        SlotId id = run.id();
        boolean postponed = how == Run.Again.POSTPONED;
        if (closed || run.isCancelled()) {
            return RetryOutcome.FREED;
        }
        SlotStore.Retry retry = new SlotStore.Retry(postponed, periods.leavesOutNone());
        SlotStore.Retried retried = engine.database()
                .joined(connection ->
                        engine.store().retry(connection, id, run.begun().token(), when, retry));
        if (retried.outcome() != RetryOutcome.SCHEDULED) {
            return retried.outcome();
        }
        engine.database().afterCommit(() -> {
            run.again(how);
            if (!retried.putPeriodOff()) { // or else it is what the period was counted as
                counters.started.increment();
            }
            (postponed ? counters.postponed : counters.retried).increment();
            record(id, postponed ? Kind.POSTPONED : Kind.RETRIED, when.micros());
        });
        return RetryOutcome.SCHEDULED;
    }

    final void started(SlotId id, StartOutcome outcome, long detail) {
        boolean fresh = outcome == StartOutcome.STARTED;
        (fresh ? counters.started : counters.rearmed).increment();
        record(id, fresh ? Kind.STARTED : Kind.REARMED, detail);
    }

    /** Writes a start that was kept while the database was away. */
    abstract void write(KeptStarts.Start start);

    // ---- removing -----------------------------------------------------------------------------------------------

    @Override
    public final CancelOutcome cancel(K key) {
        SlotId id = id(key);
        return closed ? CancelOutcome.CLOSED : cancel(id).outcome();
    }

    private Removed<CancelOutcome> cancel(SlotId id) {
        Removed<CancelOutcome> removed =
                engine.database().joined(connection -> engine.store().cancel(connection, id));
        if (removed.outcome() == CancelOutcome.CANCELLED) {
            engine.database().afterCommit(() -> {
                counters.cancelled.increment();
                record(id, Kind.CANCELLED, -1);
            });
        }
        return removed;
    }

    @Override
    public final CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException {
        SlotId id = id(key);
        long nanos = Limits.nanos(limit);
        if (RunScope.isInside(id, this)) {
            return CancelOutcome.WOULD_DEADLOCK;
        }
        try (Awaiting awaiting = Awaiting.of(engine, id)) {
            if (awaiting.wouldDeadlock()) {
                return CancelOutcome.WOULD_DEADLOCK;
            }
            Removed<CancelOutcome> removed = closed ? new Removed<>(CancelOutcome.CLOSED, false, 0, 0) : cancel(id);
            CancelOutcome outcome = removed.outcome();
            boolean gone = outcome == CancelOutcome.CLOSED || outcome == CancelOutcome.ABSENT;
            long token = gone ? runToken(id) : removed.runToken();
            if (token != 0 && !awaiting.ended(token, nanos)) {
                return CancelOutcome.TIMED_OUT;
            }
            boolean closedWhileRunning = outcome == CancelOutcome.CLOSED && token != 0;
            return outcome == CancelOutcome.RUNNING || closedWhileRunning ? CancelOutcome.NOT_ARMED : outcome;
        }
    }

    @Override
    public final AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException {
        SlotId id = id(key);
        long nanos = Limits.nanos(limit);
        if (RunScope.isInside(id, this)) {
            return AwaitOutcome.WOULD_DEADLOCK;
        }
        try (Awaiting awaiting = Awaiting.of(engine, id)) {
            if (awaiting.wouldDeadlock()) {
                return AwaitOutcome.WOULD_DEADLOCK;
            }
            long token = runToken(id);
            return token == 0 || awaiting.ended(token, nanos) ? AwaitOutcome.ENDED : AwaitOutcome.TIMED_OUT;
        }
    }

    private long runToken(SlotId id) {
        return engine.database().own(connection -> engine.store().runToken(connection, id));
    }

    @Override
    public final DeleteOutcome delete(K key) {
        SlotId id = id(key);
        if (closed) {
            return DeleteOutcome.ABSENT;
        }
        Removed<DeleteOutcome> removed =
                engine.database().joined(connection -> engine.store().delete(connection, id));
        engine.database().afterCommit(() -> removed(id, removed));
        return removed.outcome();
    }

    private void removed(SlotId id, Removed<DeleteOutcome> removed) {
        if (removed.outcome() == DeleteOutcome.ABSENT) {
            return;
        }
        counters.deleted.increment();
        if (removed.pending()) {
            counters.deletedArmed.increment();
        }
        ownCallbacks.remove(id);
        histories.forget(id);
        Run run = engine.runs().of(id);
        if (run != null && run.begun().incarnation() == removed.incarnation()) {
            run.cancel();
        }
    }

    @Override
    public final CloseOutcome close(Duration limit) throws InterruptedException {
        long nanos = Limits.nanos(limit);
        if (RunScope.isInside(this)) {
            return CloseOutcome.WOULD_DEADLOCK;
        }
        boolean inCallback = RunScope.current() != null;
        if (inCallback) {
            closersInCallbacks.incrementAndGet();
        }
        try {
            if (inCallback && RunScope.isAwaited()) {
                return CloseOutcome.WOULD_DEADLOCK;
            }
            closeHere();
            return awaitRuns(nanos) ? CloseOutcome.CLOSED : CloseOutcome.TIMED_OUT;
        } finally {
            if (inCallback) {
                closersInCallbacks.decrementAndGet();
            }
        }
    }

    private void closeHere() {
        Binding<K> last = binding.take();
        closed = true;
        if (last == null) {
            return;
        }
        engine.closed(this);
        try {
            if (engine.isDetached()) {
                lookOnceMore();
            } else {
                deleteAll();
            }
            engine.runs().cancel(run -> run.map() == this);
        } finally {
            last.release();
            ownCallbacks.clear();
            runner.closed();
        }
    }

    private void lookOnceMore() {
        try {
            leftArmed = ask().armed();
        } catch (BackendUnavailableException e) {
            leftArmed = 0; // the database is away: nobody knows
        }
    }

    private void deleteAll() {
        String last = null;
        do {
            String after = last;
            SlotStore.DeletedBatch batch =
                    engine.database().own(connection -> engine.store().deleteAll(connection, name, after, PAGE));
            counters.deleted.add(batch.deleted());
            counters.deletedArmed.add(batch.deletedArmed());
            last = batch.last();
        } while (last != null);
    }

    /** Waits for the runs of this node, and for the others' where their slots were deleted. */
    private boolean awaitRuns(long nanos) throws InterruptedException {
        long began = System.nanoTime();
        for (Run run : engine.runs().of(this)) {
            if (!Awaiting.ended(run, nanos - (System.nanoTime() - began))) {
                return false;
            }
        }
        return engine.isDetached()
                || Awaiting.until(
                        () -> !engine.database()
                                .own(connection -> engine.store().runs(connection, name)),
                        nanos - (System.nanoTime() - began));
    }

    // ---- pausing ------------------------------------------------------------------------------------------------

    /** {@inheritDoc} For all nodes; kept in the database. */
    @Override
    public final PauseOutcome pause(K key) {
        SlotId id = id(key);
        if (closed) {
            return PauseOutcome.CLOSED;
        }
        if (engine.database().joined(connection -> engine.store().pause(connection, id))) {
            engine.database().afterCommit(() -> record(id, Kind.PAUSED, -1));
            return PauseOutcome.PAUSED;
        }
        return row(id).isPresent() ? PauseOutcome.ALREADY_PAUSED : PauseOutcome.ABSENT;
    }

    @Override
    public final ResumeOutcome resume(K key) {
        SlotId id = id(key);
        if (closed) {
            return ResumeOutcome.CLOSED;
        }
        Row row = row(id).orElse(null);
        if (row == null || !row.paused()) {
            return row == null ? ResumeOutcome.ABSENT : ResumeOutcome.NOT_PAUSED;
        }
        Claim claim = engine.membership().claim();
        Optional<Due> due =
                engine.database().joined(connection -> engine.store().resume(connection, claim, id));
        engine.database().afterCommit(() -> {
            record(id, Kind.RESUMED, -1);
            due.ifPresent(each -> engine.holds().take(each, false));
        });
        return ResumeOutcome.RESUMED;
    }

    /** {@inheritDoc} For all nodes; kept in the database. */
    @Override
    public final PauseOutcome pause() {
        if (closed) {
            return PauseOutcome.CLOSED;
        }
        return pauseMap(true) ? PauseOutcome.PAUSED : PauseOutcome.ALREADY_PAUSED;
    }

    @Override
    public final ResumeOutcome resume() {
        if (closed) {
            return ResumeOutcome.CLOSED;
        }
        if (!pauseMap(false)) {
            return ResumeOutcome.NOT_PAUSED;
        }
        engine.database().afterCommit(engine::holdOverlooked);
        return ResumeOutcome.RESUMED;
    }

    private boolean pauseMap(boolean paused) {
        return engine.database().joined(connection -> engine.store().pauseMap(connection, name, paused));
    }

    @Override
    public final Optional<Instant> pausedSince() {
        long since = closed
                ? SlotStore.NONE
                : engine.database().joined(connection -> engine.store().pausedSince(connection, name));
        return since == SlotStore.NONE ? Optional.empty() : Optional.of(Micros.toInstant(since));
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        SlotId id = id(key);
        return closed ? Optional.empty() : row(id).map(row -> snapshot(row, key, true));
    }

    final Optional<Row> row(SlotId id) {
        return engine.database().joined(connection -> engine.store().find(connection, id));
    }

    @Override
    public final Optional<SlotSnapshot> findByText(String keyText) {
        if (keys.haveText()) {
            K key = keys.parse(keyText);
            return key == null ? Optional.empty() : find(key);
        }
        List<SlotSnapshot> found = new ArrayList<>(1);
        scan(1, slot -> Shown.of(slot.key()).equals(keyText), found::add);
        return found.stream().findFirst();
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        if (limit < 1) {
            throw new IllegalArgumentException("'limit' must be at least 1: " + limit);
        }
        int visited = 0;
        String after = null;
        while (!closed) {
            String last = after;
            int most = filter == null ? Math.min(PAGE, limit - visited) : PAGE;
            List<Row> page =
                    engine.database().joined(connection -> engine.store().list(connection, name, "", last, most));
            for (Row row : page) {
                SlotSnapshot slot = snapshot(row, key(row.id()), false);
                if (filter == null || filter.test(slot)) {
                    visitor.accept(slot);
                    if (++visited == limit) {
                        return visited;
                    }
                }
            }
            if (page.size() < most) {
                break;
            }
            after = page.get(page.size() - 1).id().key();
        }
        return visited;
    }

    private SlotSnapshot snapshot(Row row, K key, boolean withHistory) {
        RunState state = row.running()
                ? row.armed() ? RunState.RUNNING_ARMED : RunState.RUNNING
                : row.armed() ? RunState.ARMED : RunState.IDLE;
        return new SlotSnapshot(
                name,
                key,
                type,
                ClusterBackend.NAME,
                row.running() ? SlotState.BUSY : SlotState.READY,
                state,
                1,
                row.generation(),
                row.armed() ? Micros.toInstant(row.due()) : null,
                row.armed() ? Micros.toDuration(Math.max(0, row.timeLeft())) : null,
                row.paused() ? Micros.toInstant(row.pausedAt()) : null,
                withHistory ? histories.last(row.id()) : null,
                withHistory ? histories.events(row.id()) : List.of(),
                new SlotSnapshot.Measure(ClusterBackend.NAME, null, null, null, null, null, null, notes(row)));
    }

    private static List<String> notes(Row row) {
        List<String> notes = new ArrayList<>();
        if (row.owner() != SlotStore.NONE) {
            notes.add((row.running() ? "run by node " : "held by node ") + row.owner());
        } else if (row.running()) {
            notes.add("its run was cut off and will be delivered again");
        }
        if (row.running()) {
            notes.add("run of generation " + row.runGeneration() + ", attempt " + row.attempt());
        }
        if (row.paused()) {
            notes.add("paused");
        }
        return notes;
    }

    /** Counting takes time where there are many rows: then the counts are as old as keeps that a small share. */
    @Override
    public final SlotMapStats stats() {
        return counters.stats(counts());
    }

    private Counts counts() {
        if (closed) {
            return new Counts(0, leftArmed, engine.runs().of(this).size(), 0, true);
        }
        Counted present = counted;
        long before = System.nanoTime();
        if (present != null && present.staleNanos() - before > 0) {
            return present.counts();
        }
        Counts counts = ask();
        long took = System.nanoTime() - before;
        if (counts.slots() > FEW) {
            counted = new Counted(counts, before + took * COUNT_SHARE);
        }
        return counts;
    }

    private Counts ask() {
        return engine.database().own(connection -> engine.store().count(connection, name, MOST_COUNTED));
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------

    @Override
    public final void rebind(SlotCallback<? super K> callback) {
        rebind(callback, () -> {});
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback, Runnable onRelease) {
        binding.exchange(callback, onRelease);
    }

    /** On this node only: a callback is no data. */
    @Override
    public final boolean rebind(K key, SlotCallback<? super K> callback) {
        SlotId id = id(key);
        Row row = closed ? null : row(id).orElse(null);
        if (row == null) {
            return false;
        }
        ownCallbacks.put(id, new OwnCallback<>(row.incarnation(), callback));
        return true;
    }

    final InstalledBinding<K> binding() {
        return binding;
    }

    final SlotCallback<? super K> callback(Run run, Binding<K> inHand) {
        OwnCallback<K> own = ownCallbacks.isEmpty() ? null : ownCallbacks.get(run.id());
        return own != null && own.incarnation() == run.begun().incarnation() ? own.callback() : inHand.callback();
    }

    // ---- firing -------------------------------------------------------------------------------------------------

    /** A slot of this map is due. */
    final void due(SlotId id) {
        counters.queued.increment();
        dispatch.offer(id);
    }

    private void deferred(SlotId id) {
        counters.queued.decrement();
        counters.deferred.increment();
        record(id, Kind.DEFERRED, -1);
        engine.holds().again(id, DEFERRED_PAUSE);
    }

    final void began(Run run, Firing<K> firing) {
        if (histories.isOn()) {
            record(run.id(), Kind.FIRED, firing.latenessMicros());
            histories.fired(
                    run.id(),
                    new LastFiring(
                            firing.firedAt(),
                            firing.generation(),
                            firing.attempt(),
                            firing.lateness(),
                            null,
                            null,
                            null));
        }
    }

    final void returned(Run run, Firing<K> firing, long took, @Nullable Throwable failure) {
        if (histories.isOn()) {
            record(run.id(), failure == null ? Kind.COMPLETED : Kind.FAILED, took);
            histories.fired(
                    run.id(),
                    new LastFiring(
                            firing.firedAt(),
                            firing.generation(),
                            firing.attempt(),
                            firing.lateness(),
                            null,
                            Micros.toDuration(took),
                            failure == null ? null : Shown.of(failure)));
        }
    }

    /** Notes what happened, with a span in microseconds or -1. */
    final void record(SlotId id, Kind kind, long detail) {
        if (histories.isOn()) {
            histories.add(
                    id,
                    new SlotEvent(
                            engine.clock().now(),
                            kind,
                            detail < 0 ? null : Micros.toDuration(detail),
                            SlotCause.current()));
        }
    }

    @Override
    public final String toString() {
        return "a " + type + " map '" + name + "' of backend '" + ClusterBackend.NAME + "' with keys of type "
                + keyType.getName();
    }
}

package io.asyncslot.cluster.node;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotState;
import io.asyncslot.SlotType;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.InstalledBinding;
import io.asyncslot.backend.Keys;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Counts;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotKeyText;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.spi.FailedFirings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A map whose slots are rows of the database: what timer maps and work maps have in common. Thread-safe.
 *
 * @param <K> the key type
 */
abstract class StoredSlots<K> implements SlotMap<K>, FailedFirings<K> {

    /*
     * The row is the truth: an operation is one statement, and its outcome is what the database answers. What this
     * object keeps is what a node has of its own: the callback, the counters, the history, and whether the map is open
     * here.
     *
     * Transactions. Inside the caller's transaction an operation shows to others when that commits; what it does on this
     * node (holding, counting, noting) waits for that too, and is left out when it is rolled back.
     *
     * Dropping. Who arms publishes first and then looks at `dropped`; dropping sets `dropped` first and then deletes the
     * rows. One always sees the other: who finds the map dropped takes back what it armed. Closing deletes nothing: what is
     * armed meanwhile stays in the database, as what was armed before.
     */

    /** Rows of one page of a scan, and slots deleted by one statement. */
    private static final int PAGE = 500;

    /** Most rows that a look at the counters counts. */
    private static final int MOST_COUNTED = 2_000_000;

    /** Most rows of freed slots that a scan of them looks at, of two kinds each. */
    private static final int MOST_DEPARTED = 10_000;

    /** What counting may cost at most, as a part of the time: one in so many. */
    private static final long COUNT_SHARE = 20;

    /** So many rows are counted anew each time: that is a matter of a millisecond, and tests want what is true now. */
    private static final int FEW = 2_000;

    /** How often a take comes too late for what then looks as before, until that is no coincidence. */
    private static final int MOST_SAME = 10;

    private static final Duration DEFERRED_PAUSE = Duration.ofMillis(2);

    /** How long a firing waits whose value this node cannot read. */
    private static final Duration UNREADABLE_PAUSE = Duration.ofSeconds(30);

    private final String name;
    private final Class<K> keyType;
    private final SlotType type;
    private final int maxEntries;
    private final WhenIdle whenIdle;
    private final Periods periods;
    private final LatePolicy late;
    private final KeySchedules schedules;
    private final ClusterEngine engine;
    private final Keys<K> keys;
    private final SlotKeyText<K> texts;
    private final Dispatch dispatch;
    private final Runner<K> runner;
    private final MapCounters counters = new MapCounters();
    private final Histories histories;
    private final Unreadable unreadable;
    private final Carrying carrying;

    /** Null where slots carry no values. */
    private final @Nullable StoredValues<?> values;

    private final Unreadable unreadableValues;
    private final Unreadable unreadableSchedules;

    private final InstalledBinding<K> binding;

    /** The callbacks of single slots, for this node and one incarnation each. */
    private final ConcurrentHashMap<SlotId, OwnCallback<K>> ownCallbacks = new ConcurrentHashMap<>();

    /** Threads in {@link #close} that are inside callbacks. */
    private final AtomicInteger closersInCallbacks = new AtomicInteger();

    /** Set by the first to close; read by those who arm after they have done so. */
    private volatile boolean closed;

    /** Set, before {@link #closed}, by the one who closed the map in order to delete its slots. */
    private volatile boolean dropped;

    /** What {@link #isBehind} says. Set by whoever leaves a slot to the sweeps, and by these; cleared by these. */
    private volatile boolean behind;

    /** Slots that were armed when this node let go of the map, and stay so in the database. Written by the closer. */
    private volatile long leftArmed;

    /** The latest count, and when counting again is worth it. Any thread writes a newer one. */
    private volatile @Nullable Counted counted;

    private record OwnCallback<K>(long incarnation, SlotCallback<? super K> callback) {}

    /** The latest look at what lasts longest, likewise. */
    private volatile @Nullable Timed timed;

    private record Timed(SlotMapTimes times, long staleNanos) {}

    private record Counted(Counts counts, long staleNanos) {}

    StoredSlots(SlotMapSpec<K> spec, SlotType type, Periods periods, ClusterEngine engine) {
        this.name = spec.name();
        this.keyType = spec.keyType();
        this.type = type;
        this.maxEntries = spec.maxEntries();
        this.whenIdle = spec.whenIdle();
        this.periods = periods;
        this.late = spec instanceof TimerMapSpec<?> timers ? timers.late() : LatePolicy.ONCE;
        this.schedules = new KeySchedules(name, late, engine.scheduleCodec());
        this.engine = engine;
        this.keys = new Keys<>(name, keyType, engine.injected().maxKeyLength());
        this.texts = KeyTexts.of(keyType, name);
        this.histories = new Histories(spec.historySize());
        this.unreadable = new Unreadable(name, "its key is no " + keyType.getName());
        SlotValues<?> carried = spec.values();
        this.carrying = Carrying.of(spec, engine.options().maxValueBytes());
        this.values = carried == null
                ? null
                : new StoredValues<>(
                        name, carried, engine.codec(), engine.options().maxValueBytes());
        this.unreadableValues = new Unreadable(
                name,
                "its value is no " + (carried == null ? "value" : carried.type().getName()));
        this.unreadableSchedules =
                new Unreadable(name, "nothing here reads the schedule that its key was started with");
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
        return ClusterEngine.BACKEND;
    }

    @Override
    public final WhenIdle whenIdle() {
        return whenIdle;
    }

    @Override
    public final boolean joinsTransactions() {
        return engine.database().store().joinsTransactions();
    }

    @Override
    public final boolean isClosed() {
        return closed;
    }

    final int maxEntries() {
        return maxEntries;
    }

    final LatePolicy late() {
        return late;
    }

    final KeySchedules schedules() {
        return schedules;
    }

    /**
     * The points that a slot fires at.
     *
     * @param schedule its own schedule, as its row has it; null for what the map says
     * @return null where the schedule cannot be read here: that is noted, and told once
     */
    final @Nullable Periods periods(SlotId id, @Nullable String schedule) {
        if (schedule == null) {
            return periods;
        }
        KeySchedules.KeySchedule own = schedule(id, schedule);
        return own == null ? null : own.periods();
    }

    private KeySchedules.@Nullable KeySchedule schedule(SlotId id, String text) {
        try {
            return schedules.of(text);
        } catch (Throwable e) {
            unreadableSchedules.note(id.key(), e);
            return null;
        }
    }

    /** Whether idle slots are freed when their interval is over, and not before. */
    final boolean freesRested() {
        return whenIdle == WhenIdle.FREE && carrying.minInterval() != SlotStore.NONE;
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

    @Override
    public final void checkKey(K key) {
        id(key);
    }

    /** The slot of a key, which is checked. */
    final SlotId id(@Nullable K key) {
        keys.check(key);
        if (key == null) {
            throw new IllegalArgumentException("'key' of map '" + name + "' must not be null");
        }
        return new SlotId(name, texts.text(key));
    }

    /** The key of a row; null where it cannot be read: that is noted, and told once. */
    final @Nullable K key(SlotId id) {
        try {
            return texts.key(id.key());
        } catch (Throwable e) {
            unreadable.note(id.key(), e);
            return null;
        }
    }

    /** The rows of this map that this node could not read. */
    final Unreadable unreadable() {
        return unreadable;
    }

    /** The rows of this map of which this node could read all but the schedule. */
    final Unreadable unreadableSchedules() {
        return unreadableSchedules;
    }

    /** The rows of this map of which this node could read the key, and not the value. */
    final Unreadable unreadableValues() {
        return unreadableValues;
    }

    // ---- values -------------------------------------------------------------------------------------------------

    final Carrying carrying() {
        return carrying;
    }

    /** The values of a map that has some. */
    final StoredValues<?> carried() {
        StoredValues<?> present = values;
        if (present == null) {
            throw new IllegalStateException("map '" + name + "' has no values");
        }
        return present;
    }

    /** What a start without a value brings. */
    final @Nullable Offer nothingOffered() {
        return carrying.isPlain() ? null : Offer.nothing(carrying);
    }

    /**
     * Brings a value to a slot: merged by the map's function with what is pending, as long as nobody changes that meanwhile.
     *
     * @param value the value; null for none
     * @param rejected what to answer where the value is too long
     * @param arming arms the slot
     * @return what that answered
     */
    final <O extends Enum<O>> Armed<O> offered(
            SlotId id, @Nullable Object value, O rejected, Function<@Nullable Offer, Armed<O>> arming) {
        if (value == null) {
            return arming.apply(nothingOffered());
        }
        StoredValues<?> present = carried();
        byte[] bytes = present.bytes(value);
        if (present.isTooLong(bytes)) {
            return Armed.nothing(rejected);
        }
        if (!present.mergesByFunction()) {
            return arming.apply(new Offer(carrying, bytes, null));
        }
        for (; ; ) {
            List<byte[]> pending = pending(id);
            byte[] merged = pending.isEmpty() ? bytes : present.merged(pending.get(0), bytes);
            if (present.isTooLong(merged)) {
                return Armed.nothing(rejected);
            }
            Armed<O> armed = arming.apply(new Offer(carrying, merged, pending));
            if (!armed.foundChange()) {
                return armed;
            }
        }
    }

    /** The single value that is pending, which a function merges with: what others have collected is left alone. */
    private List<byte[]> pending(SlotId id) {
        Row row = row(id, true).orElse(null);
        byte[] single = row == null ? null : row.payload();
        return single == null ? List.of() : List.of(single);
    }

    /**
     * What a run is handed.
     *
     * @throws IllegalStateException if this node cannot hand it over
     */
    final @Nullable Object handed(StartedRun begun) {
        if (begun.state() == StartedRun.State.FOREIGN) {
            throw new IllegalStateException("a slot of map '" + name
                    + "' has values, and the map as it is declared here has none: they stay in the database;"
                    + " run a version of the application that declares them, or delete the slot");
        }
        List<byte[]> stored = begun.values();
        return stored == null ? null : carried().handed(stored);
    }

    /**
     * A run has begun whose value cannot be read: it becomes pending again, for a version of the application that can.
     * Should the database not take that, the run is not ended either: this process does not know it, and it is cut off.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of a run that was put back
    final void unreadable(Run run, Throwable failure) {
        unreadableValues.note(run.id().key(), failure);
        try {
            if (run.begun().state() == StartedRun.State.FOREIGN || !putBack(run)) {
                engine.database()
                        .own(session -> session.putOff(
                                run.node(), run.id(), run.begun().token(), Micros.span(UNREADABLE_PAUSE)));
                engine.runs().ended(run);
                return;
            }
        } catch (RuntimeException e) {
            engine.runs().ended(run);
            return;
        }
        run.again(Run.Again.POSTPONED);
        engine.ends().end(run);
    }

    /** Whether its values are pending again, or gone with its slot: not where a function would have to merge them. */
    private boolean putBack(Run run) {
        List<byte[]> nothing = List.of();
        Offer offer = new Offer(carrying, null, carried().mergesByFunction() ? nothing : null);
        StoreSession.Retried retried = engine.database()
                .own(session -> session.retry(
                        run.id(),
                        run.begun().token(),
                        Deadline.in(Micros.span(UNREADABLE_PAUSE)),
                        new StoreSession.Retry(true, false),
                        offer));
        return retried.outcome() != RetryOutcome.FREED || row(run.id(), false).isEmpty();
    }

    /** Takes the one value of a slot. */
    final <V> Optional<V> takeOne(StoredValues<V> taken, SlotId id) {
        if (carrying.collects()) {
            throw new IllegalStateException(
                    "map '" + name
                            + "' collects its values, so that a slot has no single one: call takeAll, which hands out all of them");
        }
        return takeAll(taken, id, 1).stream().findFirst();
    }

    final <V> List<V> takeAll(StoredValues<V> taken, SlotId id) {
        return takeAll(taken, id, Integer.MAX_VALUE);
    }

    /** Takes what is pending of a slot: read before it is taken, so that nothing is taken that cannot be read. */
    private <V> List<V> takeAll(StoredValues<V> taken, SlotId id, int most) {
        Row before = null;
        for (int same = 0; ; ) {
            Row seen = closed ? null : row(id, true).orElse(null);
            if (seen == null || !seen.armed()) {
                return List.of();
            }
            same = before != null && seen.carriesAs(before) ? same + 1 : 0;
            if (same == MOST_SAME) {
                throw new IllegalStateException(
                        "the values of " + id + " could not be taken, although nothing changed them");
            }
            before = seen;
            List<V> read = taken.values(seen.values());
            if (read.size() > most) {
                throw new IllegalStateException(id + " has " + read.size()
                        + " values of a former declaration: call takeAll, which hands out all of them");
            }
            Removed<CancelOutcome> removed =
                    engine.database().joined(session -> session.take(id, seen)).orElse(null);
            if (removed != null) {
                engine.database().afterCommit(() -> cancelled(id, removed));
                return read;
            }
        }
    }

    // ---- arming -------------------------------------------------------------------------------------------------

    /**
     * Holds, once it is committed, what an operation has armed, or takes it back if the map was dropped meanwhile.
     *
     * @param claim whom it was claimed for
     * @param count counts and notes it, once it is committed
     * @return false if it was taken back
     */
    final boolean armed(SlotId id, Claim claim, Armed<?> armed, Runnable count) {
        if (dropped) {
            count.run();
            removed(id, engine.database().joined(session -> session.delete(id, carrying)));
            return false;
        }
        engine.database().afterCommit(() -> {
            count.run();
            if (dropped) {
                removed(id, engine.database().own(session -> session.delete(id, carrying)));
            } else if (armed.claimed() && claim.node() == engine.membership().node()) {
                engine.holds().take(id, armed);
            } else {
                engine.unclaimed(this, claim, armed.due());
            }
        });
        return true;
    }

    /** Whether what failed was part of the caller's transaction: that is over, and nothing of it is kept or answered for. */
    final boolean belongsToATransaction() {
        return engine.database().store().inTransaction();
    }

    final StartOutcome restart(Run run, Deadline when) {
        SlotId id = run.id();
        if (dropped) {
            return StartOutcome.FREED;
        }
        Claim claim = engine.claim(this, 1);
        Armed<StartOutcome> armed = engine.database()
                .joined(session -> session.restart(claim, id, run.begun().incarnation(), when, carrying));
        if (armed.outcome() == StartOutcome.FREED) {
            return StartOutcome.FREED;
        }
        boolean stays = armed(id, claim, armed, () -> started(id, armed, when.micros()));
        return stays ? armed.outcome() : StartOutcome.FREED;
    }

    /** Delivers the firing of a run again; its end hands the slot on. */
    final RetryOutcome again(Run run, Deadline when, Run.Again how) {
        SlotId id = run.id();
        boolean postponed = how == Run.Again.POSTPONED;
        if (dropped || run.isCancelled()) {
            return RetryOutcome.FREED;
        }
        StoreSession.Retry retry = new StoreSession.Retry(postponed, late == LatePolicy.ALL);
        StoreSession.Retried retried = again(run, when, retry);
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

    /**
     * Where a function merges the values of the run with what is pending, as long as nobody changes that meanwhile. Whether they
     * are there already is for the row to say: what this node has heard of it may be of a transaction that is rolled back.
     */
    private StoreSession.Retried again(Run run, Deadline when, StoreSession.Retry retry) {
        SlotId id = run.id();
        List<byte[]> own = run.begun().values();
        for (; ; ) {
            boolean merges = own != null && !own.isEmpty() && carried().mergesByFunction();
            List<byte[]> pending = merges ? pending(id) : List.of();
            Offer offer = merges && own != null
                    ? new Offer(
                            carrying, pending.isEmpty() ? null : carried().merged(own.get(0), pending.get(0)), pending)
                    : Offer.nothing(carrying);
            StoreSession.Retried retried = engine.database()
                    .joined(session -> session.retry(id, run.begun().token(), when, retry, offer));
            if (retried.outcome() != RetryOutcome.FREED
                    || !merges
                    || engine.database().joined(session -> session.runToken(id))
                            != run.begun().token()
                    || same(pending, pending(id))) {
                return retried;
            }
        }
    }

    private static boolean same(List<byte[]> one, List<byte[]> other) {
        return one.size() == other.size() && (one.isEmpty() || Arrays.equals(one.get(0), other.get(0)));
    }

    final void started(SlotId id, Armed<StartOutcome> armed, long detail) {
        boolean fresh = armed.outcome() == StartOutcome.STARTED;
        (fresh ? counters.started : counters.rearmed).increment();
        record(id, fresh ? Kind.STARTED : Kind.REARMED, detail, armed.held());
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
        Removed<CancelOutcome> removed = engine.database().joined(session -> session.cancel(id, whenIdle, carrying));
        boolean cancelled = removed.outcome() == CancelOutcome.CANCELLED;
        if (cancelled || removed.gone()) {
            engine.database().afterCommit(() -> cancelled(id, removed));
        }
        return removed;
    }

    private void cancelled(SlotId id, Removed<CancelOutcome> removed) {
        if (removed.outcome() == CancelOutcome.CANCELLED) {
            counters.cancelled.increment();
            record(id, Kind.CANCELLED, -1);
        }
        if (removed.gone()) {
            gone(id, removed.incarnation());
        }
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
            Removed<CancelOutcome> removed = closed ? Removed.nothing(CancelOutcome.CLOSED) : cancel(id);
            CancelOutcome outcome = removed.outcome();
            boolean gone = outcome == CancelOutcome.CLOSED || outcome == CancelOutcome.ABSENT;
            long token = gone ? runToken(id) : removed.runToken();
            if (!awaiting.ended(token, nanos)) {
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
            return awaiting.ended(token, nanos) ? AwaitOutcome.ENDED : AwaitOutcome.TIMED_OUT;
        }
    }

    private long runToken(SlotId id) {
        return engine.database().own(session -> session.runToken(id));
    }

    @Override
    public final DeleteOutcome delete(K key) {
        SlotId id = id(key);
        if (closed) {
            return DeleteOutcome.ABSENT;
        }
        Removed<DeleteOutcome> removed = engine.database().joined(session -> session.delete(id, carrying));
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
        record(id, Kind.DELETED, -1);
        gone(id, removed.incarnation());
        Run run = engine.runs().of(id);
        if (run != null && run.begun().incarnation() == removed.incarnation()) {
            run.cancel();
        } else if (removed.runToken() != 0) {
            engine.hints().deleted(id);
        }
    }

    /** There is no slot any more: lets go of what this node has of it, but for what it remembers. */
    final void gone(SlotId id, long incarnation) {
        ownCallbacks.computeIfPresent(id, (same, own) -> own.incarnation() <= incarnation ? null : own);
        histories.departed(id);
    }

    @Override
    public final CloseOutcome close(Duration limit) throws InterruptedException {
        return end(limit, false);
    }

    /** {@inheritDoc} Also on the other nodes, whose runs are waited for. */
    @Override
    public final CloseOutcome drop(Duration limit) throws InterruptedException {
        return end(limit, true);
    }

    private CloseOutcome end(Duration limit, boolean drop) throws InterruptedException {
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
            closeHere(drop);
            return awaitRuns(nanos, drop) ? CloseOutcome.CLOSED : CloseOutcome.TIMED_OUT;
        } finally {
            if (inCallback) {
                closersInCallbacks.decrementAndGet();
            }
        }
    }

    private void closeHere(boolean drop) {
        Binding<K> last = binding.take();
        dropped |= drop && last != null;
        closed = true;
        if (last == null) {
            return;
        }
        engine.closed(this);
        try {
            if (drop) {
                deleteAll();
                engine.runs().cancel(run -> run.map() == this);
                engine.hints().deleted(name);
            } else {
                engine.letGo(name);
                lookOnceMore();
            }
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
            StoreSession.DeletedBatch batch = engine.database().own(session -> session.deleteAll(name, after, PAGE));
            counters.deleted.add(batch.deleted());
            counters.deletedArmed.add(batch.deletedArmed());
            last = batch.last();
        } while (last != null);
    }

    /** Waits for the runs of this node, and for the others' where their slots were deleted. */
    private boolean awaitRuns(long nanos, boolean everywhere) throws InterruptedException {
        long began = nanoTime();
        for (Run run : engine.runs().of(this)) {
            if (!Awaiting.ended(run, nanos - (nanoTime() - began))) {
                return false;
            }
        }
        if (!everywhere) {
            return true;
        }
        try (Hints.Waiter waiter = engine.hints().waiter(Hints.hash(name))) {
            return Awaiting.until(
                    engine.injected().ticker(),
                    () -> !engine.database().own(session -> session.runs(name)),
                    nanos - (nanoTime() - began),
                    waiter);
        }
    }

    // ---- pausing ------------------------------------------------------------------------------------------------

    /** {@inheritDoc} For all nodes; kept in the database. */
    @Override
    public final PauseOutcome pause(K key) {
        SlotId id = id(key);
        if (closed) {
            return PauseOutcome.CLOSED;
        }
        String by = CauseText.current();
        if (engine.database().joined(session -> session.pause(id, by))) {
            engine.database().afterCommit(() -> record(id, Kind.PAUSED, -1));
            return PauseOutcome.PAUSED;
        }
        return row(id, false).isPresent() ? PauseOutcome.ALREADY_PAUSED : PauseOutcome.ABSENT;
    }

    @Override
    public final ResumeOutcome resume(K key) {
        SlotId id = id(key);
        if (closed) {
            return ResumeOutcome.CLOSED;
        }
        Row row = row(id, false).orElse(null);
        if (row == null || !row.paused()) {
            return row == null ? ResumeOutcome.ABSENT : ResumeOutcome.NOT_PAUSED;
        }
        Claim claim = engine.claim(this, 1);
        Optional<Due> due = engine.database().joined(session -> session.resume(claim, id));
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
        String by = CauseText.current();
        return engine.database().joined(session -> session.pauseMap(name, by))
                ? PauseOutcome.PAUSED
                : PauseOutcome.ALREADY_PAUSED;
    }

    @Override
    public final ResumeOutcome resume() {
        if (closed) {
            return ResumeOutcome.CLOSED;
        }
        if (!engine.database().joined(session -> session.resumeMap(name))) {
            return ResumeOutcome.NOT_PAUSED;
        }
        engine.database().afterCommit(engine::holdOverlooked);
        return ResumeOutcome.RESUMED;
    }

    @Override
    public final Optional<Instant> pausedSince() {
        return mapPause().map(pause -> Micros.toInstant(pause.since()));
    }

    @Override
    public final Optional<SlotCause> pausedBy() {
        return mapPause().map(pause -> CauseText.parse(pause.by()));
    }

    private Optional<MapPause> mapPause() {
        return closed ? Optional.empty() : engine.database().joined(session -> session.pauseOf(name));
    }

    // ---- failed firings -----------------------------------------------------------------------------------------

    @Override
    public final boolean retryFailed(K key) {
        return engine.retryFailed(id(key));
    }

    @Override
    public final boolean forgetFailed(K key) {
        return engine.forgetFailed(name, id(key).key()) > 0;
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        SlotId id = id(key);
        return closed ? Optional.empty() : row(id, carrying.hasValues()).map(row -> snapshot(row, key, true));
    }

    final Optional<Row> row(SlotId id, boolean withValues) {
        return engine.database().joined(session -> session.find(id, withValues));
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

    /** {@inheritDoc} Its last firing wherever that was, and what else this node has seen of it. */
    @Override
    public final Optional<SlotSnapshot> findDeparted(String keyText) {
        K key = closed || !keys.haveText() ? null : keys.parse(keyText);
        SlotId id = key == null ? null : id(key);
        if (id == null || key == null || !histories.isOn()) {
            return Optional.empty();
        }
        List<SlotEvent> events = histories.eventsOfDeparted(id);
        LastFiring last =
                engine.database().joined(session -> session.departed(id)).orElse(null);
        if (events.isEmpty() && last == null) {
            return Optional.empty();
        }
        return Optional.of(departed(key, last, events));
    }

    private SlotSnapshot departed(K key, @Nullable LastFiring last, List<SlotEvent> events) {
        return new SlotSnapshot(
                name,
                key,
                type,
                ClusterEngine.BACKEND,
                SlotState.FREED,
                RunState.IDLE,
                0,
                last == null ? 0 : last.generation(),
                null,
                null,
                null,
                last,
                events,
                null);
    }

    /**
     * {@inheritDoc} Of all nodes: first those whose firing failed for good, for the time these are kept, then those that fired
     * within a minute; of both the latest 10,000.
     */
    @Override
    public final int scanDeparted(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        checkLimit(limit);
        int visited = 0;
        for (boolean failed : new boolean[] {true, false}) {
            if (closed || !histories.isOn()) {
                break;
            }
            List<StoreSession.Departed> rows =
                    engine.database().joined(session -> session.departed(name, failed, MOST_DEPARTED));
            for (StoreSession.Departed row : rows) {
                K key = row.last() == null ? null : key(row.id());
                SlotSnapshot slot =
                        key == null ? null : departed(key, row.last(), histories.eventsOfDeparted(row.id()));
                if (slot != null && (filter == null || filter.test(slot))) {
                    visitor.accept(slot);
                    if (++visited == limit) {
                        return visited;
                    }
                }
            }
        }
        return visited;
    }

    /** {@inheritDoc} Of all nodes; where there are many slots, as of a moment ago. */
    @Override
    public final Optional<SlotMapTimes> times() {
        if (closed || engine.membership().node() == SlotStore.NONE) {
            return Optional.of(new SlotMapTimes(Duration.ZERO, Duration.ZERO, null));
        }
        Timed present = timed;
        long before = nanoTime();
        if (present != null && present.staleNanos() - before > 0) {
            return Optional.of(present.times());
        }
        StoreSession.Times found = engine.database().own(session -> session.times(name, MOST_COUNTED));
        boolean paused = pausedSince().isPresent();
        SlotMapTimes times = new SlotMapTimes(
                paused || found.overdue() == SlotStore.NONE ? Duration.ZERO : Micros.toDuration(found.overdue()),
                found.longestRun() == SlotStore.NONE
                        ? Duration.ZERO
                        : Micros.toDuration(Math.max(0, found.longestRun())),
                found.next() == SlotStore.NONE ? null : Micros.toDuration(found.next()));
        if (found.slots() > FEW) {
            timed = new Timed(times, before + (nanoTime() - before) * COUNT_SHARE);
        }
        return Optional.of(times);
    }

    private static void checkLimit(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("'limit' must be at least 1: " + limit);
        }
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        checkLimit(limit);
        int visited = 0;
        String after = null;
        while (!closed) {
            String last = after;
            int most = filter == null ? Math.min(PAGE, limit - visited) : PAGE;
            List<Row> page = engine.database().joined(session -> session.list(name, "", last, most));
            for (Row row : page) {
                K key = key(row.id());
                SlotSnapshot slot = key == null ? null : snapshot(row, key, false);
                if (slot == null) {
                    continue;
                }
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
        boolean givenUp = runsThoughGivenUp(row);
        boolean running = row.running() || givenUp;
        List<String> notes = notes(row, givenUp);
        Object value = null;
        if (withHistory && values != null && row.armed()) {
            try {
                value = values.handed(row.values());
            } catch (Throwable e) {
                unreadableValues.note(row.id().key(), e);
                notes.add("its values cannot be read, and stay: " + Shown.of(e));
            }
        }
        KeySchedules.KeySchedule own = row.schedule() == null ? null : schedule(row.id(), row.schedule());
        if (own == null && row.schedule() != null) {
            notes.add("its schedule cannot be read here, and stays: " + Shown.inLine(row.schedule()));
        }
        RunState state = running
                ? row.armed() ? RunState.RUNNING_ARMED : RunState.RUNNING
                : row.armed() ? RunState.ARMED : RunState.IDLE;
        return new SlotSnapshot(
                name,
                key,
                type,
                ClusterEngine.BACKEND,
                running ? SlotState.BUSY : SlotState.READY,
                state,
                1,
                row.generation(),
                row.armed() ? Micros.toInstant(row.due()) : null,
                row.armed() ? Micros.toDuration(Math.max(0, row.timeLeft())) : null,
                row.paused() ? Micros.toInstant(row.pausedAt()) : null,
                CauseText.parse(row.pausedBy()),
                histories.isOn() ? row.last() : null,
                withHistory ? histories.events(row.id()) : List.of(),
                value,
                own == null ? null : own.schedule(),
                new SlotSnapshot.Measure(ClusterEngine.BACKEND, null, null, null, null, null, null, notes));
    }

    /** Whether a run of the slot goes on here that the cluster has given up, with the node that this process was. */
    private boolean runsThoughGivenUp(Row row) {
        Run run = engine.runs().of(row.id());
        return run != null
                && run.node() != engine.membership().node()
                && run.begun().incarnation() == row.incarnation();
    }

    private static List<String> notes(Row row, boolean givenUp) {
        List<String> notes = new ArrayList<>();
        if (givenUp) {
            notes.add("its callback still runs in this process, which was given up meanwhile");
        }
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
        if (row.failures() > 0) {
            notes.add("its callbacks have failed " + row.failures() + " times");
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
        long before = nanoTime();
        if (present != null && present.staleNanos() - before > 0) {
            return present.counts();
        }
        Counts counts = ask();
        long took = nanoTime() - before;
        if (counts.slots() > FEW) {
            counted = new Counted(counts, before + took * COUNT_SHARE);
        }
        return counts;
    }

    private long nanoTime() {
        return engine.injected().ticker().monotonicNanos();
    }

    private Counts ask() {
        return engine.database().own(session -> session.count(name, MOST_COUNTED));
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
        Binding.checked(callback);
        SlotId id = id(key);
        Row row = closed ? null : row(id, false).orElse(null);
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
        counters.queued.incrementAndGet();
        dispatch.offer(id);
    }

    /** Whether slots may lie in the table that are due before a new one, and that nobody has claimed. */
    final boolean isBehind() {
        return behind;
    }

    final void behind(boolean value) {
        behind = value;
    }

    /** How many due slots wait on this node for a thread. */
    final int waiting() {
        return counters.queued.get();
    }

    /** A due slot has its thread, or was refused one. */
    final void waitsNoMore() {
        engine.waitsNoMore(counters.queued.decrementAndGet());
    }

    private void deferred(SlotId id) {
        waitsNoMore();
        counters.deferred.increment();
        record(id, Kind.DEFERRED, -1);
        engine.holds().again(id, DEFERRED_PAUSE);
    }

    /** Notes what happened, with a span in microseconds or -1. */
    final void record(SlotId id, Kind kind, long detail) {
        record(id, kind, detail, Armed.Held.NOT);
    }

    /** Notes an arming: for how long, or as what the map's shape has made of that. */
    final void record(SlotId id, Kind kind, long asked, Armed.Held held) {
        SlotLimit limit = held.limit();
        long detail = limit == null ? asked : held.span();
        if (histories.isOn()) {
            histories.add(
                    id,
                    new SlotEvent(
                            engine.clock().now(),
                            kind,
                            detail < 0 ? null : Micros.toDuration(detail),
                            SlotCause.current(),
                            1,
                            limit));
        }
    }

    @Override
    public final String toString() {
        return "a " + type + " map '" + name + "' of backend '" + ClusterEngine.BACKEND + "' with keys of type "
                + keyType.getName();
    }
}

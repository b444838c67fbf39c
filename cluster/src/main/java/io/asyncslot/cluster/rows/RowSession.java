package io.asyncslot.cluster.rows;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.rows.Rows.NodeRow;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Beats;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Counts;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.FailedFiring;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.Node;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Released;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.Running;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.cluster.store.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operations on slots in Java, over rows that can be locked: for databases whose statements cannot express them,
 * and for memory. Each operation reads and writes whole rows, and reads all rows of a map for which PostgreSQL has an
 * index: it promises no speed. Owned by one thread.
 */
public abstract class RowSession implements StoreSession {

    private static final long NONE = SlotStore.NONE;

    /** How long the row of a slot stays that was freed, in microseconds: so that its next incarnation has higher numbers. */
    private static final long REMEMBERED = 60_000_000;

    private final Rows rows;

    /**
     * A session.
     *
     * @param rows what it works on
     */
    protected RowSession(Rows rows) {
        this.rows = rows;
    }

    @Override
    public final void close() {
        rows.close();
    }

    // ---- nodes --------------------------------------------------------------------------------------------------

    @Override
    public long now() {
        return rows.now();
    }

    @Override
    public long join(String name) {
        return rows.step(() -> {
            long node = rows.number();
            rows.addNode(new NodeRow(node, name, rows.now(), 0, List.of()));
            return node;
        });
    }

    @Override
    public List<Node> nodes(int limit) {
        List<SlotRow> all = rows.all(null);
        return rows.nodes().stream()
                .map(node -> new Node(
                        node.id(),
                        node.name(),
                        node.joined(),
                        all.stream()
                                .filter(row -> row.owner == node.id())
                                .limit(limit)
                                .count()))
                .toList();
    }

    @Override
    public void hosts(long node, List<String> maps) {
        rows.step(() -> {
            rows.hosts(node, maps);
            return true;
        });
    }

    @Override
    public boolean isHosted(String map) {
        return rows.nodes().stream().anyMatch(node -> node.maps().contains(map));
    }

    @Override
    public Map<String, Long> unhosted(int limit) {
        Map<String, Long> maps = new TreeMap<>();
        rows.all(null).stream().filter(row -> row.live).forEach(row -> maps.merge(row.id.map(), 1L, Long::sum));
        maps.keySet().removeIf(this::isHosted);
        maps.replaceAll((map, slots) -> Math.min(slots, limit));
        return new LinkedHashMap<>(maps);
    }

    @Override
    public int move(String from, String to, int limit) {
        return each(rows.all(from).stream().filter(RowSession::movable), limit, row -> {
            return movable(row) && rows.move(row.id, to);
        });
    }

    private static boolean movable(SlotRow row) {
        return (row.live || row.failedAt != NONE) && row.owner == NONE;
    }

    @Override
    public Released release(long node) {
        return rows.step(() -> rows.removeNode(node, null)) ? letGo(node) : Released.NOTHING;
    }

    @Override
    public int release(long node, String map) {
        return each(rows.all(map).stream().filter(row -> row.owner == node && !row.runs()), Integer.MAX_VALUE, row -> {
            if (row.owner != node || row.runs()) {
                return false;
            }
            row.owner = NONE;
            rows.put(row);
            return true;
        });
    }

    @Override
    public Beats beat(long node) {
        boolean alive = rows.step(() -> rows.beat(node));
        List<Beats.Beat> others = rows.nodes().stream()
                .filter(other -> other.id() != node)
                .map(other -> new Beats.Beat(other.id(), other.beat()))
                .toList();
        return new Beats(alive, rows.now(), others);
    }

    @Override
    public Optional<Released> giveUp(Beats.Beat silent) {
        return rows.step(() -> rows.removeNode(silent.node(), silent.count()))
                ? Optional.of(letGo(silent.node()))
                : Optional.empty();
    }

    @Override
    public Released releaseOrphans() {
        List<Long> nodes = rows.nodes().stream().map(NodeRow::id).toList();
        Released all = Released.NOTHING;
        for (long owner : rows.all(null).stream()
                .mapToLong(row -> row.owner)
                .filter(owner -> owner != NONE && !nodes.contains(owner))
                .distinct()
                .toArray()) {
            all = all.plus(letGo(owner));
        }
        return all;
    }

    private Released letGo(long node) {
        int[] counts = new int[3];
        each(rows.all(null).stream().filter(row -> row.owner == node), Integer.MAX_VALUE, row -> {
            if (row.owner != node) {
                return false;
            }
            boolean again = row.redelivers();
            counts[!row.busy() ? 0 : again ? 1 : 2]++;
            cutOff(row, again);
            rows.put(row);
            return true;
        });
        return new Released(counts[0], counts[1], counts[2]);
    }

    private static void cutOff(SlotRow row, boolean again) {
        row.owner = NONE;
        row.runBegan = NONE;
        row.awaitsMap = null;
        row.awaitsKey = null;
        if (!again) {
            row.endRun();
        }
    }

    @Override
    public int purge(long retention, int limit) {
        long now = rows.now();
        Predicate<SlotRow> over = row -> row.deadAt != NONE
                && row.deadAt < now - REMEMBERED
                && !row.busy()
                && (row.failedAt == NONE || row.failedAt < now - retention);
        return each(rows.all(null).stream().filter(over), limit, row -> {
            if (over.test(row)) {
                rows.remove(row.id);
                return true;
            }
            return false;
        });
    }

    @Override
    public int purgeValues() {
        return 0; // they are in the rows
    }

    /** Does something to each of some slots that nobody else has; answers to how many it was done. */
    private int each(Stream<SlotRow> seen, int limit, Predicate<SlotRow> work) {
        List<SlotId> ids = seen.limit(limit).map(row -> row.id).toList();
        return rows.step(() -> {
            int done = 0;
            for (SlotId id : ids) {
                SlotRow row = rows.tryLock(id);
                if (row != null && work.test(row)) {
                    done++;
                }
            }
            return done;
        });
    }

    // ---- arming -------------------------------------------------------------------------------------------------

    /** Applies an operation to the locked slot, or answers {@code absent} if there is none. */
    private <T> T on(SlotId id, T absent, Function<SlotRow, T> work) {
        return rows.step(() -> {
            SlotRow row = rows.lock(id);
            return row == null || !row.live ? absent : work.apply(row);
        });
    }

    @Override
    public Armed<StartOutcome> start(Claim claim, SlotId id, Deadline when, @Nullable Offer offer, int capacity) {
        return arm(false, claim, id, when, offer, capacity, StartOutcome.REJECTED, RowSession::started);
    }

    private static StartOutcome started(boolean armed) {
        return armed ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    @Override
    public List<Armed<StartOutcome>> startAll(
            Claim claim, List<SlotId> ids, Deadline when, @Nullable Offer offer, int capacity) {
        return rows.step(() ->
                ids.stream().map(id -> start(claim, id, when, offer, capacity)).toList());
    }

    @Override
    public Armed<SubmitOutcome> submit(Claim claim, SlotId id, @Nullable Offer offer, int capacity) {
        return arm(
                true,
                claim,
                id,
                Deadline.in(0),
                offer,
                capacity,
                SubmitOutcome.REJECTED,
                armed -> armed ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED);
    }

    @Override
    public Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, Deadline when, Carrying carrying) {
        return on(id, Armed.nothing(StartOutcome.FREED), row -> {
            if (row.incarnation != incarnation) {
                return Armed.nothing(StartOutcome.FREED);
            }
            boolean goesOn = row.scheduled == row.generation;
            Offer offer = carrying.isPlain() ? null : Offer.nothing(carrying);
            Armed<StartOutcome> armed = arm(row, false, claim, when, offer, RowSession::started);
            row.scheduled = goesOn ? row.generation : NONE;
            rows.put(row);
            return armed.following(row.follows());
        });
    }

    private <O extends Enum<O>> Armed<O> arm(
            boolean submits,
            Claim claim,
            SlotId id,
            Deadline when,
            @Nullable Offer offer,
            int capacity,
            O rejected,
            Function<Boolean, O> outcome) {
        return rows.step(() -> {
            SlotRow row = locked(id);
            if (offer != null && offer.expects() && !Arrays.equals(row.pending(), offer.expectedValue())) {
                return undone(row, Armed.changed(rejected));
            }
            if (offer != null
                    && offer.carrying().maxValues() > 0
                    && offer.value() != null
                    && row.armed()
                    && row.collected.size() >= offer.carrying().maxValues()) {
                return Armed.nothing(rejected);
            }
            if (!row.live && capacity > 0) {
                rows.lockRoom(id.map());
                if (rows.all(id.map()).stream().filter(one -> one.live).count() >= capacity) {
                    return undone(row, Armed.nothing(rejected));
                }
            }
            Armed<O> armed = arm(row, submits, claim, when, offer, outcome);
            rows.put(row);
            return armed;
        });
    }

    /** The slot, locked; made if there is none. */
    private SlotRow locked(SlotId id) {
        for (; ; ) {
            SlotRow row = rows.lock(id);
            if (row != null) {
                return row;
            }
            SlotRow made = new SlotRow(id);
            if (rows.add(made)) {
                return made;
            }
        }
    }

    /** Does not leave behind what was made for nothing. */
    private <T> T undone(SlotRow row, T answer) {
        if (row.incarnation == NONE) {
            rows.remove(row.id);
        }
        return answer;
    }

    private <O extends Enum<O>> Armed<O> arm(
            SlotRow row,
            boolean submits,
            Claim claim,
            Deadline when,
            @Nullable Offer offer,
            Function<Boolean, O> outcome) {
        Carrying carrying = offer == null ? Carrying.NOTHING : offer.carrying();
        byte[] value = offer == null ? null : offer.value();
        long now = rows.now();
        long asked = point(when, now);
        boolean armed = row.armed();
        boolean again = row.again();
        boolean keepsDue = submits && armed;
        boolean keeps = keepsDue && !(again && value != null);
        if (!row.live) {
            row.paused = false;
            row.incarnation = rows.number();
            row.lastFired = NONE;
            row.failures = 0;
        }
        if (!armed) {
            row.disarm();
        }
        long latest = carrying.maxWait() == NONE ? NONE : Math.min(SlotStore.NEVER, now + carrying.maxWait());
        long bound = armed && !again ? SlotRow.or(row.latest, latest) : latest;
        int added = carrying.collects() && value != null ? 1 : 0;
        if (!keeps) {
            long due = keepsDue ? row.due : Math.min(asked, bound == NONE ? asked : bound);
            if (!keepsDue && flushes(carrying, row, added)) {
                due = Math.min(due, now);
            }
            row.due = Math.max(due, row.notBefore);
            row.generation = rows.number();
            row.dueAttempt = 1;
            row.point = NONE;
            row.failedAt = NONE;
            row.look = NONE;
        }
        row.latest = offer == null ? keeps ? row.latest : NONE : bound;
        row.period = offer == null && keeps && row.period;
        if (added == 1) {
            row.collected.add(value);
        } else if (value != null && !(carrying.merge() == Merge.FIRST && row.payload != null)) {
            row.payload = value;
        }
        if (!keeps && !row.busy()) {
            row.owner = !row.paused && row.due <= now + claim.horizon() ? claim.node() : NONE;
        }
        row.live = true;
        row.deadAt = NONE;
        if (when.schedule() != null) {
            row.schedule = when.schedule();
            row.scheduled = row.generation;
        }
        return armed(
                row,
                claim,
                outcome.apply(armed),
                when.schedule(),
                offer == null ? Armed.Held.NOT : held(row, asked, now));
    }

    private static boolean flushes(Carrying carrying, SlotRow row, int added) {
        return carrying.flushAt() > 0 && row.collected.size() - row.passedOn + added >= carrying.flushAt();
    }

    private static long point(Deadline when, long now) {
        return Math.min(SlotStore.NEVER, when.relative() ? now + when.micros() : when.micros());
    }

    private static Armed.Held held(SlotRow row, long asked, long now) {
        if (row.due == asked) {
            return Armed.Held.NOT;
        }
        SlotLimit early = row.due == row.latest ? SlotLimit.MAX_WAIT : SlotLimit.FLUSH_AT;
        return new Armed.Held(row.due < asked ? early : SlotLimit.MIN_INTERVAL, Math.max(0, row.due - now));
    }

    private static <O extends Enum<O>> Armed<O> armed(
            SlotRow row, Claim claim, O outcome, @Nullable String schedule, Armed.Held held) {
        return new Armed<>(
                outcome,
                row.incarnation,
                row.generation,
                row.due,
                SlotRow.or(row.point, row.due),
                row.owner == claim.node() && !row.busy(),
                schedule,
                held);
    }

    @Override
    public Armed<TouchOutcome> touch(Claim claim, SlotId id, Deadline when, Carrying carrying) {
        return on(id, Armed.nothing(TouchOutcome.ABSENT), row -> touch(row, claim, when, carrying));
    }

    @Override
    public Armed<TouchOutcome> touchOwn(Claim claim, SlotId id, Deadline when) {
        return on(
                id,
                Armed.nothing(TouchOutcome.ABSENT),
                row -> java.util.Objects.equals(row.follows(), when.schedule())
                        ? touch(row, claim, when, Carrying.NOTHING)
                        : Armed.nothing(TouchOutcome.ABSENT));
    }

    private Armed<TouchOutcome> touch(SlotRow row, Claim claim, Deadline when, Carrying carrying) {
        long now = rows.now();
        long asked = point(when, now);
        row.period = false;
        if (!row.armed()) {
            rows.put(row);
            return new Armed<>(TouchOutcome.NOT_ARMED, row.incarnation, 0, 0, 0, false);
        }
        long due = asked;
        if (!carrying.isPlain()) {
            due = row.point == NONE && row.latest != NONE ? Math.min(due, row.latest) : due;
            due = flushes(carrying, row, 0) ? Math.min(due, row.due) : due;
        }
        row.due = due;
        row.look = NONE;
        if (!row.busy()) {
            row.owner = !row.paused && due <= now + claim.horizon() ? claim.node() : NONE;
        }
        rows.put(row);
        return armed(row, claim, TouchOutcome.MOVED, row.follows(), held(row, asked, now));
    }

    @Override
    public Retried retry(SlotId id, long token, Deadline when, Retry how, Offer offer) {
        return on(id, new Retried(RetryOutcome.FREED, false), row -> {
            Merge merge = offer.carrying().merge();
            if (row.runToken != token
                    || !row.runs()
                    || !row.ownRun()
                    || merge != null
                            && offer.expects()
                            && !row.runPassed
                            && !Arrays.equals(row.pending(), offer.expectedValue())) {
                return new Retried(RetryOutcome.FREED, false);
            }
            if (row.withdrawn && !row.armed()) {
                return new Retried(RetryOutcome.WITHDRAWN, false);
            }
            long asked = point(when, rows.now());
            boolean armed = row.armed();
            if (merge != null) {
                passOn(row, merge, offer.value());
            }
            boolean takes = !armed || row.period && (how.beforeAnyPeriod() || asked < row.due);
            if (takes) {
                if (row.scheduled == row.generation) {
                    row.scheduled = row.runGeneration;
                }
                row.generation = row.runGeneration;
                row.dueAttempt = row.runAttempt + (how.sameAttempt() ? 0 : 1);
                row.due = asked;
                row.point = SlotRow.or(row.runPoint, row.runDue);
                row.period = false;
            }
            rows.put(row);
            return new Retried(takes ? RetryOutcome.SCHEDULED : RetryOutcome.SUPERSEDED, takes && armed);
        });
    }

    /** The values of a run become pending, as what was accepted first; once only. */
    private static void passOn(SlotRow row, Merge merge, byte @Nullable [] merged) {
        byte[] pending = row.pending();
        if (!row.runPassed) {
            byte[] first = merge == Merge.FIRST ? row.runPayload : merged;
            byte[] second = first == null ? pending : first;
            row.payload = second == null ? row.runPayload : second;
        }
        List<byte[]> all = new ArrayList<>(row.runCollected);
        all.addAll(row.collected);
        row.passedOn += row.runCollected.size();
        row.collected = all;
        row.runPayload = null;
        row.runCollected = new ArrayList<>();
        row.runPassed = true;
    }

    // ---- removing -----------------------------------------------------------------------------------------------

    @Override
    public Optional<Removed<CancelOutcome>> take(SlotId id, Row seen) {
        return on(id, Optional.empty(), row -> {
            if (!row.armed()
                    || row.generation != seen.generation()
                    || row.collected.size() != seen.collected()
                    || !Arrays.equals(row.payload, seen.payload())) {
                return Optional.empty();
            }
            long now = rows.now();
            row.disarm();
            if (!row.ownRun() && row.notBefore <= now) {
                row.die(now);
            }
            row.owner = row.busy() ? row.owner : NONE;
            rows.put(row);
            return Optional.of(new Removed<>(CancelOutcome.CANCELLED, true, row.incarnation, row.token(), !row.live));
        });
    }

    @Override
    public Removed<CancelOutcome> cancel(SlotId id, WhenIdle whenIdle, Carrying carrying) {
        return on(id, Removed.nothing(CancelOutcome.ABSENT), row -> {
            long now = rows.now();
            boolean armed = row.armed();
            CancelOutcome idle = row.ownRun() ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
            row.disarm();
            if (whenIdle == WhenIdle.FREE && !row.ownRun() && row.notBefore <= now) {
                row.die(now);
            } else {
                row.withdrawn = row.busy();
            }
            row.owner = row.busy() ? row.owner : NONE;
            rows.put(row);
            return new Removed<>(
                    armed ? CancelOutcome.CANCELLED : idle, armed, row.incarnation, row.token(), !row.live);
        });
    }

    @Override
    public Removed<DeleteOutcome> delete(SlotId id, Carrying carrying) {
        return on(id, Removed.nothing(DeleteOutcome.ABSENT), row -> {
            boolean armed = row.armed();
            DeleteOutcome idle = armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
            DeleteOutcome outcome = row.ownRun() ? DeleteOutcome.DELETED_WHILE_RUNNING : idle;
            delete(row);
            return new Removed<>(outcome, armed, row.incarnation, row.token(), true);
        });
    }

    private void delete(SlotRow row) {
        row.disarm();
        row.die(rows.now());
        row.notBefore = NONE;
        row.failedAt = NONE;
        if (!row.runs()) {
            row.owner = NONE;
            row.endRun();
        }
        rows.put(row);
    }

    @Override
    public DeletedBatch deleteAll(String map, @Nullable String after, int limit) {
        List<SlotRow> seen = rows.all(map).stream()
                .filter(row -> row.live && (after == null || compare(row.id.key(), after) > 0))
                .limit(limit)
                .toList();
        return rows.step(() -> {
            int deleted = 0;
            int armed = 0;
            for (SlotRow one : seen) {
                SlotRow row = rows.lock(one.id);
                if (row != null && row.live) {
                    deleted++;
                    armed += row.armed() ? 1 : 0;
                    delete(row);
                }
            }
            return new DeletedBatch(
                    deleted,
                    armed,
                    seen.isEmpty() ? null : seen.get(seen.size() - 1).id.key());
        });
    }

    /** By code point, as the database orders. */
    private static int compare(String one, String other) {
        return Arrays.compare(one.codePoints().toArray(), other.codePoints().toArray());
    }

    // ---- pausing ------------------------------------------------------------------------------------------------

    @Override
    public boolean pause(SlotId id, @Nullable String by) {
        return on(id, false, row -> {
            if (row.paused) {
                return false;
            }
            row.paused = true;
            row.pausedAt = rows.now();
            row.pausedBy = by;
            row.pausedByAt = row.pausedAt;
            row.owner = row.runs() ? row.owner : NONE;
            rows.put(row);
            return true;
        });
    }

    @Override
    public Optional<Due> resume(Claim claim, SlotId id) {
        return on(id, Optional.empty(), row -> {
            if (!row.paused) {
                return Optional.empty();
            }
            row.paused = false;
            boolean near = row.next() != NONE && row.next() <= rows.now() + claim.horizon();
            row.owner = row.runs() ? row.owner : near ? claim.node() : NONE;
            rows.put(row);
            return row.owner != NONE && !row.runs() ? Optional.of(row.asDue()) : Optional.empty();
        });
    }

    @Override
    public boolean pauseMap(String map, @Nullable String by) {
        return rows.step(() -> rows.pause(map, new MapPause(rows.now(), by)));
    }

    @Override
    public boolean resumeMap(String map) {
        return rows.step(() -> rows.pause(map, null));
    }

    @Override
    public Optional<MapPause> pauseOf(String map) {
        return Optional.ofNullable(rows.paused().get(map));
    }

    @Override
    public List<String> pausedMaps() {
        return List.copyOf(rows.paused().keySet());
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Override
    public boolean runs(String map) {
        List<Long> nodes = rows.nodes().stream().map(NodeRow::id).toList();
        return rows.all(map).stream().anyMatch(row -> row.busy() && nodes.contains(row.owner));
    }

    @Override
    public Optional<Row> find(SlotId id, boolean withValues) {
        long now = rows.now();
        return seen(id).filter(row -> row.live).map(row -> row.asRow(now, withValues));
    }

    private Optional<SlotRow> seen(SlotId id) {
        return Optional.ofNullable(rows.see(id));
    }

    @Override
    public List<Row> list(String map, String prefix, @Nullable String after, int limit) {
        long now = rows.now();
        return rows.all(map).stream()
                .filter(row -> row.live
                        && row.id.key().startsWith(prefix)
                        && (after == null || compare(row.id.key(), after) > 0))
                .limit(limit)
                .map(row -> row.asRow(now, false))
                .toList();
    }

    @Override
    public Counts count(String map, int limit) {
        List<SlotRow> all = rows.all(map).stream().limit(limit).toList();
        return new Counts(
                count(all, row -> row.live),
                count(all, SlotRow::armed),
                count(all, row -> row.live && row.busy()),
                count(all, row -> row.live && row.paused),
                all.size() < limit);
    }

    private static long count(List<SlotRow> all, Predicate<SlotRow> which) {
        return all.stream().filter(which).count();
    }

    @Override
    public Times times(String map, int limit) {
        long now = rows.now();
        List<SlotRow> live =
                rows.all(map).stream().filter(row -> row.live).limit(limit).toList();
        ToLongFunction<SlotRow> due = row -> row.runs() ? row.due : row.next();
        long overdue = least(live.stream().filter(row -> !row.paused && due.applyAsLong(row) <= now), due);
        long began = least(live.stream(), row -> row.runBegan);
        long next = least(live.stream().filter(row -> due.applyAsLong(row) > now), due);
        return new Times(
                overdue == NONE ? NONE : now - overdue,
                began == NONE ? NONE : now - began,
                next == NONE ? NONE : next - now,
                live.size());
    }

    private static long least(Stream<SlotRow> some, ToLongFunction<SlotRow> what) {
        return some.mapToLong(what).filter(each -> each != NONE).min().orElse(NONE);
    }

    @Override
    public Duration overdue() {
        long due = least(rows.all(null).stream().filter(row -> row.owner == NONE && !row.paused), SlotRow::next);
        return due == NONE ? Duration.ZERO : Duration.ofNanos(Math.max(0, rows.now() - due) * 1_000);
    }

    @Override
    public List<FailedFiring> failed(String map, int limit) {
        return latest(rows.all(map).stream().filter(row -> row.failedAt != NONE), row -> row.failedAt, limit)
                .map(row -> new FailedFiring(
                        map,
                        row.id.key(),
                        row.lastGeneration,
                        row.lastAttempt,
                        Micros.toInstant(row.lastFired),
                        Micros.toInstant(row.failedAt),
                        String.valueOf(row.lastError),
                        row.failures))
                .toList();
    }

    private static Stream<SlotRow> latest(Stream<SlotRow> some, ToLongFunction<SlotRow> at, int limit) {
        return some.sorted(Comparator.comparingLong(at).reversed()).limit(limit);
    }

    @Override
    public boolean retryFailed(SlotId id) {
        return rows.step(() -> {
            SlotRow row = rows.lock(id);
            if (row == null || row.failedAt == NONE || row.due != NONE || row.busy()) {
                return false;
            }
            if (!row.live) {
                row.incarnation = rows.number();
            }
            row.live = true;
            row.generation = rows.number();
            row.disarm();
            row.due = rows.now();
            row.latest = NONE;
            row.period = false;
            row.deadAt = NONE;
            row.failedAt = NONE;
            row.payload = row.runPayload;
            row.collected = row.runCollected;
            row.passedOn = row.collected.size();
            row.runPayload = null;
            row.runCollected = new ArrayList<>();
            rows.put(row);
            return true;
        });
    }

    @Override
    public int forgetFailed(String map, @Nullable String key) {
        return rows.step(() -> {
            int forgotten = 0;
            for (SlotRow seen : rows.all(map)) {
                SlotRow row = key == null || seen.id.key().equals(key) ? rows.lock(seen.id) : null;
                if (row != null && row.failedAt != NONE && !row.busy()) {
                    forgotten++;
                    row.failedAt = NONE;
                    if (row.live) {
                        rows.put(row);
                    } else {
                        rows.remove(row.id);
                    }
                }
            }
            return forgotten;
        });
    }

    @Override
    public Optional<LastFiring> departed(SlotId id) {
        return seen(id).filter(row -> !row.live).flatMap(row -> Optional.ofNullable(row.last()));
    }

    @Override
    public List<Departed> departed(String map, boolean failed, int limit) {
        ToLongFunction<SlotRow> at = failed ? row -> row.failedAt : row -> row.deadAt;
        return latest(
                        rows.all(map).stream()
                                .filter(row -> !row.live && at.applyAsLong(row) != NONE)
                                .filter(row -> failed || row.failedAt == NONE),
                        at,
                        limit)
                .map(row -> new Departed(row.id, row.last()))
                .toList();
    }

    // ---- firing -------------------------------------------------------------------------------------------------

    @Override
    public Swept sweep(Claim claim, List<String> maps, Collection<String> freeing, int limit) {
        List<Due> claimed = new ArrayList<>();
        List<Due> freed = new ArrayList<>();
        long now = rows.now();
        Set<String> paused = rows.paused().keySet();
        Predicate<SlotRow> near = row -> row.owner == NONE
                && !row.paused
                && (rested(row, freeing, now)
                        || row.next() != NONE && Math.max(row.next(), row.look) <= now + claim.horizon());
        List<SlotRow> seen = maps.stream()
                .filter(map -> !paused.contains(map))
                .flatMap(map -> rows.all(map).stream())
                .filter(near)
                .sorted(Comparator.comparingLong(SlotRow::next))
                .toList();
        int looked = rows.step(() -> !rows.lockNode(claim.node())
                ? 0
                : each(seen.stream(), limit, row -> {
                    if (!near.test(row)) {
                        return false;
                    }
                    if (row.next() == NONE) {
                        row.die(now);
                        freed.add(row.asDue());
                    } else {
                        row.owner = claim.node();
                        row.look = NONE;
                        claimed.add(row.asDue());
                    }
                    rows.put(row);
                    return true;
                }));
        return new Swept(claimed, freed, looked);
    }

    /** Whether an idle slot is to be freed, because its interval is over. */
    private static boolean rested(SlotRow row, Collection<String> freeing, long now) {
        return row.live
                && row.next() == NONE
                && row.notBefore != NONE
                && row.notBefore <= now
                && freeing.contains(row.id.map());
    }

    @Override
    public List<Due> overlooked(long node, long overdue, int limit) {
        long before = rows.now() - overdue;
        Set<String> paused = rows.paused().keySet();
        return rows.all(null).stream()
                .filter(row -> row.owner == node
                        && !row.runs()
                        && row.next() != NONE
                        && row.next() < before
                        && !row.paused
                        && !paused.contains(row.id.map()))
                .limit(limit)
                .map(SlotRow::asDue)
                .toList();
    }

    @Override
    public <T> Optional<T> inTurn(SlotId id, Duration limit, Supplier<T> work) {
        try {
            return rows.step(() -> {
                rows.lock(id);
                return Optional.of(work.get());
            });
        } catch (StoreException e) {
            if (e.trouble() == Trouble.TIMEOUT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public BeginResult begin(long node, List<Begin> begins) {
        return rows.step(() -> {
            List<StartedRun> begun = new ArrayList<>();
            List<NotBegun> refused = new ArrayList<>();
            boolean alive = rows.lockNode(node);
            Set<String> paused = rows.paused().keySet();
            for (Begin begin : begins) {
                SlotRow row = rows.tryLock(begin.id());
                long now = rows.now();
                NotBegun.Reason reason = null;
                if (row == null) {
                    SlotRow seen = seen(begin.id()).orElse(null);
                    reason = seen != null && alive && holds(seen, node, begin, paused)
                            ? NotBegun.Reason.LOCKED
                            : NotBegun.Reason.GONE;
                } else if (!alive || !holds(row, node, begin, paused)) {
                    reason = NotBegun.Reason.GONE;
                } else if (row.next() > now || !begin.isOf(row.next())) {
                    reason = NotBegun.Reason.EARLY;
                }
                if (row == null || reason != null) {
                    long due = reason == NotBegun.Reason.EARLY && row != null ? row.next() : 0;
                    refused.add(new NotBegun(
                            begin.id(), begin.generation(), reason == null ? NotBegun.Reason.GONE : reason, due));
                } else {
                    begun.add(begin(row, begin, now));
                }
            }
            return new BeginResult(begun, refused);
        });
    }

    private static boolean holds(SlotRow row, long node, Begin begin, Set<String> paused) {
        return row.owner == node
                && !row.runs()
                && row.next() != NONE
                && (row.busy() ? row.runGeneration : row.generation) == begin.generation()
                && !row.paused
                && !paused.contains(row.id.map());
    }

    private StartedRun begin(SlotRow row, Begin begin, long now) {
        boolean redo = row.busy();
        boolean foreign = !begin.carries() && (row.payload != null || !row.collected.isEmpty() || redo && row.handed);
        if (begin.carries() && (!redo || !row.handed)) {
            handOver(row, redo);
        } else if (!redo) {
            row.handed = false;
        }
        row.runToken = rows.number();
        row.runIncarnation = row.incarnation;
        row.runBegan = now;
        row.notBefore = begin.interval() == NONE ? NONE : now + begin.interval();
        if (redo) {
            row.runAttempt++;
        } else {
            boolean follows = row.scheduled == row.generation;
            boolean more = begin.nextDue() != NONE;
            row.runGeneration = row.generation;
            row.runDue = row.due;
            row.runAttempt = row.dueAttempt;
            row.runPoint = row.point;
            row.runPassed = false;
            row.withdrawn = false;
            row.generation = more ? rows.number() : row.generation;
            row.scheduled = follows && more ? row.generation : NONE;
            row.schedule = follows && more ? row.schedule : null;
            row.due = begin.nextDue();
            row.dueAttempt = 1;
            row.point = NONE;
            row.period = more;
        }
        rows.put(row);
        List<byte[]> values = null;
        if (begin.carries()) {
            values = new ArrayList<>();
            if (row.runPayload != null) {
                values.add(row.runPayload);
            }
            values.addAll(row.runCollected);
        }
        StartedRun.State state = foreign ? StartedRun.State.FOREIGN : StartedRun.State.RUNS;
        return new StartedRun(
                row.id,
                row.runToken,
                row.runIncarnation,
                row.runGeneration,
                row.runDue,
                row.runBegan,
                row.runAttempt,
                values,
                redo && row.runPassed ? StartedRun.State.OVER : state);
    }

    /**
     * Passes the pending values to the run. For a run that was cut off, only if they were not passed on at its
     * beginning, and unless more is pending.
     */
    private static void handOver(SlotRow row, boolean redo) {
        boolean stays = redo && row.due != NONE;
        row.runPayload = redo && row.runPayload != null ? row.runPayload : row.payload;
        row.runCollected = stays ? new ArrayList<>() : row.collected;
        row.handed = true;
        if (!stays) {
            row.payload = null;
            row.collected = new ArrayList<>();
            row.passedOn = 0;
        }
    }

    @Override
    public List<Ended> end(
            Claim claim, List<Finish> finishes, Set<String> freeing, Set<String> leaving, long retention) {
        return rows.step(() -> finishes.stream()
                .map(finish -> {
                    String map = finish.begun().id().map();
                    return end(claim, finish, freeing.contains(map), leaving.contains(map), retention);
                })
                .toList());
    }

    private Ended end(Claim claim, Finish finish, boolean frees, boolean leaves, long retention) {
        StartedRun begun = finish.begun();
        Predicate<SlotRow> mine = row -> row.runToken == begun.token() && row.owner == claim.node() && row.runs();
        SlotRow row = rows.tryLock(begun.id());
        if (row == null || !mine.test(row)) {
            boolean locked = row == null && seen(begun.id()).filter(mine).isPresent();
            return Ended.not(begun.id(), begun.token(), locked ? Ended.Result.LOCKED : Ended.Result.FENCED);
        }
        long now = rows.now();
        boolean own = row.ownRun();
        boolean called = own && finish.result() != Finish.Result.NOT_CALLED;
        boolean failed = own && row.live && finish.result() == Finish.Result.FAILED;
        long rest = own ? finish.notBefore() : NONE;
        if (called) {
            row.lastFired = row.runBegan;
            row.lastGeneration = row.runGeneration;
            row.lastAttempt = row.runAttempt;
            row.lastLateness = row.runBegan - row.runDue;
            row.lastTook = finish.took();
            row.lastError = finish.error();
            row.failures += finish.error() == null ? 0 : 1;
            row.failedAt = failed ? now : NONE;
        }
        if (begun.values() != null && !failed) {
            row.runPayload = null;
            row.runCollected = new ArrayList<>();
            row.handed = false;
        }
        row.runBegan = NONE;
        row.runPoint = NONE;
        row.awaitsMap = null;
        row.awaitsKey = null;
        row.endRun();
        if (row.due != NONE && row.point == NONE) {
            row.due = Math.max(row.due, rest);
        }
        row.notBefore = Math.max(row.notBefore, rest);
        boolean near = !row.paused && row.due != NONE && row.due <= now + claim.horizon();
        row.owner = near && !leaves ? row.owner : NONE;
        if (frees && row.live && row.due == NONE && row.notBefore <= now) {
            row.die(now + (failed ? retention : 0));
        }
        rows.put(row);
        Due next = row.owner == NONE ? null : row.asDue();
        return new Ended(row.id, begun.token(), Ended.Result.ENDED, next, near && leaves, !row.live);
    }

    @Override
    public List<Running> running(long node, int limit) {
        return rows.all(null).stream()
                .filter(row -> row.owner == node && row.runs())
                .sorted(Comparator.comparingLong(row -> row.runBegan))
                .limit(limit)
                .map(row -> new Running(row.id, row.runToken, row.runBegan, !row.live || !row.ownRun()))
                .toList();
    }

    @Override
    public boolean cutOff(long node, SlotId id, long token) {
        return cutOff(node, id, token, NONE);
    }

    @Override
    public boolean putOff(long node, SlotId id, long token, long pause) {
        return cutOff(node, id, token, pause);
    }

    private boolean cutOff(long node, SlotId id, long token, long pause) {
        return rows.step(() -> {
            SlotRow row = rows.lock(id);
            if (row == null || row.runToken != token || row.owner != node) {
                return false;
            }
            if (pause != NONE) {
                row.runAttempt--;
                row.look = rows.now() + pause;
            }
            cutOff(row, row.redelivers());
            rows.put(row);
            return true;
        });
    }

    // ---- hints and awaits ---------------------------------------------------------------------------------------

    @Override
    public boolean listen() {
        return false;
    }

    @Override
    public List<String> heard(int millis) {
        return List.of();
    }

    @Override
    public void tell(String line) {
        // nobody hears it: nodes look by themselves
    }

    @Override
    public long runToken(SlotId id) {
        return seen(id).map(SlotRow::token).orElse(0L);
    }

    @Override
    public boolean announceAwait(SlotId self, long token, SlotId target) {
        return rows.step(() -> {
            rows.lockAwaits();
            SlotId next = target;
            for (int i = 0; next != null && i < 1_000; i++) {
                if (next.equals(self)) {
                    return false;
                }
                SlotRow row = seen(next).orElse(null);
                next = row == null || !row.busy() || row.awaitsMap == null || row.awaitsKey == null
                        ? null
                        : new SlotId(row.awaitsMap, row.awaitsKey);
            }
            announce(self, token, target);
            return true;
        });
    }

    @Override
    public void withdrawAwait(SlotId self, long token) {
        rows.step((Supplier<Boolean>) () -> {
            announce(self, token, null);
            return true;
        });
    }

    private void announce(SlotId self, long token, @Nullable SlotId target) {
        SlotRow row = rows.lock(self);
        if (row != null && row.runToken == token) {
            row.awaitsMap = target == null ? null : target.map();
            row.awaitsKey = target == null ? null : target.key();
            rows.put(row);
        }
    }
}

package io.asyncslot.cluster;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The slots in PostgreSQL. Thread-safe; see {@link SlotStore}.
 *
 * <p>The operations on keys are here; what nodes do is in {@link NodeStatements} and {@link FiringStatements}, what only
 * looks in {@link LookStatements}.
 */
final class PostgresSlotStore implements SlotStore {

    /*
     * Generations. A start draws its generation where it changes the row, under that row's lock, so the numbers of one
     * key rise in the order of its versions. Only an insert draws before it has the row: its number could be lower than
     * one that the key had before only if that row was purged meanwhile, and rows are purged a minute after they died.
     *
     * Owners. Whoever arms claims: the owner changes with every start or touch of a slot that does not run. While a
     * run goes on the owner is who runs it.
     */

    /** The deadline from three parameters: whether it is relative, the delay, the point. */
    private static final String DEADLINE = """
            (select c.now, least({never}, case when ? then c.now + ? else ? end) as due
             from (select {now} as now) c)""";

    private static final String MANY = "unnest(?, ?, ?)";

    /** One slot is given by itself: the plan for an array is made anew each time, which costs more than the work. */
    private static final String ONE = "(values (?::text, ?::text, ?::int))";

    /** What is kept of a slot on which a run is pending: nothing by a start, all by a submit. */
    private static final String COALESCE = "s.live and s.due is not null";

    private static final String UPSERT = """
            insert into asyncslot_slot as s (ns, map, key, shard, live, incarnation, generation, due, owner, payload)
            select ?, a.map, a.key, a.shard, true, a.number, a.number, d.due,
                   case when d.due <= d.now + ? then ? end, ?::bytea
            from (select u.map, u.key, u.shard, nextval('asyncslot_sequence') as number
                  from {slots} as u (map, key, shard)) a
            cross join {deadline} d
            on conflict (ns, map, key) do update set
                was = {was},
                live = true,
                paused = s.live and s.paused,
                incarnation = case when s.live then s.incarnation else nextval('asyncslot_sequence') end,
                generation = case when {keep} then s.generation else nextval('asyncslot_sequence') end,
                due = case when {keep} then s.due else excluded.due end,
                due_attempt = case when {keep} then s.due_attempt else 1 end,
                point = case when {keep} then s.point end,
                period = {keep} and s.period,
                owner = case when {keep} or s.run_token is not null then s.owner
                             when not (s.live and s.paused) then excluded.owner end,
                dead_at = null,
                payload = case when s.live and excluded.payload is null then s.payload else excluded.payload end,
                run_payload = case when s.live and s.run_token is not null and s.run_payload is null
                                        and excluded.payload is not null
                                   then coalesce(s.payload, '') else s.run_payload end
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner""".replace("{deadline}", DEADLINE);

    private static final String REARM = """
            update asyncslot_slot s set
                was = {was},
                generation = nextval('asyncslot_sequence'),
                due = d.due,
                due_attempt = 1,
                point = null,
                period = false,
                owner = case when s.run_token is not null then s.owner
                             when not s.paused and d.due <= d.now + ? then ? end,
                payload = coalesce(p.payload, s.payload),
                run_payload = case when s.run_token is not null and s.run_payload is null and p.payload is not null
                                   then coalesce(s.payload, '') else s.run_payload end
            from {deadline} d, (select ?::bytea as payload) p
            where s.ns = ? and s.map = ? and s.key = ? and s.live and (? or s.incarnation = ?)
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner""".replace("{deadline}", DEADLINE);

    /** What a retry gives way to: whatever is pending, but for the map's own period where the retry comes before that. */
    private static final String RETAKE =
            "(not s.withdrawn and (s.due is null or s.period and (p.always or d.due < s.due)))";

    private static final String RETRY = """
            update asyncslot_slot s set
                was = {was} + case when {retake} then {taken} else 0 end,
                generation = case when {retake} then s.run_generation else s.generation end,
                due_attempt = case when {retake} then s.run_attempt + ? else s.due_attempt end,
                due = case when {retake} then d.due else s.due end,
                point = case when {retake} then coalesce(s.run_point, s.run_due) else s.point end,
                period = s.period and not {retake}
            from {deadline} d, (select ?::boolean as always) p
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.run_token = ?
              and s.run_incarnation = s.incarnation
            returning s.was""".replace("{retake}", RETAKE)
            .replace("{taken}", String.valueOf(Was.TAKEN))
            .replace("{deadline}", DEADLINE);

    private static final String TOUCH = """
            update asyncslot_slot s set
                was = {was},
                due = case when s.due is not null then d.due end,
                period = false,
                owner = case when s.due is null or s.run_token is not null then s.owner
                             when not s.paused and d.due <= d.now + ? then ? end
            from {deadline} d
            where s.ns = ? and s.map = ? and s.key = ? and s.live
            returning s.map, s.key, s.was, s.incarnation, s.generation, s.due, coalesce(s.point, s.due), s.owner""".replace("{deadline}", DEADLINE);

    private static final String CANCEL = """
            update asyncslot_slot s set
                was = {was},
                due = null,
                due_attempt = 1,
                point = null,
                withdrawn = s.run_token is not null,
                owner = case when s.run_token is not null then s.owner end
            where s.ns = ? and s.map = ? and s.key = ? and s.live
            returning s.was, s.incarnation, s.run_token""";

    /** A run that was cut off goes with its slot; one that goes on keeps its row. */
    private static final String DELETED = """
                was = {was},
                live = false,
                paused = false,
                due = null,
                due_attempt = 1,
                point = null,
                dead_at = {now},
                payload = null,
                owner = case when s.run_began is not null then s.owner end,
                run_token = case when s.run_began is not null then s.run_token end,
                run_due = case when s.run_began is not null then s.run_due end""";

    private static final String DELETE = """
            update asyncslot_slot s set
            {deleted}
            where s.ns = ? and s.map = ? and s.key = ? and s.live
            returning s.was, s.incarnation, s.run_token""".replace("{deleted}", DELETED);

    private static final String DELETE_ALL = """
            with l as (select key from asyncslot_slot
                       where ns = ? and map = ? and live and (? or key > ?) order by key limit ? for update),
            d as (update asyncslot_slot s set
            {deleted}
                  from l where s.ns = ? and s.map = ? and s.key = l.key
                  returning s.was, s.key)
            select count(*), count(*) filter (where was & 2 <> 0), max(key) from d""".replace("{deleted}", DELETED);

    private static final String PAUSE = """
            update asyncslot_slot s set
                paused = true,
                paused_at = {now},
                owner = case when s.run_began is not null then s.owner end
            where s.ns = ? and s.map = ? and s.key = ? and s.live and not s.paused""";

    private static final String RESUME = """
            update asyncslot_slot s set
                paused = false,
                owner = case when s.run_began is not null then s.owner
                             when coalesce(s.run_due, s.due) <= d.now + ? then ? end
            from (select {now} as now) d
            where s.ns = ? and s.map = ? and s.key = ? and s.live and s.paused
            returning {due}, s.owner is not null and s.run_began is null as claimed""".replace("{due}", FiringStatements.DUE);

    private static final String COUNT_UP_TO =
            "select count(*) from (select 1 from asyncslot_slot where ns = ? and map = ? and live limit ?) t";

    private static final String LOCK = "select pg_advisory_xact_lock(hashtextextended(?, 0))";

    private final String namespace;
    private final NodeStatements nodes;
    private final FiringStatements firing;
    private final LookStatements looks;

    private final String start;
    private final String startMany;
    private final String submit;
    private final String rearm;
    private final String retry;
    private final String touch;
    private final String cancel;
    private final String delete;
    private final String deleteAll;
    private final String pause;
    private final String resume;
    private final String pauseMap;
    private final String resumeMap;
    private final String countUpTo;

    /**
     * A store of one namespace.
     *
     * @param tables where it is
     * @param namespace which slots; other namespaces in the same tables are not seen
     */
    PostgresSlotStore(Tables tables, String namespace) {
        this.namespace = namespace;
        this.nodes = new NodeStatements(tables, namespace);
        this.firing = new FiringStatements(tables, namespace);
        this.looks = new LookStatements(tables, namespace);
        this.start = tables.sql(UPSERT.replace("{slots}", ONE).replace("{keep}", "false"));
        this.startMany = tables.sql(UPSERT.replace("{slots}", MANY).replace("{keep}", "false"));
        this.submit = tables.sql(UPSERT.replace("{slots}", ONE).replace("{keep}", COALESCE));
        this.rearm = tables.sql(REARM);
        this.retry = tables.sql(RETRY);
        this.touch = tables.sql(TOUCH);
        this.cancel = tables.sql(CANCEL);
        this.delete = tables.sql(DELETE);
        this.deleteAll = tables.sql(DELETE_ALL);
        this.pause = tables.sql(PAUSE);
        this.resume = tables.sql(RESUME);
        this.pauseMap =
                tables.sql("insert into asyncslot_paused (ns, map, since) values (?, ?, {now}) on conflict do nothing");
        this.resumeMap = tables.sql("delete from asyncslot_paused where ns = ? and map = ?");
        this.countUpTo = tables.sql(COUNT_UP_TO);
    }

    @Override
    public Armed<StartOutcome> start(
            Connection connection, Claim claim, SlotId id, When when, byte @Nullable [] payload, int capacity) {
        if (capacity > 0) {
            Armed<StartOutcome> rearmed = rearm(connection, claim, id, when, payload, NONE);
            if (rearmed != null) {
                return rearmed;
            }
        }
        return limited(
                connection,
                id,
                capacity,
                StartOutcome.REJECTED,
                () -> arm(connection, "start a slot", start, claim, id, when, payload, PostgresSlotStore::started));
    }

    @Override
    public List<Armed<StartOutcome>> startAll(
            Connection connection, Claim claim, List<SlotId> ids, When when, byte @Nullable [] payload, int capacity) {
        return capacity == 0 && ids.size() > 1
                ? armAll(connection, claim, ids, when, payload)
                : ids.stream()
                        .map(id -> start(connection, claim, id, when, payload, capacity))
                        .toList();
    }

    @Override
    public Armed<StartOutcome> restart(Connection connection, Claim claim, SlotId id, long incarnation, When when) {
        Armed<StartOutcome> rearmed = rearm(connection, claim, id, when, null, incarnation);
        return rearmed == null ? nothing(StartOutcome.FREED) : rearmed;
    }

    @Override
    public Retried retry(Connection connection, SlotId id, long token, When when, Retry how) {
        Was was = Jdbc.first(
                connection,
                "retry a firing",
                retry,
                row -> new Was(row.getInt(1)),
                how.sameAttempt() ? 0 : 1,
                when.relative(),
                when.micros(),
                when.micros(),
                how.beforeAnyPeriod(),
                namespace,
                id.map(),
                id.key(),
                token);
        if (was == null) {
            return new Retried(RetryOutcome.FREED, false);
        }
        if (was.withdrawn()) {
            return new Retried(RetryOutcome.WITHDRAWN, false);
        }
        return was.taken()
                ? new Retried(RetryOutcome.SCHEDULED, was.armed())
                : new Retried(RetryOutcome.SUPERSEDED, false);
    }

    @Override
    public Armed<SubmitOutcome> submit(
            Connection connection, Claim claim, SlotId id, byte @Nullable [] payload, int capacity) {
        return limited(
                connection,
                id,
                capacity > 0 && find(connection, id).isPresent() ? 0 : capacity,
                SubmitOutcome.REJECTED,
                () -> arm(
                        connection,
                        "submit to a slot",
                        submit,
                        claim,
                        id,
                        When.in(0),
                        payload,
                        PostgresSlotStore::submitted));
    }

    @Override
    public Armed<TouchOutcome> touch(Connection connection, Claim claim, SlotId id, When when) {
        Armed<TouchOutcome> touched = Jdbc.first(
                connection,
                "touch a slot",
                touch,
                row -> armed(row, claim.node(), was -> was.armed() ? TouchOutcome.MOVED : TouchOutcome.NOT_ARMED),
                claim.horizon(),
                claim.node(),
                when.relative(),
                when.micros(),
                when.micros(),
                namespace,
                id.map(),
                id.key());
        if (touched == null) {
            return nothing(TouchOutcome.ABSENT);
        }
        return touched.outcome() == TouchOutcome.MOVED
                ? touched
                : new Armed<>(TouchOutcome.NOT_ARMED, touched.incarnation(), 0, 0, 0, false);
    }

    @Override
    public Removed<CancelOutcome> cancel(Connection connection, SlotId id) {
        Removed<CancelOutcome> removed = Jdbc.first(
                connection,
                "cancel a slot",
                cancel,
                row -> removed(row, PostgresSlotStore::cancelled),
                namespace,
                id.map(),
                id.key());
        return removed == null ? new Removed<>(CancelOutcome.ABSENT, false, 0, 0) : removed;
    }

    @Override
    public Removed<DeleteOutcome> delete(Connection connection, SlotId id) {
        Removed<DeleteOutcome> removed = Jdbc.first(
                connection,
                "delete a slot",
                delete,
                row -> removed(row, PostgresSlotStore::deleted),
                namespace,
                id.map(),
                id.key());
        return removed == null ? new Removed<>(DeleteOutcome.ABSENT, false, 0, 0) : removed;
    }

    @Override
    public boolean pause(Connection connection, SlotId id) {
        return Jdbc.update(connection, "pause a slot", pause, namespace, id.map(), id.key()) > 0;
    }

    @Override
    public Optional<Due> resume(Connection connection, Claim claim, SlotId id) {
        return Jdbc.query(
                        connection,
                        "resume a slot",
                        resume,
                        row -> row.getBoolean("claimed")
                                ? Optional.of(FiringStatements.due(row))
                                : Optional.<Due>empty(),
                        claim.horizon(),
                        claim.node(),
                        namespace,
                        id.map(),
                        id.key())
                .stream()
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public boolean pauseMap(Connection connection, String map, boolean paused) {
        return Jdbc.update(connection, "pause a map", paused ? pauseMap : resumeMap, namespace, map) > 0;
    }

    @Override
    public long pausedSince(Connection connection, String map) {
        return looks.pausedSince(connection, map);
    }

    @Override
    public List<String> pausedMaps(Connection connection) {
        return looks.pausedMaps(connection);
    }

    @Override
    public DeletedBatch deleteAll(Connection connection, String map, @Nullable String after, int limit) {
        DeletedBatch batch = Jdbc.first(
                connection,
                "delete the slots of a map",
                deleteAll,
                row -> new DeletedBatch(row.getInt(1), row.getInt(2), row.getString(3)),
                namespace,
                map,
                after == null,
                after == null ? "" : after,
                limit,
                namespace,
                map);
        return batch == null ? new DeletedBatch(0, 0, null) : batch;
    }

    @Override
    public boolean runs(Connection connection, String map) {
        return looks.runs(connection, map);
    }

    @Override
    public Optional<Row> find(Connection connection, SlotId id) {
        return looks.find(connection, id);
    }

    @Override
    public List<Row> list(Connection connection, String map, String prefix, @Nullable String after, int limit) {
        return looks.list(connection, map, prefix, after, limit);
    }

    @Override
    public Counts count(Connection connection, String map, int limit) {
        return looks.count(connection, map, limit);
    }

    @Override
    public Duration overdue(Connection connection) {
        return looks.overdue(connection);
    }

    @Override
    public long now(Connection connection) {
        return nodes.now(connection);
    }

    @Override
    public long join(Connection connection, String name) {
        return nodes.join(connection, name);
    }

    @Override
    public List<Node> nodes(Connection connection, int limit) {
        return nodes.nodes(connection, limit);
    }

    @Override
    public Released release(Connection connection, long node) {
        return nodes.release(connection, node);
    }

    @Override
    public Released releaseOrphans(Connection connection) {
        return nodes.releaseOrphans(connection);
    }

    @Override
    public int purge(Connection connection, int limit) {
        return nodes.purge(connection, limit);
    }

    @Override
    public List<Due> sweep(Connection connection, Claim claim, int shard, List<String> maps, int limit) {
        return firing.sweep(connection, claim, shard, maps, limit);
    }

    @Override
    public List<Due> overlooked(Connection connection, long node, long overdue, int limit) {
        return firing.overlooked(connection, node, overdue, limit);
    }

    @Override
    public BeginResult begin(Connection connection, long node, List<Begin> begins) {
        return firing.begin(connection, node, begins);
    }

    @Override
    public List<Ended> end(Connection connection, Claim claim, List<Begun> runs) {
        return firing.end(connection, claim, runs);
    }

    @Override
    public List<Running> running(Connection connection, long node, int limit) {
        return firing.running(connection, node, limit);
    }

    @Override
    public boolean cutOff(Connection connection, long node, SlotId id, long token) {
        return nodes.cutOff(connection, node, id, token);
    }

    @Override
    public long runToken(Connection connection, SlotId id) {
        return nodes.runToken(connection, id);
    }

    @Override
    public boolean announceAwait(Connection connection, SlotId self, long token, SlotId target) {
        return nodes.announceAwait(connection, self, token, target);
    }

    @Override
    public void withdrawAwait(Connection connection, SlotId self, long token) {
        nodes.withdrawAwait(connection, self, token);
    }

    private <O extends Enum<O>> Armed<O> arm(
            Connection connection,
            String doing,
            String sql,
            Claim claim,
            SlotId id,
            When when,
            byte @Nullable [] payload,
            Function<Was, O> outcome) {
        Armed<O> armed = Jdbc.first(
                connection,
                doing,
                sql,
                row -> armed(row, claim.node(), outcome),
                namespace,
                claim.horizon(),
                claim.node(),
                payload,
                id.map(),
                id.key(),
                id.shard(),
                when.relative(),
                when.micros(),
                when.micros());
        if (armed == null) {
            throw new IllegalStateException("the database did not answer for " + id);
        }
        return armed;
    }

    private List<Armed<StartOutcome>> armAll(
            Connection connection, Claim claim, List<SlotId> ids, When when, byte @Nullable [] payload) {
        List<SlotId> ordered = List.copyOf(new TreeSet<>(ids));
        int size = ordered.size();
        String[] maps = new String[size];
        String[] keys = new String[size];
        Integer[] shards = new Integer[size];
        for (int i = 0; i < size; i++) {
            SlotId id = ordered.get(i);
            maps[i] = id.map();
            keys[i] = id.key();
            shards[i] = id.shard();
        }
        Map<SlotId, Armed<StartOutcome>> armed = new HashMap<>(size * 2);
        Jdbc.query(
                connection,
                "start slots",
                startMany,
                row -> armed.put(
                        new SlotId(row.getString(1), row.getString(2)),
                        armed(row, claim.node(), PostgresSlotStore::started)),
                namespace,
                claim.horizon(),
                claim.node(),
                payload,
                maps,
                keys,
                shards,
                when.relative(),
                when.micros(),
                when.micros());
        List<Armed<StartOutcome>> answers = new ArrayList<>(ids.size());
        for (SlotId id : ids) {
            Armed<StartOutcome> answer = armed.get(id);
            if (answer == null) {
                throw new IllegalStateException("the database did not answer for " + id);
            }
            answers.add(answer);
            if (size < ids.size()) {
                armed.put(
                        id,
                        new Armed<>(
                                StartOutcome.REARMED,
                                answer.incarnation(),
                                answer.generation(),
                                answer.due(),
                                answer.point(),
                                answer.claimed()));
            }
        }
        return answers;
    }

    private @Nullable Armed<StartOutcome> rearm(
            Connection connection, Claim claim, SlotId id, When when, byte @Nullable [] payload, long incarnation) {
        return Jdbc.first(
                connection,
                "start a slot",
                rearm,
                row -> armed(row, claim.node(), PostgresSlotStore::started),
                claim.horizon(),
                claim.node(),
                when.relative(),
                when.micros(),
                when.micros(),
                payload,
                namespace,
                id.map(),
                id.key(),
                incarnation == NONE,
                incarnation);
    }

    /** Creates a slot where its map has room, which only one transaction at a time can know. */
    private <O extends Enum<O>> Armed<O> limited(
            Connection connection, SlotId id, int capacity, O rejected, Supplier<Armed<O>> creating) {
        if (capacity == 0) {
            return creating.get();
        }
        return Jdbc.inTransaction(connection, "start a slot of a map with a capacity", () -> {
            Jdbc.query(connection, "lock a map", LOCK, row -> 0, "asyncslot " + namespace + '/' + id.map());
            Long slots = Jdbc.first(
                    connection, "count slots", countUpTo, row -> row.getLong(1), namespace, id.map(), capacity);
            boolean full =
                    slots != null && slots >= capacity && find(connection, id).isEmpty();
            return full ? nothing(rejected) : creating.get();
        });
    }

    private static <O extends Enum<O>> Armed<O> nothing(O outcome) {
        return new Armed<>(outcome, 0, 0, 0, 0, false);
    }

    private static <O extends Enum<O>> Armed<O> armed(ResultSet row, long node, Function<Was, O> outcome)
            throws SQLException {
        Was was = new Was(row.getInt(3));
        boolean claimed = row.getLong(8) == node && !was.busy();
        return new Armed<>(outcome.apply(was), row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7), claimed);
    }

    private static <O extends Enum<O>> Removed<O> removed(ResultSet row, Function<Was, O> outcome) throws SQLException {
        Was was = new Was(row.getInt(1));
        return new Removed<>(outcome.apply(was), was.armed(), row.getLong(2), row.getLong(3));
    }

    private static StartOutcome started(Was was) {
        return was.armed() ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    private static SubmitOutcome submitted(Was was) {
        return was.armed() ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED;
    }

    private static CancelOutcome cancelled(Was was) {
        if (was.armed()) {
            return CancelOutcome.CANCELLED;
        }
        return was.run() ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
    }

    private static DeleteOutcome deleted(Was was) {
        return was.run() && !was.cutOff() ? DeleteOutcome.DELETED_WHILE_RUNNING : DeleteOutcome.DELETED;
    }
}

package io.asyncslot.cluster.postgres;

import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Beats;
import io.asyncslot.cluster.store.Node;
import io.asyncslot.cluster.store.Released;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What the nodes of a cluster do about each other: joining, releasing, awaiting each other's runs. Thread-safe. */
abstract class PostgresNodes extends PostgresLooks {

    /** Rows released by one statement. */
    private static final int BATCH = 500;

    private static final String JOIN = """
            insert into asyncslot_node (id, ns, name, joined, schedules)
            values (nextval('asyncslot_sequence'), ?, ?, {now}, true)
            returning id""";

    /** A heartbeat, and a look at the others. Answers one row at least. */
    private static final String BEAT = """
            with me as (update asyncslot_node set beat = beat + 1 where id = ? returning id)
            select {now}, exists (select 1 from me), n.id, n.beat
            from (values (1)) one (row) left join asyncslot_node n on n.ns = ? and n.id <> ?""";

    private static final String NODES = """
            select n.id, n.name, n.joined,
                   (select count(*) from (select 1 from asyncslot_slot s where s.owner = n.id limit ?) t)
            from asyncslot_node n where n.ns = ? order by n.id""";

    /**
     * Lets go of what a node owns. A run that had begun is cut off, unless its incarnation is gone, or it has passed its values on
     * to what is pending: then it is over. If nothing is pending any more, whoever comes next ends it ({@link StartedRun.State}).
     * Rows that a transaction has changed and not committed are left to {@link #ORPHANS}.
     */
    private static final String LET_GO = """
            with l as (select s.ctid as place, s.ns, s.map, s.key,
                              s.run_token is not null as run,
                              s.run_token is not null and s.live and s.run_incarnation = s.incarnation
                              and (s.run_passed is not true or s.due is null) as again
                       from asyncslot_slot s where s.owner = ? limit ? for update skip locked),
            u as (update asyncslot_slot s set
                      owner = null,
                      run_token = case when l.again then s.run_token end,
                      run_due = case when l.again then s.run_due end,
                      look = case when l.again then s.run_due else s.due end,
                      run_passed = case when l.again then s.run_passed end,
                      run_began = null,
                      awaits_map = null,
                      awaits_key = null
                  from l where s.ctid = any (array (select place from l))
                           and s.ns = l.ns and s.map = l.map and s.key = l.key
                  returning l.run, l.again)
            select count(*) filter (where not run), count(*) filter (where again),
                   count(*) filter (where run and not again)
            from u""";

    private static final String LET_GO_OF_MAP = """
            update asyncslot_slot set owner = null, look = coalesce(run_due, due)
            where owner = ? and ns = ? and map = ? and run_began is null""";

    /**
     * The owners, each found by one step in the index, that are no nodes. The parameter is less than any: only a statement that
     * has one can be planned anew.
     */
    private static final String ORPHANS = """
            with recursive o (owner) as (
                (select owner from asyncslot_slot where owner > ? order by owner limit 1)
                union all
                select (select s.owner from asyncslot_slot s where s.owner > o.owner order by s.owner limit 1)
                from o where o.owner is not null)
            select o.owner from o
            where o.owner is not null and not exists (select 1 from asyncslot_node n where n.id = o.owner)""";

    private static final String PURGE = """
            with d as (delete from asyncslot_slot where ctid = any (array (
                select ctid from asyncslot_slot
                where dead_at is not null and dead_at < (select {now}) - 60000000 and run_token is null
                  and (failed_at is null or failed_at < (select {now}) - ?)
                limit ? for update skip locked))
                returning incarnation, run_incarnation),
            v as (delete from asyncslot_value where slot = any (array (
                      select incarnation from d union all select run_incarnation from d)))
            select 1 from d""";

    /** Two conditions, not one with an or: each is answered by a hash of the slots. */
    private static final String PURGE_VALUES = """
            delete from asyncslot_value v
            where not exists (select 1 from asyncslot_slot s where s.incarnation = v.slot)
              and not exists (select 1 from asyncslot_slot s where s.run_incarnation = v.slot)""";

    private static final String MOVE = """
            with l as (select s.ctid as place from asyncslot_slot s
                       where s.ns = ? and s.map = ? and (s.live or s.failed_at is not null) and s.owner is null
                         and not exists (select 1 from asyncslot_slot t
                                         where t.ns = s.ns and t.map = ? and t.key = s.key)
                       limit ? for update of s skip locked)
            update asyncslot_slot s set map = ? where s.ctid = any (array (select place from l))""";

    private static final String CUT_OFF = """
            update asyncslot_slot s set
                owner = null,
                run_began = null,
                run_token = case when {again} then s.run_token end,
                run_due = case when {again} then s.run_due end,
                run_passed = case when {again} then s.run_passed end,
                run_attempt = s.run_attempt{attempt},
                look = case when {again} then {look} else s.due end,
                awaits_map = null,
                awaits_key = null
            where s.ns = ? and s.map = ? and s.key = ? and s.run_token = ? and s.owner = ?""".replace(
            "{again}", "s.live and s.run_incarnation = s.incarnation and (s.run_passed is not true or s.due is null)");

    private static final String ANNOUNCE = """
            update asyncslot_slot set awaits_map = ?, awaits_key = ?
            where ns = ? and map = ? and key = ? and run_token = ?""";

    /** Whether the way along what callbacks await, from a slot on, comes to another. */
    private static final String RING = """
            with recursive w (map, key) as (
                select ?::text collate "C", ?::text collate "C"
                union
                select s.awaits_map, s.awaits_key from w
                join asyncslot_slot s on s.ns = ? and s.map = w.map and s.key = w.key
                where s.run_token is not null and s.awaits_map is not null)
            select 1 from w where w.map = ? and w.key = ?""";

    private static final String LOCK = "select pg_advisory_xact_lock(hashtextextended(?, 0))";

    /** Where nodes of the namespace tell each other things; another namespace may share it, and is told in vain. */
    private final String hints;

    private static final String NOW = "select {now}";
    private static final String LEAVE = "delete from asyncslot_node where id = ?";
    private static final String GIVE_UP = "delete from asyncslot_node where id = ? and beat = ?";
    private static final String HOSTS = "update asyncslot_node set maps = ? where id = ?";
    private static final String CUT_OFF_SQL =
            CUT_OFF.replace("{look}", "s.run_due").replace("{attempt}", "");
    private static final String PUT_OFF =
            CUT_OFF.replace("{look}", "greatest(s.run_due, {now} + ?)").replace("{attempt}", " - 1");
    private static final String RUN_TOKEN = "select run_token from asyncslot_slot where ns = ? and map = ? and key = ?";

    PostgresNodes(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(connection, tables, namespace, release);
        this.hints = "hint_" + Integer.toHexString(namespace.hashCode());
    }

    @Override
    public long now() {
        return number("read the clock", NOW);
    }

    @Override
    public long join(String name) {
        return number("join the cluster", JOIN, namespace, name);
    }

    @Override
    public List<Node> nodes(int limit) {
        return query(
                "list the nodes",
                NODES,
                row -> new Node(row.getLong(1), row.getString(2), row.getLong(3), row.getLong(4)),
                limit,
                namespace);
    }

    @Override
    public Released release(long node) {
        // First the node: this waits for begins that are under way, and none follows. Then what it owns, which nobody
        // adds to but transactions that are not committed yet. Should this caller die half way, the rest are orphans.
        return update("release a node", LEAVE, node) == 0 ? Released.NOTHING : letGo(node);
    }

    @Override
    public int release(long node, String map) {
        return update("let go of a map", LET_GO_OF_MAP, node, namespace, map);
    }

    @Override
    public Optional<Released> giveUp(Beats.Beat silent) {
        int gone = update("give a node up", GIVE_UP, silent.node(), silent.count());
        return gone == 0 ? Optional.empty() : Optional.of(letGo(silent.node()));
    }

    @Override
    public Beats beat(long node) {
        boolean[] alive = new boolean[1];
        long[] time = new long[1];
        List<Beats.Beat> others = new ArrayList<>();
        query(
                "say that a node lives",
                BEAT,
                row -> {
                    time[0] = row.getLong(1);
                    alive[0] = row.getBoolean(2);
                    long other = row.getLong(3);
                    return row.wasNull() || others.add(new Beats.Beat(other, row.getLong(4)));
                },
                node,
                namespace,
                node);
        return new Beats(alive[0], time[0], others);
    }

    @Override
    public Released releaseOrphans() {
        Released all = Released.NOTHING;
        List<Long> owners = queryPlannedAnew("look for orphans", ORPHANS, row -> row.getLong(1), 0L);
        for (Long owner : owners) {
            all = all.plus(letGo(owner));
        }
        return all;
    }

    @Override
    public int purge(long retention, int limit) {
        return queryPlannedAnew("remove deleted slots", PURGE, row -> row.getInt(1), retention, limit)
                .size();
    }

    @Override
    public int purgeValues() {
        return update("remove values of no slot", PURGE_VALUES);
    }

    @Override
    public void hosts(long node, List<String> maps) {
        update("record which maps a node runs", HOSTS, maps.toArray(String[]::new), node);
    }

    @Override
    public int move(String from, String to, int limit) {
        return update("move the slots of a map", MOVE, namespace, from, to, limit, to);
    }

    @Override
    public boolean cutOff(long node, SlotId id, long token) {
        return update("cut off a run", CUT_OFF_SQL, namespace, id.map(), id.key(), token, node) > 0;
    }

    @Override
    public boolean putOff(long node, SlotId id, long token, long pause) {
        return update("put off a run", PUT_OFF, pause, namespace, id.map(), id.key(), token, node) > 0;
    }

    @Override
    public boolean listen() {
        try {
            if (!connection.isWrapperFor(PGConnection.class)) {
                return false;
            }
            update("listen", "listen " + Tables.STANDARD_PREFIX + hints);
            return true;
        } catch (SQLException e) {
            throw failed("listen", e);
        }
    }

    @Override
    public List<String> heard(int millis) {
        try {
            PGConnection listening = connection.unwrap(PGConnection.class);
            PGNotification[] heard = millis == 0 ? listening.getNotifications() : listening.getNotifications(millis);
            return heard == null
                    ? List.of()
                    : Arrays.stream(heard).map(PGNotification::getParameter).toList();
        } catch (SQLException e) {
            throw failed("hear what nodes tell", e);
        }
    }

    @Override
    public void tell(String line) {
        query("tell the other nodes", "select pg_notify(?, ?)", row -> 0, tables.prefix() + hints, line);
    }

    @Override
    public long runToken(SlotId id) {
        Long token = first("look for a run", RUN_TOKEN, row -> row.getLong(1), namespace, id.map(), id.key());
        return token == null ? 0 : token;
    }

    @Override
    public boolean announceAwait(SlotId self, long token, SlotId target) {
        return inTransaction("announce an await", () -> {
            // One at a time in the namespace: of two that close a ring together, the second sees the first.
            query("lock the awaits", LOCK, row -> 0, "asyncslot awaits " + namespace);
            boolean closed = first(
                            "look for a ring",
                            RING,
                            row -> true,
                            target.map(),
                            target.key(),
                            namespace,
                            self.map(),
                            self.key())
                    != null;
            if (!closed) {
                announce(self, token, target.map(), target.key());
            }
            return !closed;
        });
    }

    @Override
    public void withdrawAwait(SlotId self, long token) {
        announce(self, token, null, null);
    }

    private void announce(SlotId self, long token, @Nullable String map, @Nullable String key) {
        update("announce an await", ANNOUNCE, map, key, namespace, self.map(), self.key(), token);
    }

    private Released letGo(long node) {
        Released all = Released.NOTHING;
        Released batch;
        do {
            batch = first(
                    "release a node",
                    LET_GO,
                    row -> new Released(row.getInt(1), row.getInt(2), row.getInt(3)),
                    node,
                    BATCH);
            all = batch == null ? all : all.plus(batch);
        } while (batch != null && batch.rows() > 0);
        return all;
    }

    private long number(String doing, String sql, Object... values) {
        Long number = first(doing, sql, row -> row.getLong(1), values);
        if (number == null) {
            throw new IllegalStateException("the database did not answer: " + sql);
        }
        return number;
    }
}

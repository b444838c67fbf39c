package io.asyncslot.cluster;

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
final class NodeStatements {

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
     * to what is pending: then it is over. If nothing is pending any more, whoever comes next ends it ({@link Begun.State}).
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

    private final String namespace;

    /** Where nodes of the namespace tell each other things; another namespace may share it, and is told in vain. */
    private final String channel;

    private final String now;
    private final String join;
    private final String nodes;
    private final String leave;
    private final String giveUp;
    private final String beat;
    private final String letGo;
    private final String letGoOfMap;
    private final String orphans;
    private final String purge;
    private final String purgeValues;
    private final String hosts;
    private final String move;
    private final String cutOff;
    private final String putOff;
    private final String runToken;
    private final String announce;
    private final String ring;

    NodeStatements(Tables tables, String namespace) {
        this.namespace = namespace;
        this.channel = tables.prefix() + "hint_" + Integer.toHexString(namespace.hashCode());
        this.now = tables.sql("select {now}");
        this.join = tables.sql(JOIN);
        this.nodes = tables.sql(NODES);
        this.leave = tables.sql("delete from asyncslot_node where id = ?");
        this.giveUp = tables.sql("delete from asyncslot_node where id = ? and beat = ?");
        this.beat = tables.sql(BEAT);
        this.letGo = tables.sql(LET_GO);
        this.letGoOfMap = tables.sql(LET_GO_OF_MAP);
        this.orphans = tables.sql(ORPHANS);
        this.purge = tables.sql(PURGE);
        this.purgeValues = tables.sql(PURGE_VALUES);
        this.hosts = tables.sql("update asyncslot_node set maps = ? where id = ?");
        this.move = tables.sql(MOVE);
        this.cutOff = tables.sql(CUT_OFF.replace("{look}", "s.run_due").replace("{attempt}", ""));
        this.putOff = tables.sql(
                CUT_OFF.replace("{look}", "greatest(s.run_due, {now} + ?)").replace("{attempt}", " - 1"));
        this.runToken = tables.sql("select run_token from asyncslot_slot where ns = ? and map = ? and key = ?");
        this.announce = tables.sql(ANNOUNCE);
        this.ring = tables.sql(RING);
    }

    long now(Connection connection) {
        return number(connection, "read the clock", now);
    }

    long join(Connection connection, String name) {
        return number(connection, "join the cluster", join, namespace, name);
    }

    List<Node> nodes(Connection connection, int limit) {
        return Jdbc.query(
                connection,
                "list the nodes",
                nodes,
                row -> new Node(row.getLong(1), row.getString(2), row.getLong(3), row.getLong(4)),
                limit,
                namespace);
    }

    Released release(Connection connection, long node) {
        // First the node: this waits for begins that are under way, and none follows. Then what it owns, which nobody
        // adds to but transactions that are not committed yet. Should this caller die half way, the rest are orphans.
        return Jdbc.update(connection, "release a node", leave, node) == 0 ? Released.NOTHING : letGo(connection, node);
    }

    int release(Connection connection, long node, String map) {
        return Jdbc.update(connection, "let go of a map", letGoOfMap, node, namespace, map);
    }

    Optional<Released> giveUp(Connection connection, Beats.Beat silent) {
        int gone = Jdbc.update(connection, "give a node up", giveUp, silent.node(), silent.count());
        return gone == 0 ? Optional.empty() : Optional.of(letGo(connection, silent.node()));
    }

    Beats beat(Connection connection, long node) {
        boolean[] alive = new boolean[1];
        long[] time = new long[1];
        List<Beats.Beat> others = new ArrayList<>();
        Jdbc.query(
                connection,
                "say that a node lives",
                beat,
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

    Released releaseOrphans(Connection connection) {
        Released all = Released.NOTHING;
        List<Long> owners = Jdbc.queryPlannedAnew(connection, "look for orphans", orphans, row -> row.getLong(1), 0L);
        for (Long owner : owners) {
            all = all.plus(letGo(connection, owner));
        }
        return all;
    }

    int purge(Connection connection, long retention, int limit) {
        return Jdbc.queryPlannedAnew(connection, "remove deleted slots", purge, row -> row.getInt(1), retention, limit)
                .size();
    }

    int purgeValues(Connection connection) {
        return Jdbc.update(connection, "remove values of no slot", purgeValues);
    }

    void hosts(Connection connection, long node, List<String> maps) {
        Jdbc.update(connection, "say which maps a node runs", hosts, maps.toArray(String[]::new), node);
    }

    int move(Connection connection, String from, String to, int limit) {
        return Jdbc.update(connection, "move the slots of a map", move, namespace, from, to, limit, to);
    }

    boolean cutOff(Connection connection, long node, SlotId id, long token) {
        return Jdbc.update(connection, "cut off a run", cutOff, namespace, id.map(), id.key(), token, node) > 0;
    }

    boolean putOff(Connection connection, long node, SlotId id, long token, long pause) {
        return Jdbc.update(connection, "put off a run", putOff, pause, namespace, id.map(), id.key(), token, node) > 0;
    }

    boolean listen(Connection connection) {
        try {
            if (!connection.isWrapperFor(PGConnection.class)) {
                return false;
            }
            Jdbc.update(connection, "listen", "listen " + channel);
            return true;
        } catch (SQLException e) {
            throw new StoreException("listen", e);
        }
    }

    List<String> heard(Connection connection, int millis) {
        try {
            PGConnection listening = connection.unwrap(PGConnection.class);
            PGNotification[] heard = millis == 0 ? listening.getNotifications() : listening.getNotifications(millis);
            return heard == null
                    ? List.of()
                    : Arrays.stream(heard).map(PGNotification::getParameter).toList();
        } catch (SQLException e) {
            throw new StoreException("hear what nodes tell", e);
        }
    }

    void tell(Connection connection, String line) {
        Jdbc.query(connection, "tell the other nodes", "select pg_notify(?, ?)", row -> 0, channel, line);
    }

    long runToken(Connection connection, SlotId id) {
        Long token = Jdbc.first(
                connection, "look for a run", runToken, row -> row.getLong(1), namespace, id.map(), id.key());
        return token == null ? 0 : token;
    }

    boolean announceAwait(Connection connection, SlotId self, long token, SlotId target) {
        return Jdbc.inTransaction(connection, "announce an await", () -> {
            // One at a time in the namespace: of two that close a ring together, the second sees the first.
            Jdbc.query(connection, "lock the awaits", LOCK, row -> 0, "asyncslot awaits " + namespace);
            boolean closed = Jdbc.first(
                            connection,
                            "look for a ring",
                            ring,
                            row -> true,
                            target.map(),
                            target.key(),
                            namespace,
                            self.map(),
                            self.key())
                    != null;
            if (!closed) {
                announce(connection, self, token, target.map(), target.key());
            }
            return !closed;
        });
    }

    void withdrawAwait(Connection connection, SlotId self, long token) {
        announce(connection, self, token, null, null);
    }

    private void announce(Connection connection, SlotId self, long token, @Nullable String map, @Nullable String key) {
        Jdbc.update(connection, "announce an await", announce, map, key, namespace, self.map(), self.key(), token);
    }

    private Released letGo(Connection connection, long node) {
        Released all = Released.NOTHING;
        Released batch;
        do {
            batch = Jdbc.first(
                    connection,
                    "release a node",
                    letGo,
                    row -> new Released(row.getInt(1), row.getInt(2), row.getInt(3)),
                    node,
                    BATCH);
            all = batch == null ? all : all.plus(batch);
        } while (batch != null && batch.rows() > 0);
        return all;
    }

    private static long number(Connection connection, String doing, String sql, Object... values) {
        Long number = Jdbc.first(connection, doing, sql, row -> row.getLong(1), values);
        if (number == null) {
            throw new IllegalStateException("the database did not answer: " + sql);
        }
        return number;
    }
}

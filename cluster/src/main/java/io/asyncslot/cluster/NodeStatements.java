package io.asyncslot.cluster;

import java.sql.Connection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the nodes of a cluster do about each other: joining, releasing, awaiting each other's runs. Thread-safe. */
final class NodeStatements {

    /** Rows released by one statement. */
    private static final int BATCH = 500;

    private static final String JOIN = """
            insert into asyncslot_node (id, ns, name, joined) values (nextval('asyncslot_sequence'), ?, ?, {now})
            returning id""";

    private static final String NODES = """
            select n.id, n.name, n.joined,
                   (select count(*) from (select 1 from asyncslot_slot s where s.owner = n.id limit ?) t)
            from asyncslot_node n where n.ns = ? order by n.id""";

    /**
     * Lets go of what a node owns. A run that had begun is cut off, unless its incarnation is gone: then it is over.
     * Rows that a transaction has changed and not committed are left to {@link #ORPHANS}.
     */
    private static final String LET_GO = """
            with l as (select s.ctid as place, s.ns, s.map, s.key,
                              s.run_token is not null as run,
                              s.run_token is not null and s.live and s.run_incarnation = s.incarnation as again
                       from asyncslot_slot s where s.owner = ? limit ? for update skip locked),
            u as (update asyncslot_slot s set
                      owner = null,
                      run_token = case when l.again then s.run_token end,
                      run_due = case when l.again then s.run_due end,
                      run_began = null,
                      awaits_map = null,
                      awaits_key = null
                  from l where s.ctid = any (array (select place from l))
                           and s.ns = l.ns and s.map = l.map and s.key = l.key
                  returning l.run, l.again)
            select count(*) filter (where not run), count(*) filter (where again),
                   count(*) filter (where run and not again)
            from u""";

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
            delete from asyncslot_slot where ctid = any (array (
                select ctid from asyncslot_slot
                where dead_at is not null and dead_at < (select {now}) - 60000000 and run_token is null
                limit ? for update skip locked))""";

    private static final String CUT_OFF = """
            update asyncslot_slot s set
                owner = null,
                run_began = null,
                run_token = case when s.live and s.run_incarnation = s.incarnation then s.run_token end,
                run_due = case when s.live and s.run_incarnation = s.incarnation then s.run_due end,
                awaits_map = null,
                awaits_key = null
            where s.ns = ? and s.map = ? and s.key = ? and s.run_token = ? and s.owner = ?""";

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
    private final String now;
    private final String join;
    private final String nodes;
    private final String leave;
    private final String letGo;
    private final String orphans;
    private final String purge;
    private final String cutOff;
    private final String runToken;
    private final String announce;
    private final String ring;

    NodeStatements(Tables tables, String namespace) {
        this.namespace = namespace;
        this.now = tables.sql("select {now}");
        this.join = tables.sql(JOIN);
        this.nodes = tables.sql(NODES);
        this.leave = tables.sql("delete from asyncslot_node where id = ?");
        this.letGo = tables.sql(LET_GO);
        this.orphans = tables.sql(ORPHANS);
        this.purge = tables.sql(PURGE);
        this.cutOff = tables.sql(CUT_OFF);
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

    Released releaseOrphans(Connection connection) {
        Released all = Released.NOTHING;
        List<Long> owners = Jdbc.plannedAnew(
                connection, () -> Jdbc.query(connection, "look for orphans", orphans, row -> row.getLong(1), 0L));
        for (Long owner : owners) {
            all = all.plus(letGo(connection, owner));
        }
        return all;
    }

    int purge(Connection connection, int limit) {
        return Jdbc.plannedAnew(connection, () -> Jdbc.update(connection, "remove deleted slots", purge, limit));
    }

    boolean cutOff(Connection connection, long node, SlotId id, long token) {
        return Jdbc.update(connection, "cut off a run", cutOff, namespace, id.map(), id.key(), token, node) > 0;
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

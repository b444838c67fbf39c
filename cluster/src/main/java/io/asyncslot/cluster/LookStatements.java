package io.asyncslot.cluster;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What looks at slots and maps, and changes nothing. Thread-safe. */
final class LookStatements {

    private static final String ROW = """
            select s.map, s.key, s.incarnation, s.generation, s.due, s.due - c.now, s.paused, s.owner,
                   case when s.run_incarnation = s.incarnation then s.run_token end,
                   s.run_generation, s.run_attempt, s.payload, case when s.paused then s.paused_at end
            from asyncslot_slot s, (select {now} as now) c
            where s.ns = ? and s.map = ? and s.live""";

    private static final String COUNT = """
            select count(*) filter (where live), count(due), count(*) filter (where live and run_token is not null),
                   count(*) filter (where live and paused), count(*)
            from (select live, due, run_token, paused from asyncslot_slot where ns = ? and map = ? limit ?) t""";

    /** The earliest of each shard, not the earliest of all: so each is one step in the index. */
    private static final String OVERDUE = """
            select {now} - min(e.wake)
            from generate_series(0, ?) as h (shard)
            cross join lateral (select s.wake from asyncslot_slot s
                                where s.ns = ? and s.shard = h.shard and s.wake is not null
                                order by s.wake limit 1) e""";

    /** By what nodes own, which is little, and not by the map, which may be large. */
    private static final String RUNS = """
            select 1 from asyncslot_node n
            cross join lateral (select 1 from asyncslot_slot s
                                where s.owner = n.id and s.run_token is not null and (s.map = ?) is true limit 1) r
            where n.ns = ? limit 1""";

    private final String namespace;
    private final String pausedSince;
    private final String pausedMaps;
    private final String row;
    private final String count;
    private final String overdue;
    private final String runs;

    LookStatements(Tables tables, String namespace) {
        this.namespace = namespace;
        this.pausedSince = tables.sql("select since from asyncslot_paused where ns = ? and map = ?");
        this.pausedMaps = tables.sql("select map from asyncslot_paused where ns = ? order by map");
        this.row = tables.sql(ROW);
        this.count = tables.sql(COUNT);
        this.overdue = tables.sql(OVERDUE);
        this.runs = tables.sql(RUNS);
    }

    long pausedSince(Connection connection, String map) {
        Long since = Jdbc.first(connection, "look for a pause", pausedSince, row -> row.getLong(1), namespace, map);
        return since == null ? SlotStore.NONE : since;
    }

    List<String> pausedMaps(Connection connection) {
        return Jdbc.query(connection, "list paused maps", pausedMaps, row -> row.getString(1), namespace);
    }

    boolean runs(Connection connection, String map) {
        return Jdbc.first(connection, "look for runs", runs, row -> true, map, namespace) != null;
    }

    Optional<Row> find(Connection connection, SlotId id) {
        return Optional.ofNullable(Jdbc.first(
                connection, "find a slot", row + " and s.key = ?", LookStatements::row, namespace, id.map(), id.key()));
    }

    List<Row> list(Connection connection, String map, String prefix, @Nullable String after, int limit) {
        StringBuilder sql = new StringBuilder(row).append(" and s.key >= ?");
        List<Object> values = new ArrayList<>(List.of(namespace, map, prefix));
        if (after != null) {
            sql.append(" and s.key > ?");
            values.add(after);
        }
        String end = Prefixes.end(prefix);
        if (end != null) {
            sql.append(" and s.key < ?");
            values.add(end);
        }
        values.add(limit);
        return Jdbc.query(
                connection,
                "list slots",
                sql.append(" order by s.key limit ?").toString(),
                LookStatements::row,
                values.toArray());
    }

    Counts count(Connection connection, String map, int limit) {
        Counts counts = Jdbc.first(
                connection,
                "count slots",
                count,
                row -> new Counts(
                        row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5) < limit),
                namespace,
                map,
                limit);
        return counts == null ? new Counts(0, 0, 0, 0, true) : counts;
    }

    Duration overdue(Connection connection) {
        Long micros = Jdbc.first(
                connection, "look for overdue slots", overdue, row -> row.getLong(1), SlotStore.SHARDS - 1, namespace);
        return micros == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, micros) * 1_000);
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                new SlotId(row.getString(1), row.getString(2)),
                row.getLong(3),
                row.getLong(4),
                orNone(row, 5),
                row.getLong(6),
                row.getBoolean(7),
                orNone(row, 8),
                row.getLong(9),
                row.getLong(10),
                row.getInt(11),
                row.getBytes(12),
                orNone(row, 13));
    }

    private static long orNone(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? SlotStore.NONE : value;
    }
}

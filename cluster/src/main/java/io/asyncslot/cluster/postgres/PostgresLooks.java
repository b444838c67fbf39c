package io.asyncslot.cluster.postgres;

import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.JdbcSession;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Counts;
import io.asyncslot.cluster.store.FailedFiring;
import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/** What looks at slots and maps, and changes nothing. Thread-safe. */
abstract class PostgresLooks extends JdbcSession {

    /** A point in time as the rows hold it. Nothing but the database's clock is ever compared with a deadline. */
    private static final String NOW_MICROS = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    /** The schedule that what is pending of a slot is a point of. */
    static final String SCHEDULE = "case when s.scheduled = s.generation and s.due is not null then s.schedule end";

    private static final String ROW = """
            select s.map, s.key, s.incarnation, s.generation, s.due, s.due - c.now, s.paused, s.owner,
                   case when s.run_incarnation = s.incarnation then s.run_token end,
                   s.run_generation, s.run_attempt, case when s.paused then s.paused_at end,
                   case when s.paused and s.paused_by_at = s.paused_at then s.paused_by end,
                   {last}, s.failures, {schedule}{values}
            from asyncslot_slot s, (select {now} as now) c
            where s.ns = ? and s.map = ? and s.live""";

    /** The firing that runs, else the last one. */
    private static final String LAST =
            """
            case when {runs} then s.run_began else s.last_fired end,
            case when {runs} then s.run_generation else s.last_generation end,
            case when {runs} then s.run_attempt else s.last_attempt end,
            case when {runs} then s.run_began - s.run_due else s.last_lateness end,
            case when not {runs} then s.last_took end,
            case when not {runs} then s.last_error end""".replace("{runs}", "(s.run_began is not null and s.run_incarnation = s.incarnation)");

    private static final String DEPARTED = """
            select {last} from asyncslot_slot s where s.ns = ? and s.map = ? and s.key = ? and not s.live""";

    private static final String LATEST_DEPARTED = """
            select s.map, s.key, {last} from asyncslot_slot s
            where s.ns = ? and s.map = ? and not s.live and {which} order by {which} desc limit ?""";

    /** A run that was cut off is overdue since its own deadline. */
    private static final String TIMES = """
            select c.now - min(t.due) filter (where t.due <= c.now and not t.paused),
                   c.now - min(t.run_began),
                   min(t.due) filter (where t.due > c.now) - c.now, count(*)
            from (select {now} as now) c,
                 (select case when s.run_token is not null and s.run_began is null then s.run_due else s.due end as due,
                         s.run_began, s.paused
                  from asyncslot_slot s where s.ns = ? and s.map = ? and s.live limit ?) t
            group by c.now""";

    private static final String FAILED = """
            select s.map, s.key, s.last_generation, s.last_attempt, s.last_fired, s.failed_at, s.last_error, s.failures
            from asyncslot_slot s
            where s.ns = ? and s.map = ? and s.failed_at is not null order by s.failed_at desc limit ?""";

    private static final String COUNT = """
            select count(*) filter (where live), count(due), count(*) filter (where live and run_token is not null),
                   count(*) filter (where live and paused), count(*)
            from (select live, due, run_token, paused from asyncslot_slot where ns = ? and map = ? limit ?) t""";

    /**
     * The maps by one step in the index each, then the first few of each map likewise: not the earliest of all. The index may
     * have a slot earlier than it is due.
     */
    private static final String OVERDUE = """
            with recursive m (map) as (
                (select s.map from asyncslot_slot s where s.ns = ? and s.wake is not null order by s.map limit 1)
                union all
                select (select s.map from asyncslot_slot s
                        where s.ns = ? and s.map > m.map and s.wake is not null order by s.map limit 1)
                from m where m.map is not null)
            select {now} - min(e.due)
            from m
            cross join lateral (select coalesce(s.run_due, s.due) as due from asyncslot_slot s
                                where s.ns = ? and s.map = m.map and s.wake is not null
                                order by s.wake limit 100) e
            where m.map is not null""";

    /** By what nodes own, which is little, and not by the map, which may be large. */
    private static final String RUNS = """
            select 1 from asyncslot_node n
            cross join lateral (select 1 from asyncslot_slot s
                                where s.owner = n.id and s.run_token is not null and (s.map = ?) is true limit 1) r
            where n.ns = ? limit 1""";

    /** The maps by one step in the index each. */
    private static final String UNHOSTED = """
            with recursive m (map) as (
                (select s.map from asyncslot_slot s where s.ns = ? order by s.map limit 1)
                union all
                select (select s.map from asyncslot_slot s where s.ns = ? and s.map > m.map order by s.map limit 1)
                from m where m.map is not null)
            select m.map, (select count(*) from (select 1 from asyncslot_slot s
                                                 where s.ns = ? and s.map = m.map and s.live limit ?) t)
            from m
            where m.map is not null
              and not exists (select 1 from asyncslot_node n where n.ns = ? and m.map = any (n.maps))""";

    private static final String HOSTED = "select 1 from asyncslot_node where ns = ? and ? = any (maps) limit 1";
    private static final String PAUSE_OF = "select since, paused_by from asyncslot_paused where ns = ? and map = ?";
    private static final String PAUSED_MAPS = "select map from asyncslot_paused where ns = ? order by map";
    private static final String PLAIN_ROW =
            ROW.replace("{last}", LAST).replace("{schedule}", SCHEDULE).replace("{values}", "");
    private static final String ROW_WITH_VALUES =
            ROW.replace("{last}", LAST).replace("{schedule}", SCHEDULE).replace("{values}", ", " + PostgresValues.LOOK);
    private static final String DEPARTED_ROW = DEPARTED.replace("{last}", LAST);
    private static final String LATEST = LATEST_DEPARTED.replace("{last}", LAST);
    private static final String LATEST_FREED = LATEST.replace(
            "{which} order by {which}", "s.dead_at is not null and s.failed_at is null order by s.dead_at");
    private static final String DEPARTED_FAILED =
            LATEST.replace("{which} order by {which}", "s.failed_at is not null order by s.failed_at");

    PostgresLooks(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(connection, tables, namespace, release);
    }

    @Override
    protected final String filled(String template) {
        return template.replace("{was}", FormerState.SQL)
                .replace("{now}", NOW_MICROS)
                .replace("{never}", Long.toString(SlotStore.NEVER));
    }

    /**
     * Runs a statement that is planned for the tables as they are now. PostgreSQL keeps the plan of a statement that a
     * connection uses often; one from when a table was small reads all of it when it is large, until the table is
     * analyzed. For what is looked for now and then by other columns than the key: planning costs little there.
     */
    final <T> List<T> queryPlannedAnew(String doing, String sql, Jdbc.RowReader<T> reader, @Nullable Object... values) {
        return prepared(doing, sql, PostgresLooks::planAnew, reader, values);
    }

    private static void planAnew(PreparedStatement statement) throws SQLException {
        if (statement.isWrapperFor(PGStatement.class)) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
        }
    }

    @Override
    public Optional<MapPause> pauseOf(String map) {
        return Optional.ofNullable(first(
                "look for a pause", PAUSE_OF, row -> new MapPause(row.getLong(1), row.getString(2)), namespace, map));
    }

    @Override
    public List<String> pausedMaps() {
        return query("list paused maps", PAUSED_MAPS, row -> row.getString(1), namespace);
    }

    @Override
    public Map<String, Long> unhosted(int limit) {
        Map<String, Long> maps = new LinkedHashMap<>();
        queryPlannedAnew(
                "look for maps that no node runs",
                UNHOSTED,
                row -> maps.put(row.getString(1), row.getLong(2)),
                namespace,
                namespace,
                namespace,
                limit,
                namespace);
        maps.values().removeIf(slots -> slots == 0); // what is left of deleted slots
        return maps;
    }

    @Override
    public boolean isHosted(String map) {
        return !query("look who runs a map", HOSTED, row -> true, namespace, map)
                .isEmpty();
    }

    @Override
    public boolean runs(String map) {
        return !queryPlannedAnew("look for runs", RUNS, row -> true, map, namespace)
                .isEmpty();
    }

    @Override
    public Optional<Row> find(SlotId id, boolean withValues) {
        return Optional.ofNullable(first(
                "find a slot",
                (withValues ? ROW_WITH_VALUES : PLAIN_ROW) + " and s.key = ?",
                found -> row(found, withValues),
                namespace,
                id.map(),
                id.key()));
    }

    @Override
    public Optional<LastFiring> departed(SlotId id) {
        return query(
                        "look for a slot that is gone",
                        DEPARTED_ROW,
                        row -> Optional.ofNullable(last(row, 1)),
                        namespace,
                        id.map(),
                        id.key())
                .stream()
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public List<StoreSession.Departed> departed(String map, boolean failed, int limit) {
        return queryPlannedAnew(
                "list slots that are gone",
                failed ? DEPARTED_FAILED : LATEST_FREED,
                row -> new StoreSession.Departed(new SlotId(row.getString(1), row.getString(2)), last(row, 3)),
                namespace,
                map,
                limit);
    }

    @Override
    public StoreSession.Times times(String map, int limit) {
        StoreSession.Times found = first(
                "look what lasts longest",
                TIMES,
                row -> new StoreSession.Times(orNone(row, 1), orNone(row, 2), orNone(row, 3), row.getLong(4)),
                namespace,
                map,
                limit);
        return found == null ? new StoreSession.Times(SlotStore.NONE, SlotStore.NONE, SlotStore.NONE, 0) : found;
    }

    @Override
    public List<FailedFiring> failed(String map, int limit) {
        return query(
                "list failed firings",
                FAILED,
                row -> new FailedFiring(
                        row.getString(1),
                        row.getString(2),
                        row.getLong(3),
                        row.getInt(4),
                        Micros.toInstant(row.getLong(5)),
                        Micros.toInstant(row.getLong(6)),
                        String.valueOf(row.getString(7)),
                        row.getLong(8)),
                namespace,
                map,
                limit);
    }

    private static @Nullable LastFiring last(ResultSet row, int first) throws SQLException {
        long fired = orNone(row, first);
        if (fired == SlotStore.NONE) {
            return null;
        }
        long took = orNone(row, first + 4);
        return new LastFiring(
                Micros.toInstant(fired),
                row.getLong(first + 1),
                row.getInt(first + 2),
                Micros.toDuration(row.getLong(first + 3)),
                null,
                took == SlotStore.NONE ? null : Micros.toDuration(took),
                row.getString(first + 5));
    }

    @Override
    public List<Row> list(String map, String prefix, @Nullable String after, int limit) {
        StringBuilder sql = new StringBuilder(PLAIN_ROW).append(" and s.key >= ?");
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
        return query(
                "list slots",
                sql.append(" order by s.key limit ?").toString(),
                found -> row(found, false),
                values.toArray());
    }

    @Override
    public Counts count(String map, int limit) {
        Counts counts = first(
                "count slots",
                COUNT,
                row -> new Counts(
                        row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5) < limit),
                namespace,
                map,
                limit);
        return counts == null ? new Counts(0, 0, 0, 0, true) : counts;
    }

    @Override
    public Duration overdue() {
        long micros = queryPlannedAnew(
                        "look for overdue slots", OVERDUE, row -> row.getLong(1), namespace, namespace, namespace)
                .get(0);
        return Duration.ofNanos(Math.max(0, micros) * 1_000);
    }

    private static Row row(ResultSet row, boolean withValues) throws SQLException {
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
                withValues ? PostgresValues.values(row, 22, 23) : List.of(),
                withValues ? row.getBytes(22) : null,
                withValues ? row.getInt(24) : 0,
                orNone(row, 12),
                row.getString(13),
                last(row, 14),
                row.getLong(20),
                row.getString(21));
    }

    private static long orNone(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? SlotStore.NONE : value;
    }
}

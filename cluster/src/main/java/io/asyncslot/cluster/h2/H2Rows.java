package io.asyncslot.cluster.h2;

import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.JdbcSession;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.rows.Rows;
import io.asyncslot.cluster.rows.SlotRow;
import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.spi.SystemTicker;
import java.lang.reflect.Field;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows of H2: a column for each field of {@link SlotRow}. Owned by one thread. */
final class H2Rows implements Rows {

    private static final List<Field> FIELDS = Arrays.stream(SlotRow.class.getFields())
            .filter(field -> !field.getName().equals("id"))
            .sorted(Comparator.comparing(Field::getName))
            .toList();

    private static final String COLUMNS = FIELDS.stream().map(H2Rows::column).collect(Collectors.joining(", "));

    private static final String SCRIPT = """
            create sequence if not exists asyncslot_sequence;
            create table if not exists asyncslot_node (id bigint primary key, ns varchar not null, name varchar not null,
                joined bigint not null, beat bigint not null, maps varchar array not null);
            create table if not exists asyncslot_paused (ns varchar, map varchar, since bigint not null,
                paused_by varchar, primary key (ns, map));
            create table if not exists asyncslot_room (ns varchar, map varchar, primary key (ns, map));
            create table if not exists asyncslot_slot (ns varchar, map varchar, slot_key varchar, {columns},
                primary key (ns, map, slot_key));
            alter table asyncslot_paused add column if not exists paused_by varchar;
            alter table asyncslot_slot add column if not exists paused_by varchar;
            alter table asyncslot_slot add column if not exists paused_by_at bigint;
            """;

    private static final String INSERT = "insert into asyncslot_slot (ns, map, slot_key, " + COLUMNS
            + ") values (?, ?, ?" + ", ?".repeat(FIELDS.size()) + ")";

    private static final String UPDATE = "update asyncslot_slot set "
            + FIELDS.stream().map(field -> column(field) + " = ?").collect(Collectors.joining(", "))
            + " where ns = ? and map = ? and slot_key = ?";

    private static final String SELECT = "select map, slot_key, " + COLUMNS + " from asyncslot_slot where ns = ?";

    private static final Comparator<SlotRow> BY_CODE_POINT = Comparator.comparing((SlotRow row) -> row.id.map())
            .thenComparing(row -> row.id.key().codePoints().toArray(), Arrays::compare);

    private final Connection connection;
    private final Tables tables;
    private final String namespace;
    private final JdbcStore.Use release;

    /** Whether a step is under way: one in it is part of it. */
    private boolean stepping;

    H2Rows(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        this.connection = connection;
        this.tables = tables;
        this.namespace = namespace;
        this.release = release;
    }

    /** Creates what is missing. */
    static String script() {
        return SCRIPT.replace(
                "{columns}",
                FIELDS.stream()
                        .map(field -> column(field) + " " + type(field.getType()))
                        .collect(Collectors.joining(", ")));
    }

    /** The columns that are looked at, with their tables. */
    static List<String> columns() {
        return Stream.concat(
                        Stream.of("asyncslot_node.maps", "asyncslot_paused.paused_by", "asyncslot_room.map"),
                        FIELDS.stream().map(field -> "asyncslot_slot." + column(field)))
                .toList();
    }

    private static String column(Field field) {
        return field.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static String type(Class<?> type) {
        if (type == long.class) {
            return "bigint";
        } else if (type == int.class) {
            return "int";
        } else if (type == boolean.class) {
            return "boolean";
        } else if (type == String.class) {
            return "varchar";
        }
        return type == byte[].class ? "varbinary" : "varbinary array";
    }

    /** The caller's transaction goes on after a step that has failed: nothing of that is left in it. */
    @Override
    public <T> T step(Supplier<T> work) {
        return stepping
                ? work.get()
                : Jdbc.inTransaction(
                        connection,
                        "change slots",
                        () -> Jdbc.inSavepoint(connection, "change slots", () -> {
                            stepping = true;
                            try {
                                return work.get();
                            } finally {
                                stepping = false;
                            }
                        }));
    }

    @Override
    public long now() {
        return SystemTicker.instance().realtimeNanos() / 1_000;
    }

    @Override
    public long number() {
        return query("draw a number", "select next value for asyncslot_sequence", row -> row.getLong(1))
                .get(0);
    }

    @Override
    public @Nullable SlotRow lock(SlotId id) {
        return first(SELECT + " and map = ? and slot_key = ? for update", id);
    }

    @Override
    public @Nullable SlotRow see(SlotId id) {
        return first(SELECT + " and map = ? and slot_key = ?", id);
    }

    @Override
    public @Nullable SlotRow tryLock(SlotId id) {
        return first(SELECT + " and map = ? and slot_key = ? for update skip locked", id);
    }

    private @Nullable SlotRow first(String sql, SlotId id) {
        List<SlotRow> rows = query("look at a slot", sql, H2Rows::row, namespace, id.map(), id.key());
        return rows.isEmpty() ? null : rows.get(0);
    }

    @Override
    public boolean add(SlotRow row) {
        try {
            update(
                    "add a slot",
                    INSERT,
                    Stream.concat(Stream.of(namespace, row.id.map(), row.id.key()), values(row))
                            .toArray());
            return true;
        } catch (StoreException e) {
            if (e.trouble() == Trouble.CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void put(SlotRow row) {
        update(
                "change a slot",
                UPDATE,
                Stream.concat(values(row), Stream.of(namespace, row.id.map(), row.id.key()))
                        .toArray());
    }

    @Override
    public void remove(SlotId id) {
        update(
                "remove a slot",
                "delete from asyncslot_slot where ns = ? and map = ? and slot_key = ?",
                namespace,
                id.map(),
                id.key());
    }

    @Override
    public boolean move(SlotId id, String map) {
        try {
            return update(
                            "move a slot",
                            "update asyncslot_slot set map = ? where ns = ? and map = ? and slot_key = ?",
                            map,
                            namespace,
                            id.map(),
                            id.key())
                    > 0;
        } catch (StoreException e) {
            if (e.trouble() == Trouble.CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public List<SlotRow> all(@Nullable String map) {
        List<SlotRow> rows = map == null
                ? query("look at slots", SELECT, H2Rows::row, namespace)
                : query("look at slots", SELECT + " and map = ?", H2Rows::row, namespace, map);
        rows.sort(BY_CODE_POINT);
        return rows;
    }

    @Override
    public void lockRoom(String map) {
        while (query(
                        "lock the room",
                        "select map from asyncslot_room where ns = ? and map = ? for update",
                        row -> 0,
                        namespace,
                        map)
                .isEmpty()) {
            try {
                update("make room", "insert into asyncslot_room values (?, ?)", namespace, map);
            } catch (StoreException e) {
                if (e.trouble() != Trouble.CONFLICT) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void lockAwaits() {
        lockRoom(""); // no map has this name
    }

    @Override
    public void addNode(NodeRow node) {
        update(
                "join the cluster",
                "insert into asyncslot_node values (?, ?, ?, ?, 0, ?)",
                node.id(),
                namespace,
                node.name(),
                node.joined(),
                new String[0]);
    }

    @Override
    public boolean lockNode(long node) {
        return !query("lock a node", "select id from asyncslot_node where id = ? for update", row -> 0, node)
                .isEmpty();
    }

    @Override
    public boolean beat(long node) {
        return update("say that a node lives", "update asyncslot_node set beat = beat + 1 where id = ?", node) > 0;
    }

    @Override
    public boolean removeNode(long node, @Nullable Long beat) {
        return beat == null
                ? update("release a node", "delete from asyncslot_node where id = ?", node) > 0
                : update("give a node up", "delete from asyncslot_node where id = ? and beat = ?", node, beat) > 0;
    }

    @Override
    public void hosts(long node, List<String> maps) {
        update(
                "record which maps a node runs",
                "update asyncslot_node set maps = ? where id = ?",
                maps.toArray(String[]::new),
                node);
    }

    @Override
    public List<NodeRow> nodes() {
        return query(
                "list the nodes",
                "select id, name, joined, beat, maps from asyncslot_node where ns = ? order by id",
                row -> new NodeRow(
                        row.getLong(1),
                        row.getString(2),
                        row.getLong(3),
                        row.getLong(4),
                        Arrays.stream(objects(row.getArray(5)))
                                .map(String::valueOf)
                                .toList()),
                namespace);
    }

    @Override
    public boolean pause(String map, @Nullable MapPause pause) {
        boolean is = paused().containsKey(map);
        if (pause != null && !is) {
            update(
                    "pause a map",
                    "insert into asyncslot_paused (ns, map, since, paused_by) values (?, ?, ?, ?)",
                    namespace,
                    map,
                    pause.since(),
                    pause.by());
        } else if (pause == null && is) {
            update("resume a map", "delete from asyncslot_paused where ns = ? and map = ?", namespace, map);
        }
        return is != (pause != null);
    }

    @Override
    public Map<String, MapPause> paused() {
        Map<String, MapPause> maps = new LinkedHashMap<>();
        query(
                "look for pauses",
                "select map, since, paused_by from asyncslot_paused where ns = ? order by map",
                row -> maps.put(row.getString(1), new MapPause(row.getLong(2), row.getString(3))),
                namespace);
        return maps;
    }

    @Override
    public void close() {
        JdbcSession.release(connection, release);
    }

    private <T> List<T> query(String doing, String sql, Jdbc.RowReader<T> reader, @Nullable Object... values) {
        return Jdbc.query(connection, doing, tables.sql(sql), reader, values);
    }

    private int update(String doing, String sql, @Nullable Object... values) {
        return Jdbc.update(connection, doing, tables.sql(sql), values);
    }

    // ---- fields and columns -------------------------------------------------------------------------------------

    private static Stream<@Nullable Object> values(SlotRow row) {
        List<@Nullable Object> values = new ArrayList<>();
        try {
            for (Field field : FIELDS) {
                Object value = field.get(row);
                values.add(value instanceof List<?> list ? list.toArray(new byte[0][]) : value);
            }
        } catch (IllegalAccessException e) {
            throw new LinkageError("a field of " + SlotRow.class + " is not public", e);
        }
        return values.stream();
    }

    private static SlotRow row(ResultSet columns) throws SQLException {
        SlotRow row = new SlotRow(new SlotId(columns.getString(1), columns.getString(2)));
        try {
            for (int i = 0; i < FIELDS.size(); i++) {
                Field field = FIELDS.get(i);
                field.set(row, value(columns, i + 3, field.getType()));
            }
        } catch (IllegalAccessException e) {
            throw new LinkageError("a field of " + SlotRow.class + " is not public", e);
        }
        return row;
    }

    private static @Nullable Object value(ResultSet columns, int column, Class<?> type) throws SQLException {
        if (type == long.class) {
            return columns.getLong(column);
        } else if (type == int.class) {
            return columns.getInt(column);
        } else if (type == boolean.class) {
            return columns.getBoolean(column);
        } else if (type == String.class) {
            return columns.getString(column);
        } else if (type == byte[].class) {
            return columns.getBytes(column);
        }
        List<byte[]> list = new ArrayList<>();
        for (Object each : objects(columns.getArray(column))) {
            list.add((byte[]) each);
        }
        return list;
    }

    private static Object[] objects(Array array) throws SQLException {
        return (Object[]) array.getArray();
    }
}

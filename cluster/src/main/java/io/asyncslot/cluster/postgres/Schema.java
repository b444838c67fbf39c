package io.asyncslot.cluster.postgres;

import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tables: created, or found to be there. Thread-safe.
 *
 * <p>The script says what there is to be, and creates what is not there. So it needs no history of its own, and no version that
 * could be one of the application's: a migration tool runs it again when it has changed.
 */
public final class Schema {

    /** For whoever creates tables: this class, Flyway (a repeatable migration), Liquibase (a changelog in SQL), or a person. */
    public static final String SCRIPT = "/io/asyncslot/cluster/schema/R__asyncslot.sql";

    /** Every column of every table, so that an older or half-made one is found out at start-up. */
    static final Map<String, List<String>> COLUMNS = Map.of(
            "asyncslot_node", List.of("id", "ns", "name", "joined", "beat", "maps", "schedules"),
            "asyncslot_paused", List.of("ns", "map", "since", "paused_by"),
            "asyncslot_room", List.of("ns", "map", "slots"),
            "asyncslot_slot",
                    List.of(
                            "ns",
                            "map",
                            "key",
                            "live",
                            "paused",
                            "paused_at",
                            "was",
                            "due_attempt",
                            "incarnation",
                            "generation",
                            "due",
                            "owner",
                            "run_token",
                            "run_incarnation",
                            "run_generation",
                            "run_due",
                            "run_began",
                            "run_attempt",
                            "withdrawn",
                            "period",
                            "point",
                            "run_point",
                            "dead_at",
                            "last_fired",
                            "last_generation",
                            "last_attempt",
                            "last_lateness",
                            "last_took",
                            "last_error",
                            "failures",
                            "failed_at",
                            "look",
                            "wake",
                            "awaits_map",
                            "awaits_key",
                            "payload",
                            "run_payload",
                            "collected",
                            "passed_on",
                            "run_collected",
                            "run_upto",
                            "run_passed",
                            "latest",
                            "not_before",
                            "schedule",
                            "scheduled",
                            "paused_by",
                            "paused_by_at"),
            "asyncslot_value", List.of("slot", "number", "value"));

    private static final String SEQUENCE = "asyncslot_sequence";

    private static final String PRESENT = """
            select t.name, a.attname::text from unnest(?) as t (name)
            join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped""";

    private final Tables tables;

    public Schema(Tables tables) {
        this.tables = tables;
    }

    /**
     * Creates what is missing, and changes nothing else. Of several nodes at once, one does.
     *
     * @throws StoreException if the database refuses that
     */
    public void create(Connection connection) {
        Jdbc.inTransaction(connection, "create the tables of the slots", () -> {
            Jdbc.query(
                    connection,
                    "lock the schema",
                    "select pg_advisory_xact_lock(hashtextextended(?, 0))",
                    row -> 0,
                    "asyncslot schema " + tables.prefix());
            boolean incomplete = !missing(connection).isEmpty();
            if (incomplete) {
                Jdbc.execute(connection, "create the tables of the slots", tables.sql(script()));
            }
            return incomplete;
        });
    }

    /**
     * Looks whether the tables are there, with every column.
     *
     * @return what is missing, by name; empty when nothing is
     */
    public List<String> missing(Connection connection) {
        Map<String, Set<String>> present = new HashMap<>();
        List<String> names = new ArrayList<>(new TreeSet<>(COLUMNS.keySet()));
        names.add(SEQUENCE);
        Jdbc.query(
                connection,
                "look at the tables of the slots",
                PRESENT,
                row -> present.computeIfAbsent(row.getString(1), name -> new HashSet<>())
                        .add(row.getString(2)),
                (Object) names.stream().map(tables::sql).toArray(String[]::new));
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            Set<String> columns = present.get(tables.sql(name));
            if (columns == null) {
                missing.add((name.equals(SEQUENCE) ? "sequence " : "table ") + tables.sql(name));
            } else {
                COLUMNS.getOrDefault(name, List.of()).stream()
                        .filter(column -> !columns.contains(column))
                        .forEach(column -> missing.add("column " + column + " of table " + tables.sql(name)));
            }
        }
        return missing;
    }

    private static String script() {
        try (InputStream in = Schema.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IllegalStateException("there is no " + SCRIPT);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.asyncslot.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables: created, or found to be there. Thread-safe.
 *
 * <p>The script is a plain SQL file that a migration tool can run as well.
 */
final class Schema {

    static final String SCRIPT = "V1__asyncslot.sql";

    /** Every column that statements name, so that an older table is found out at start-up. */
    private static final String VALIDATE = """
            select s.ns, s.map, s.key, s.shard, s.live, s.paused, s.paused_at, s.was, s.due_attempt, s.incarnation, s.generation,
                   s.due, s.owner, s.run_token, s.run_incarnation, s.run_generation, s.run_due, s.run_began,
                   s.run_attempt, s.dead_at, s.wake, s.awaits_map, s.awaits_key, s.payload, s.run_payload,
                   n.id, n.ns, n.name, n.joined, p.ns, p.map, p.since, q.last_value, t.task_name
            from asyncslot_slot s, asyncslot_node n, asyncslot_paused p, asyncslot_sequence q,
                 asyncslot_scheduled_tasks t
            where false""";

    private final Tables tables;

    Schema(Tables tables) {
        this.tables = tables;
    }

    /**
     * Creates the tables unless they are there. Of several nodes at once, one does.
     *
     * @throws StoreException if they can neither be found nor created
     */
    void create(Connection connection) {
        Jdbc.inTransaction(connection, "create the tables of the slots", () -> {
            Jdbc.query(
                    connection,
                    "lock the schema",
                    "select pg_advisory_xact_lock(hashtextextended(?, 0))",
                    row -> 0,
                    "asyncslot schema " + tables.prefix());
            List<Boolean> there = Jdbc.query(
                    connection,
                    "look for the tables",
                    "select to_regclass(?) is not null",
                    row -> row.getBoolean(1),
                    tables.prefix() + "slot");
            if (!there.contains(true)) {
                run(connection, tables.sql(script()));
            }
            return there;
        });
    }

    /**
     * Looks whether the tables are there, with every column.
     *
     * @throws StoreException if not; the message says what is missing
     */
    void validate(Connection connection) {
        Jdbc.query(connection, "look at the tables of the slots", tables.sql(VALIDATE), row -> 0);
    }

    private static void run(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
    }

    private static String script() {
        try (InputStream in = Schema.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IllegalStateException(SCRIPT + " is not beside " + Schema.class.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

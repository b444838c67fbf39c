package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.Tables;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is found out about tables at start-up. */
@Timeout(60)
class SchemaTests {

    private final Schema schema = new Schema(new Tables(Tables.STANDARD_PREFIX));

    @Test
    void columnsThatAreLookedFor_areThoseOfTheScript() throws Exception {
        try (HikariDataSource pool = TestDatabase.pool(1);
                Connection connection = pool.getConnection()) {
            Map<String, List<String>> there = new TreeMap<>();
            Jdbc.query(
                    connection,
                    "list columns",
                    "select table_name::text, column_name::text from information_schema.columns"
                            + " where table_schema = current_schema() order by ordinal_position",
                    row -> there.computeIfAbsent(row.getString(1), t -> new ArrayList<>())
                            .add(row.getString(2)));
            assertThat(there).isEqualTo(Schema.COLUMNS);
            assertThat(schema.missing(connection)).isEmpty();
        }
    }

    @Test
    void whatIsMissingAsAWhole_isNamed_andCreated() throws Exception {
        try (HikariDataSource pool = TestDatabase.pool(1);
                Connection connection = pool.getConnection()) {
            Jdbc.update(connection, "drop a table", "drop table asyncslot_paused");
            Jdbc.update(connection, "drop a sequence", "drop sequence asyncslot_sequence");
            assertThat(schema.missing(connection))
                    .containsExactly("table asyncslot_paused", "sequence asyncslot_sequence");
            schema.create(connection);
            assertThat(schema.missing(connection)).isEmpty();
        }
    }

    /** Tables of a version without values gain what these need, and keep their rows. */
    @Test
    void olderTables_gainTheColumnsOfValues() throws Exception {
        try (HikariDataSource pool = TestDatabase.pool(1);
                Connection connection = pool.getConnection()) {
            Jdbc.update(
                    connection,
                    "make a slot",
                    "insert into asyncslot_slot (ns, map, key, live, incarnation, generation)"
                            + " values ('n', 'm', 'k', true, 1, 1)");
            Jdbc.update(connection, "drop a table", "drop table asyncslot_value");
            for (String column :
                    List.of("collected", "passed_on", "run_collected", "run_upto", "run_passed", "latest")) {
                Jdbc.update(connection, "drop a column", "alter table asyncslot_slot drop column " + column);
            }
            assertThat(schema.missing(connection)).hasSize(7).contains("table asyncslot_value");
            schema.create(connection);
            assertThat(schema.missing(connection)).isEmpty();
            assertThat(Jdbc.query(connection, "look", "select key from asyncslot_slot", row -> row.getString(1)))
                    .containsExactly("k");
        }
    }

    /** A pause of a former version is there afterwards, by nobody known. */
    @Test
    void olderTables_gainTheColumnsOfPauses() throws Exception {
        try (HikariDataSource pool = TestDatabase.pool(1);
                Connection connection = pool.getConnection()) {
            for (String table : List.of("asyncslot_paused", "asyncslot_slot")) {
                Jdbc.update(connection, "drop a column", "alter table " + table + " drop column paused_by");
            }
            Jdbc.update(connection, "drop a column", "alter table asyncslot_slot drop column paused_by_at");
            Jdbc.update(
                    connection, "pause a map", "insert into asyncslot_paused (ns, map, since) values ('n', 'm', 7)");
            assertThat(schema.missing(connection))
                    .containsExactly(
                            "column paused_by of table asyncslot_paused",
                            "column paused_by of table asyncslot_slot",
                            "column paused_by_at of table asyncslot_slot");
            schema.create(connection);
            assertThat(schema.missing(connection)).isEmpty();
            assertThat(Jdbc.query(
                            connection,
                            "look",
                            "select since, paused_by from asyncslot_paused",
                            row -> row.getLong(1) + " " + row.getString(2)))
                    .containsExactly("7 null");
        }
    }

    @Test
    void eachColumnThatIsMissing_isNamed() throws Exception {
        try (HikariDataSource pool = TestDatabase.pool(1);
                Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            for (Map.Entry<String, List<String>> table : Schema.COLUMNS.entrySet()) {
                for (String column : table.getValue()) {
                    Jdbc.update(
                            connection,
                            "drop a column",
                            "alter table " + table.getKey() + " drop column " + column + " cascade");
                    assertThat(schema.missing(connection)).contains("column " + column + " of table " + table.getKey());
                    connection.rollback();
                }
            }
            connection.setAutoCommit(true);
        }
    }
}

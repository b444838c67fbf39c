package io.asyncslot.cluster.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.rows.SlotRow;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What rows of H2 owe: steps that are whole, and locks that are kept. */
@Timeout(120)
class H2RowsTests {

    private static final int ROUNDS = 300;
    private static final SlotId ID = new SlotId("map", "key");

    private final Tables tables = new Tables(Tables.STANDARD_PREFIX);
    private HikariDataSource pool;

    @BeforeEach
    void open() throws SQLException {
        pool = TestDatabase.h2(4);
        try (Connection connection = pool.getConnection()) {
            new H2Session(connection, tables, "n", one -> {}).create();
        }
    }

    @AfterEach
    void close() {
        pool.close();
    }

    /** H2 refuses it, now and then: T1 finds no sequence, T2 creates it, T1 is told that it is there already. */
    @Test
    void tablesThatAnotherNodeCreatesAtTheSameMoment_areThereForBoth() throws SQLException {
        for (String others : List.of("create sequence asyncslot_sequence", H2Rows.script())) {
            try (HikariDataSource fresh = TestDatabase.h2(2);
                    Connection connection = fresh.getConnection()) {
                H2Session session = refusedOnceBehind(others, connection, fresh);
                session.create();
                assertThat(session.missing()).as("after '%s'", others).isEmpty();
            }
        }
    }

    @Test
    void tablesThatCannotBeCreated_areRefused() throws SQLException {
        try (HikariDataSource fresh = TestDatabase.h2(2);
                Connection connection = fresh.getConnection()) {
            assertThatThrownBy(() ->
                            refusedOnceBehind("select 1", connection, fresh).create())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("object already exists");
        }
    }

    /** A session whose first script comes when another node's has just been carried out, and is refused. */
    private H2Session refusedOnceBehind(String others, Connection connection, DataSource pool) {
        AtomicBoolean refuses = new AtomicBoolean(true);
        Connection refusing = (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    if (method.getName().equals("createStatement") && refuses.getAndSet(false)) {
                        try (Connection other = pool.getConnection()) {
                            Jdbc.execute(other, "create tables", others);
                        }
                        throw new SQLException("object already exists: ASYNCSLOT_SEQUENCE", "HY000", 50_000);
                    }
                    return method.invoke(connection, arguments);
                });
        return new H2Session(refusing, tables, "n", one -> {});
    }

    /** In a file, tables may be older than the library. */
    @Test
    void olderTables_gainTheColumnsOfPauses() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            for (String table : List.of("asyncslot_paused", "asyncslot_slot")) {
                Jdbc.update(connection, "drop a column", "alter table " + table + " drop column paused_by");
            }
            Jdbc.update(connection, "drop a column", "alter table asyncslot_slot drop column paused_by_at");
            H2Session session = new H2Session(connection, tables, "n", one -> {});
            assertThat(session.missing())
                    .containsExactlyInAnyOrder(
                            "column asyncslot_paused.paused_by",
                            "column asyncslot_slot.paused_by",
                            "column asyncslot_slot.paused_by_at");
            session.create();
            assertThat(session.missing()).isEmpty();
        }
    }

    /** A node of a former version writes neither the text nor whose it is. */
    @Test
    void pauseOfAFormerVersion_hasNotTheNameOfAnEarlierOne() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            H2Rows rows = rows(connection);
            SlotRow row = new SlotRow(ID);
            row.live = true;
            rows.<Boolean>step(() -> rows.add(row));
            H2Session session = new H2Session(connection, tables, "n", one -> {});
            session.pause(ID, "ENDPOINT user alice");
            assertThat(session.find(ID, false).orElseThrow().pausedBy()).isEqualTo("ENDPOINT user alice");
            session.resume(new Claim(1, 0), ID);
            Jdbc.update(
                    connection, "pause a slot", "update asyncslot_slot set paused = true, paused_at = paused_at + 1");
            assertThat(session.find(ID, false).orElseThrow().pausedBy()).isNull();
        }
    }

    private H2Rows rows(Connection connection) {
        return new H2Rows(connection, tables, "n", one -> {});
    }

    @Test
    void stepThatFails_inATransactionThatGoesOn_leavesNothingInIt() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            H2Rows rows = rows(connection);
            assertThat(rows.<Boolean>step(() -> rows.add(new SlotRow(new SlotId("map", "before")))))
                    .isTrue();
            assertThatThrownBy(() -> rows.step(() -> rows.<Boolean>step(() -> rows.add(new SlotRow(ID))) ? fail() : 0))
                    .hasMessage("on purpose");
            connection.commit();
            assertThat(rows.all("map")).extracting(row -> row.id.key()).containsExactly("before");
        }
    }

    private static int fail() {
        throw new IllegalStateException("on purpose");
    }

    /** Counts in one row, from four connections at once: a lock that saw an old row would lose some. */
    @Test
    void rowsThatManyChange_loseNothing() throws Exception {
        List<Thread> threads =
                IntStream.range(0, 4).mapToObj(i -> new Thread(this::count)).toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        try (Connection connection = pool.getConnection()) {
            assertThat(rows(connection).all("map")).singleElement().satisfies(row -> {
                assertThat(row.failures).isEqualTo(4L * ROUNDS);
                assertThat(row.collected).hasSize(4 * ROUNDS);
            });
        }
    }

    private void count() {
        try (Connection connection = pool.getConnection()) {
            H2Rows rows = rows(connection);
            for (int i = 0; i < ROUNDS; i++) {
                rows.<Boolean>step(() -> {
                    SlotRow row = rows.lock(ID);
                    if (row == null) {
                        SlotRow made = new SlotRow(ID);
                        row = rows.add(made) ? made : rows.lock(ID);
                    }
                    if (row != null) {
                        row.failures++;
                        row.collected.add(new byte[] {1});
                        rows.put(row);
                    }
                    return true;
                });
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

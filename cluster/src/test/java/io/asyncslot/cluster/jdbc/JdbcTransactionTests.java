package io.asyncslot.cluster.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.store.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What becomes of transactions and connections when something fails on the way. */
class JdbcTransactionTests {

    private static void insert(Connection connection) {
        Jdbc.update(connection, "insert", "insert into t values (1)");
    }

    private static long rows(Connection connection) {
        return Jdbc.query(connection, "count", "select count(*) from t", row -> row.getLong(1))
                .get(0);
    }

    @Test
    void error_inTheMiddle_leavesNothing() throws SQLException {
        try (HikariDataSource pool = TestDatabase.h2(1);
                Connection connection = pool.getConnection()) {
            Jdbc.execute(connection, "create", "create table t (n int)");
            assertThatThrownBy(() -> Jdbc.inTransaction(connection, "work", () -> {
                        insert(connection);
                        throw new StackOverflowError();
                    }))
                    .isInstanceOf(StackOverflowError.class);
            assertThat(connection.getAutoCommit()).isTrue();
            assertThat(rows(connection)).isZero();
        }
    }

    @Test
    void error_inASavepoint_leavesWhatWasBefore() throws SQLException {
        try (HikariDataSource pool = TestDatabase.h2(1);
                Connection connection = pool.getConnection()) {
            Jdbc.execute(connection, "create", "create table t (n int)");
            connection.setAutoCommit(false);
            insert(connection);
            assertThatThrownBy(() -> Jdbc.inSavepoint(connection, "work", () -> {
                        insert(connection);
                        throw new StackOverflowError();
                    }))
                    .isInstanceOf(StackOverflowError.class);
            connection.commit();
            assertThat(rows(connection)).isOne();
        }
    }

    /** The driver then says of each further call that the connection is closed, which would mean that nothing was sent. */
    @Test
    void answerOfTheCommit_lost_isInDoubt() throws SQLException {
        Connection connection = mock();
        when(connection.getAutoCommit()).thenReturn(true);
        doThrow(new SQLException("reset", "08006")).when(connection).commit();
        doThrow(new SQLException("closed", "08003")).when(connection).rollback();
        doThrow(new SQLException("closed", "08003")).when(connection).setAutoCommit(true);
        assertThatThrownBy(() -> Jdbc.inTransaction(connection, "work", () -> 1))
                .isInstanceOfSatisfying(
                        StoreException.class,
                        failure -> assertThat(failure.isInDoubt()).isTrue());
    }

    @Test
    void connection_lostAfterTheCommit_isDone() throws SQLException {
        Connection connection = mock();
        when(connection.getAutoCommit()).thenReturn(true);
        doThrow(new SQLException("closed", "08003")).when(connection).setAutoCommit(true);
        assertThat(Jdbc.<Integer>inTransaction(connection, "work", () -> 1)).isOne();
    }

    @Test
    void connection_thatCannotBePrepared_isGivenBack() throws SQLException {
        Connection connection = mock();
        DataSource dataSource = mock();
        when(dataSource.getConnection()).thenReturn(connection);
        doThrow(new SQLException("closed", "08003")).when(connection).setAutoCommit(anyBoolean());
        assertThatThrownBy(() -> Connections.of(dataSource).own()).hasMessage("closed");
        verify(connection).close();
    }

    @Test
    void connection_ofNoDialect_isGivenBack_andTheReasonIsTold() throws SQLException {
        Connection connection = mock();
        DataSource dataSource = mock();
        when(dataSource.getConnection()).thenReturn(connection);
        when(connection.getAutoCommit()).thenReturn(true);
        doThrow(new SQLException("closed", "08003")).when(connection).close();
        JdbcStore store = new JdbcStore(
                Connections.of(dataSource), new Tables(Tables.STANDARD_PREFIX), "n", (one, two, three, four) -> {
                    throw new NoClassDefFoundError("driver");
                });
        assertThatThrownBy(store::own).isInstanceOf(NoClassDefFoundError.class);
        verify(connection).close();
    }
}

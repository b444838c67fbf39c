package io.asyncslot.cluster.jdbc;

import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Slots in a database that is reached by JDBC. Immutable.
 *
 * @param connections the way to it
 * @param tables where the slots are
 * @param namespace which slots
 * @param dialect makes sessions of connections
 */
public record JdbcStore(Connections connections, Tables tables, String namespace, Dialect dialect)
        implements SlotStore {

    /** Runs what the driver does when a statement gets no answer in time: it closes the socket. */
    private static final Executor DIRECT = Runnable::run;

    private static final int LEAST_PATIENCE_MILLIS = 100;

    /** Makes sessions of connections to one kind of database. */
    @FunctionalInterface
    public interface Dialect {

        /**
         * A session.
         *
         * @param connection what it works on
         * @param tables where the slots are
         * @param namespace which slots
         * @param release gives the connection back
         * @return the session
         * @throws SQLException if the database cannot be asked what it is
         */
        StoreSession session(Connection connection, Tables tables, String namespace, Use release) throws SQLException;
    }

    /** Does something with a connection. */
    public interface Use {

        /**
         * Does it.
         *
         * @param connection the connection
         * @throws SQLException if it fails
         */
        void on(Connection connection) throws SQLException;
    }

    /** Gets a connection. */
    private interface Source {
        Connection get() throws SQLException;
    }

    @Override
    public StoreSession own() {
        return session(connections::own, connection -> {}, Connection::close);
    }

    @Override
    public StoreSession joined() {
        return connections.inTransaction()
                ? session(connections::joined, connection -> {}, connections::release)
                : own();
    }

    @Override
    public StoreSession heartbeat(Duration patience) {
        return session(
                connections::heartbeat,
                connection -> {
                    if (!connection.getAutoCommit()) {
                        connection.setAutoCommit(true);
                    }
                    connection.setNetworkTimeout(DIRECT, (int) Math.max(LEAST_PATIENCE_MILLIS, patience.toMillis()));
                },
                Connection::close);
    }

    private StoreSession session(Source source, Use preparation, Use release) {
        try {
            Connection connection = source.get();
            try {
                preparation.on(connection);
                return dialect.session(connection, tables, namespace, release);
            } catch (Throwable e) {
                Jdbc.undo(e, () -> release.on(connection));
                throw e;
            }
        } catch (SQLException e) {
            throw SqlStates.unconnected(e);
        } catch (StoreException e) {
            throw e;
        } catch (RuntimeException e) {
            throw e.getCause() instanceof SQLException cause ? SqlStates.unconnected(cause) : e;
        }
    }

    @Override
    public boolean joinsTransactions() {
        return connections.joinsTransactions();
    }

    @Override
    public boolean inTransaction() {
        return connections.inTransaction();
    }

    @Override
    public void afterCommit(Runnable action) {
        connections.afterCommit(action);
    }

    @Override
    public String toString() {
        return String.valueOf(connections.dataSource());
    }
}

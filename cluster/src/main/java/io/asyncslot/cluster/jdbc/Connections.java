package io.asyncslot.cluster.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Where the cluster backend gets its connections to the database, and how it joins the caller's transaction.
 * Thread-safe.
 */
public interface Connections {

    /**
     * Connections on a data source without transactions of the caller: each operation is a transaction of its own.
     *
     * @param dataSource the data source, preferably a pool
     * @return the connections
     */
    static Connections of(DataSource dataSource) {
        return new PlainConnections(dataSource);
    }

    /**
     * The data source itself, as {@link #own()} uses it.
     *
     * @return a data source that never joins a caller's transaction
     */
    DataSource dataSource();

    /**
     * A connection in auto-commit mode that is never part of the caller's transaction. Whoever asked closes it.
     *
     * @return the connection
     * @throws SQLException if there is none to be had
     */
    default Connection own() throws SQLException {
        Connection connection = dataSource().getConnection();
        try {
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true); // the pool gives it out as it was, the next time
            }
            return connection;
        } catch (Throwable e) {
            Jdbc.undo(e, connection::close);
            throw e;
        }
    }

    /**
     * A connection for the heartbeats of a node, which keeps it as long as it lives and asks for another when it fails. It
     * should not depend on the application leaving a connection free: an application that uses up its pool would look
     * dead to the other nodes. Whoever asked closes it.
     *
     * @return the connection; by default one beside a pool of HikariCP, else one of the pool, taken for good
     * @throws SQLException if there is none to be had
     */
    default Connection heartbeat() throws SQLException {
        return BesidePool.connection(dataSource());
    }

    /**
     * The connection of the caller's transaction where there is one, or else one as {@link #own()} gives.
     *
     * @return the connection, to be given back by {@link #release}
     * @throws SQLException if there is none to be had
     */
    Connection joined() throws SQLException;

    /**
     * Gives a connection of {@link #joined()} back.
     *
     * @param connection the connection
     * @throws SQLException if giving it back fails
     */
    void release(Connection connection) throws SQLException;

    /**
     * Tells whether operations of the calling thread are part of its transaction, if it has one.
     *
     * @return false where each operation is a transaction of its own, and inside a transaction of another database
     */
    boolean joinsTransactions();

    /**
     * Tells whether the calling thread is inside a transaction that {@link #joined()} joins.
     *
     * @return true inside a transaction on this data source, also when it has failed already
     */
    boolean inTransaction();

    /**
     * Runs an action once what the caller did on a joined connection is committed: at once outside a transaction, after
     * the commit inside one, not at all when it is rolled back.
     *
     * @param action what to do; does not throw
     */
    void afterCommit(Runnable action);
}

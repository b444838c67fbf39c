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
     * Connections on a data source, without the caller's transactions: each operation is its own transaction.
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
     * A connection in auto-commit mode that is never part of the caller's transaction. The caller closes it.
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
     * A connection for the heartbeats of a node. The node keeps it as long as it lives, and asks for another one if it
     * fails. The connection should not depend on whether the application leaves one free: an application that uses up
     * its pool would look dead to the other nodes. The caller closes it.
     *
     * @return the connection; by default, one in addition to a HikariCP pool, or else one that is taken from the pool
     *     for good
     * @throws SQLException if there is none to be had
     */
    default Connection heartbeat() throws SQLException {
        return BesidePool.connection(dataSource());
    }

    /**
     * The connection of the caller's transaction, or one as from {@link #own()} if there is no transaction.
     *
     * @return the connection; give it back with {@link #release}
     * @throws SQLException if there is none to be had
     */
    Connection joined() throws SQLException;

    /**
     * Gives back a connection of {@link #joined()}.
     *
     * @param connection the connection
     * @throws SQLException if giving it back fails
     */
    void release(Connection connection) throws SQLException;

    /**
     * Tells whether operations of the calling thread are part of its transaction, if it has one.
     *
     * @return false if each operation is its own transaction, and inside a transaction of another database
     */
    boolean joinsTransactions();

    /**
     * Tells whether the calling thread is inside a transaction that {@link #joined()} joins.
     *
     * @return true inside a transaction on this data source, even if it has already failed
     */
    boolean inTransaction();

    /**
     * Runs an action once the caller's work on a joined connection is committed: immediately outside a transaction,
     * after the commit inside one, and not at all if the transaction is rolled back.
     *
     * @param action the action; must not throw
     */
    void afterCommit(Runnable action);
}

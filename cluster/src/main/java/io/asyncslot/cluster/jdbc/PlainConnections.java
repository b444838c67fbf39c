package io.asyncslot.cluster.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Connections without transactions of the caller. Immutable. */
record PlainConnections(DataSource dataSource) implements Connections {

    @Override
    public Connection joined() throws SQLException {
        return own();
    }

    @Override
    public void release(Connection connection) throws SQLException {
        connection.close();
    }

    @Override
    public boolean joinsTransactions() {
        return false;
    }

    @Override
    public boolean inTransaction() {
        return false;
    }

    @Override
    public void afterCommit(Runnable action) {
        action.run();
    }
}

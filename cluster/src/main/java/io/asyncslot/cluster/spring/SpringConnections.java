package io.asyncslot.cluster.spring;

import io.asyncslot.cluster.jdbc.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Connections that join the transactions that Spring manages on the same data source, with any transaction manager:
 * JDBC's own, or that of JPA if it exposes its connection. In a transaction of another data source, each operation is
 * its own transaction. Thread-safe.
 */
public final class SpringConnections implements Connections {

    private final DataSource dataSource;

    /**
     * Connections on a data source.
     *
     * @param dataSource the application's data source
     */
    public SpringConnections(DataSource dataSource) {
        this.dataSource = target(dataSource);
    }

    /** A proxy that joins transactions by itself would join them even if this backend must not. */
    private static DataSource target(DataSource dataSource) {
        if (dataSource instanceof TransactionAwareDataSourceProxy proxy) {
            @Nullable DataSource behind = proxy.getTargetDataSource();
            if (behind != null) {
                return target(behind);
            }
        }
        return dataSource;
    }

    @Override
    public DataSource dataSource() {
        return dataSource;
    }

    @Override
    public Connection joined() {
        return DataSourceUtils.getConnection(dataSource);
    }

    @Override
    public void release(Connection connection) {
        DataSourceUtils.releaseConnection(connection, dataSource);
    }

    @Override
    public boolean joinsTransactions() {
        return !TransactionSynchronizationManager.isActualTransactionActive() || inTransaction();
    }

    /** In a transaction of another data source this one's connection is not bound, or in auto-commit mode. */
    @Override
    public boolean inTransaction() {
        return TransactionSynchronizationManager.isActualTransactionActive()
                && TransactionSynchronizationManager.isSynchronizationActive()
                && TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder holder
                && isTransactional(holder);
    }

    private static boolean isTransactional(ConnectionHolder holder) {
        try {
            return !holder.getConnection().getAutoCommit();
        } catch (SQLException e) {
            return true; // the connection is lost, and the transaction with it
        }
    }

    @Override
    public void afterCommit(Runnable action) {
        if (!inTransaction()) {
            action.run();
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new Afterwards(action));
    }

    /** Runs the action once. An action that is registered while other such actions run hears of the completion only. */
    private static final class Afterwards implements TransactionSynchronization {

        private final Runnable action;
        private boolean done;

        Afterwards(Runnable action) {
            this.action = action;
        }

        @Override
        public void afterCommit() {
            done = true;
            action.run();
        }

        @Override
        public void afterCompletion(int status) {
            if (!done && status == STATUS_COMMITTED) {
                action.run();
            }
        }
    }
}

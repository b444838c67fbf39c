package io.asyncslot.cluster.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.Credentials;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections beside a pool: made as the pool makes its own, and not counted among them. HikariCP tells how, other pools do
 * not: there one connection is taken from the pool for good.
 */
final class BesidePool {

    private static final boolean HIKARI = isPresent("com.zaxxer.hikari.HikariDataSource");

    private BesidePool() {}

    private static boolean isPresent(String name) {
        try {
            Class.forName(name, false, BesidePool.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /**
     * A connection.
     *
     * @param dataSource the pool
     * @return a connection beside the pool, or else one of the pool
     * @throws SQLException if there is none to be had
     */
    static Connection connection(DataSource dataSource) throws SQLException {
        try {
            Connection beside = HIKARI ? Hikari.connection(dataSource) : null;
            if (beside != null) {
                return beside;
            }
        } catch (SQLException | LinkageError e) {
            // the server may have no connection left but those that the pool has already; or HikariCP is another one
        }
        return dataSource.getConnection();
    }

    /** Loaded only where HikariCP is there. */
    private static final class Hikari {

        private Hikari() {}

        static @Nullable Connection connection(DataSource dataSource) throws SQLException {
            if (!dataSource.isWrapperFor(HikariDataSource.class)) {
                return null;
            }
            HikariDataSource hikari = dataSource.unwrap(HikariDataSource.class);
            if (!(hikari.getHikariPoolMXBean() instanceof HikariPool pool)) {
                return null; // not connected yet, or closed
            }
            DataSource source = pool.getUnwrappedDataSource();
            Credentials credentials = hikari.getCredentials();
            return credentials.getUsername() == null
                    ? source.getConnection()
                    : source.getConnection(credentials.getUsername(), credentials.getPassword());
        }
    }
}

package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.postgres.Schema;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** One PostgreSQL for all tests of this JVM, started when first asked for, with a database for each that asks. */
public final class TestDatabase {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestDatabase() {}

    /**
     * A pool on a database of its own, with the tables.
     *
     * @param connections how many connections at most
     */
    public static HikariDataSource pool(int connections) {
        HikariDataSource pool = emptyPool(connections);
        try (Connection connection = pool.getConnection()) {
            new Schema(new Tables(Tables.STANDARD_PREFIX)).create(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return pool;
    }

    /** A pool on an empty database of its own. */
    public static HikariDataSource emptyPool(int connections) {
        String name = "slots" + DATABASES.incrementAndGet();
        DataSource admin = Server.POSTGRES.getPostgresDatabase();
        try (Connection connection = admin.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return poolOn(Server.POSTGRES.getDatabase("postgres", name), connections);
    }

    /** A pool on an empty H2 of its own, in the memory of this process. */
    public static HikariDataSource h2(int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:slots" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=10000");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    /** A further pool on the database of another one. */
    public static HikariDataSource samePool(HikariDataSource other, int connections) {
        return poolOn(other.getDataSource(), connections);
    }

    /** One that says so when it has had no connection to give for that long. A pool that has begun cannot be told any more. */
    static HikariDataSource samePool(HikariDataSource other, int connections, Duration timeout) {
        HikariConfig config = config(other.getDataSource(), connections);
        config.setConnectionTimeout(timeout.toMillis());
        return new HikariDataSource(config);
    }

    /** A pool on a database whose connections are somebody else's, those of heartbeats too. */
    static HikariDataSource poolOn(DataSource database, int connections) {
        return new HikariDataSource(config(database, connections));
    }

    private static HikariConfig config(DataSource database, int connections) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        return config;
    }

    /** How many connections to a database wait for a lock. */
    public static long waitingForLocks(DataSource database) throws SQLException {
        String count = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                + " and datname = current_database()";
        try (Connection connection = database.getConnection()) {
            return Jdbc.query(connection, "count", count, row -> row.getLong(1)).get(0);
        }
    }

    /** A port that is free, and that no outgoing connection is given: those have higher ones. */
    static int freePort() throws IOException {
        for (; ; ) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 32_768);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (BindException e) {
                // somebody has it: another one
            }
        }
    }

    private static final class Server {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setPGStartupWait(Duration.ofMinutes(2))
                        .setServerConfig("max_connections", "150")
                        .setServerConfig("synchronous_commit", "on")
                        .start();
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    try {
                        postgres.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
                return postgres;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

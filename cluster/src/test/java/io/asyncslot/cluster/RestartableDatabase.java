package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.postgres.Schema;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/** A PostgreSQL of its own that can be stopped and started again, on the same port and with the same data. */
final class RestartableDatabase implements AutoCloseable {

    private final Path directory = Files.createTempDirectory("asyncslot-database");
    private final int port;
    private EmbeddedPostgres postgres;

    RestartableDatabase() throws IOException, SQLException {
        port = TestDatabase.freePort();
        postgres = started();
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            new Schema(new Tables(Tables.STANDARD_PREFIX)).create(connection);
        }
    }

    private EmbeddedPostgres started() throws IOException {
        return EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .setDataDirectory(directory.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("max_connections", "100")
                .start();
    }

    HikariDataSource pool(int connections, Duration timeout) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://localhost:" + port + "/postgres");
        config.setUsername("postgres");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(timeout.toMillis());
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    void stop() throws IOException {
        postgres.close();
    }

    void start() throws IOException {
        postgres = started();
    }

    @Override
    public void close() throws IOException {
        postgres.close();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}

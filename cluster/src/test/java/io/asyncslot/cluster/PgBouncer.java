package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A pgbouncer in transaction mode before the databases of a server on this machine. */
final class PgBouncer implements AutoCloseable {

    private final Path directory;
    private final int port;
    private final Process process;

    /**
     * Starts it; skips the test where it is not installed.
     *
     * @param server the server's port
     */
    PgBouncer(int server) throws IOException {
        Optional<Path> program = Stream.concat(
                        Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of("/usr/sbin"))
                .map(folder -> Path.of(folder, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst();
        assumeThat(program).as("pgbouncer, Debian's package of that name").isPresent();
        directory = Files.createTempDirectory("asyncslot-pgbouncer");
        port = TestDatabase.freePort();
        Path config = directory.resolve("pgbouncer.ini");
        Files.writeString(config, """
                [databases]
                * = host=127.0.0.1 port=%d user=postgres
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                ignore_startup_parameters = extra_float_digits
                """.formatted(server, port));
        List<String> command = new ArrayList<>(List.of(program.orElseThrow().toString(), config.toString()));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(1, List.of("-u", "nobody")); // it does not run as root
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }

    /** A pool behind it. Without statements that the driver prepares: the next one may be another server connection. */
    HikariDataSource pool(String database, int connections) throws IOException {
        assertThat(process.isAlive())
                .as(() -> {
                    try {
                        return Files.readString(directory.resolve("log"));
                    } catch (IOException e) {
                        return e.toString();
                    }
                })
                .isTrue();
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?prepareThreshold=0");
        config.setUsername("postgres");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(20_000);
        return new HikariDataSource(config);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}

package io.asyncslot.chaos;

import static io.asyncslot.chaos.JvmWorld.millis;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Three processes on one PostgreSQL. */
final class ClusterWorld implements World {

    private static final int NODES = 3;

    private final Path directory;
    private final int port;
    private final List<NodeProcess> nodes = new ArrayList<>();
    private EmbeddedPostgres postgres;
    private int lives;

    ClusterWorld(Path directory) throws IOException {
        this.directory = directory;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        postgres = database();
    }

    private EmbeddedPostgres database() throws IOException {
        return EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .setDataDirectory(directory.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("max_connections", "100")
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    @Override
    public void start() throws Exception {
        for (int i = 0; i < NODES; i++) {
            nodes.add(node());
        }
    }

    /** A process that meets an unavailable database gives up, as an application does; something starts it again. */
    private NodeProcess node() throws Exception {
        for (int tries = 0; tries < 5; tries++) {
            NodeProcess node = new NodeProcess(
                    "cluster",
                    directory,
                    "node" + ++lives,
                    "jdbc:postgresql://localhost:" + port + "/postgres",
                    List.of("-Xmx160m"));
            if (node.isReady()) {
                return node;
            }
            node.destroy();
        }
        throw new IllegalStateException("a node does not start: see the logs in " + directory);
    }

    @Override
    public List<Fault> faults() {
        return List.of(
                new Fault("node killed", this::killNode),
                new Fault("node stopped", random -> JvmWorld.stop(any(random), millis(random, 1_000, 5_000))),
                new Fault("database killed", random -> {
                    killDatabase(random);
                    postgres = database();
                }),
                new Fault("database restarted", random -> {
                    postgres.close();
                    Thread.sleep(millis(random, 100, 2_000));
                    postgres = database();
                }),
                new Fault("read-only", random -> {
                    readOnly(true);
                    Thread.sleep(millis(random, 500, 4_000));
                    readOnly(false);
                }),
                new Fault("pool exhausted", random -> any(random).command("pool " + millis(random, 500, 4_000))),
                new Fault(
                        "clock stepped", random -> any(random).command("clock " + (random.nextInt(120_000) - 60_000))),
                new Fault("rolling deployment", random -> {
                    for (int i = 0; i < NODES; i++) {
                        nodes.get(i).end();
                        nodes.set(i, node());
                    }
                }));
    }

    private NodeProcess any(Random random) {
        return nodes.get(random.nextInt(NODES));
    }

    private void killNode(Random random) throws Exception {
        int victim = random.nextInt(NODES);
        nodes.get(victim).kill();
        nodes.set(victim, node());
    }

    private void killDatabase(Random random) throws Exception {
        long postmaster = Long.parseLong(
                Files.readAllLines(directory.resolve("data/postmaster.pid")).get(0));
        NodeProcess.signal(postmaster, "QUIT"); // its children end without a checkpoint
        while (ProcessHandle.of(postmaster).map(ProcessHandle::isAlive).orElse(false)) {
            Thread.sleep(20);
        }
        Thread.sleep(millis(random, 0, 1_500));
        postgres.close();
    }

    /** As during a switch-over: every transaction that begins may only read. */
    private void readOnly(boolean on) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set default_transaction_read_only = off");
            statement.execute("alter system set default_transaction_read_only = " + (on ? "on" : "off"));
            statement.execute("select pg_reload_conf()");
        }
    }

    @Override
    public void quiet() throws Exception {
        for (NodeProcess node : nodes) {
            node.command("quiet");
        }
    }

    @Override
    public void settled() {}

    @Override
    public long earlySlackMillis() {
        return 5; // the database's wall clock may be slewed
    }

    @Override
    public boolean acknowledges() {
        return false; // an end that was not committed is delivered again
    }

    @Override
    public void close() throws Exception {
        for (NodeProcess node : nodes) {
            node.destroy();
        }
        postgres.close();
    }
}

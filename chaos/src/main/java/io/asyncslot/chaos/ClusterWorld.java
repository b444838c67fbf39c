package io.asyncslot.chaos;

import static io.asyncslot.chaos.JvmWorld.millis;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Three processes on one PostgreSQL, each in a network of its own where that is possible. */
final class ClusterWorld implements World {

    private static final int NODES = 3;

    private final Path directory;
    private final int port;
    private final @Nullable Links links;
    private final String leftOut;
    private final List<NodeProcess> nodes = new ArrayList<>();
    private EmbeddedPostgres postgres;
    private int lives;

    ClusterWorld(Path directory) throws IOException, SQLException {
        this.directory = directory;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Links made = null;
        String reason = "";
        try {
            made = new Links(NODES);
        } catch (IOException e) {
            reason = "link cut, for want of network namespaces: " + e.getMessage();
        }
        links = made;
        leftOut = reason;
        postgres = database();
        admitTheNodes();
    }

    private void admitTheNodes() throws IOException, SQLException {
        Files.writeString(
                directory.resolve("data/pg_hba.conf"),
                "\nhost all all " + Links.ADDRESSES + " trust\n",
                StandardOpenOption.APPEND);
        execute("select pg_reload_conf()");
    }

    private EmbeddedPostgres database() throws IOException {
        String listening = links == null ? "localhost" : "localhost," + String.join(",", links.hosts());
        return EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .setDataDirectory(directory.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("max_connections", "100")
                .setServerConfig("listen_addresses", listening)
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    @Override
    public void start() throws Exception {
        for (int i = 0; i < NODES; i++) {
            nodes.add(node(i));
        }
    }

    /** A process that meets an unavailable database gives up, as an application does; something starts it again. */
    private NodeProcess node(int number) throws Exception {
        String host = links == null ? "localhost" : links.host(number);
        for (int tries = 0; tries < 5; tries++) {
            NodeProcess node = new NodeProcess(
                    links == null ? List.of() : links.command(number),
                    "cluster",
                    directory,
                    "node" + ++lives,
                    "jdbc:postgresql://" + host + ":" + port + "/postgres?connectTimeout=2&socketTimeout=10",
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
        List<Fault> faults = new ArrayList<>(List.of(
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
                        nodes.set(i, node(i));
                    }
                })));
        if (links != null) {
            faults.add(
                    new Fault("link cut within the lease", random -> cut(links, random, millis(random, 200, 1_800))));
            faults.add(new Fault(
                    "link cut beyond the lease", random -> cut(links, random, millis(random, 2_500, 12_000))));
        }
        return faults;
    }

    @Override
    public String leftOut() {
        return leftOut;
    }

    /** Of one node or of two. */
    private static void cut(Links links, Random random, long millis) throws Exception {
        int first = random.nextInt(NODES);
        int count = 1 + random.nextInt(2);
        Links.Cut cut = Links.Cut.values()[random.nextInt(Links.Cut.values().length)];
        for (int i = 0; i < count; i++) {
            links.cut((first + i) % NODES, cut);
        }
        Thread.sleep(millis);
        for (int i = 0; i < count; i++) {
            links.mend((first + i) % NODES, cut);
        }
    }

    private NodeProcess any(Random random) {
        return nodes.get(random.nextInt(NODES));
    }

    private void killNode(Random random) throws Exception {
        int victim = random.nextInt(NODES);
        nodes.get(victim).kill();
        nodes.set(victim, node(victim));
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
        execute(
                "set default_transaction_read_only = off",
                "alter system set default_transaction_read_only = " + (on ? "on" : "off"),
                "select pg_reload_conf()");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
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
        if (links != null) {
            links.close();
        }
        postgres.close();
    }
}

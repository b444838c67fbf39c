package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes on one database, killed, stopped and continued at random, and the database killed once: the ledger
 * must say that every deadline had its effect once, none was lost and none was early.
 *
 * <p>{@code -Dasyncslot.ledger.seconds} says for how long.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class LedgerTests {

    private static final int NODES = 3;
    private static final int SECONDS = Integer.getInteger("asyncslot.ledger.seconds", 20);
    private static final Duration SETTLE = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final Random random = new Random(Long.getLong("asyncslot.ledger.seed", System.nanoTime()));
    private final List<Process> nodes = new ArrayList<>();
    private EmbeddedPostgres postgres;
    private int port;
    private int kills;
    private int stops;
    private int databaseKills;

    @AfterEach
    void end() throws Exception {
        for (Process node : nodes) {
            node.destroyForcibly().waitFor();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    @Test
    void ledger_afterKillsOfNodesAndDatabase_isExact() throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        startDatabase();
        ask(connection -> {
            new Schema(new Tables(Tables.STANDARD_PREFIX)).create(connection);
            Ledger.create(connection);
            return 0;
        });
        for (int i = 0; i < NODES; i++) {
            nodes.add(startNode(i));
        }
        while (ask(Ledger::processes) < NODES) {
            Thread.sleep(100);
        }
        long until = System.currentTimeMillis() + SECONDS * 1_000L;
        boolean databaseKilled = false;
        while (System.currentTimeMillis() < until) {
            Thread.sleep(500 + random.nextInt(2_500));
            int victim = random.nextInt(NODES);
            revive();
            if (!databaseKilled && System.currentTimeMillis() > until - SECONDS * 500L) {
                killDatabase();
                databaseKilled = true;
            } else if (random.nextBoolean()) {
                kill(victim);
            } else {
                stopForAWhile(victim);
            }
        }
        revive();
        for (Process node : nodes) {
            node.getOutputStream().write('s');
            node.getOutputStream().flush();
        }
        settle();
        report();
        assertThat(ask(Ledger::armed)).as("deadlines").isGreaterThan(100);
        assertThat(ask(Ledger::missing)).as("lost").isZero();
        assertThat(ask(Ledger::twice))
                .as("effects behind the fence more than once")
                .isZero();
        assertThat(ask(Ledger::early)).as("early").isZero();
        assertThat(ask(Ledger::firedThoughCancelled))
                .as("fired though cancelled")
                .isZero();
        assertThat(ask(Ledger::sameAttemptTwice))
                .as("one attempt in two processes")
                .isZero();
        assertThat(ask(Ledger::otherGenerations))
                .as("one deadline, two generations")
                .isZero();
        assertThat(ask(Ledger::accepted)).as("values").isGreaterThan(100);
        assertThat(ask(Ledger::lostValues)).as("values lost").isZero();
        assertThat(ask(Ledger::doubledValues)).as("values handed over twice").isZero();
        assertThat(ask(Ledger::differingAttempts))
                .as("firings whose attempts had different values")
                .isZero();
        assertThat(ask(Ledger::orphans)).as("values left behind").isZero();
        assertThat(ask(Ledger::acceptedSubmits)).as("submits").isGreaterThan(100);
        assertThat(ask(Ledger::lostSubmits)).as("submits that no run followed").isZero();
        assertThat(ask(Ledger::tooSoon))
                .as("runs before their interval was over")
                .isZero();
        assertThat(ask(Ledger::stayed))
                .as("slots that stayed after their interval")
                .isZero();
        assertThat(ask(Ledger::scheduledRuns)).as("runs of schedules").isGreaterThan(NODES);
        assertThat(ask(Ledger::schedulesBehind)).as("schedules that ended").isZero();
        assertThat(ask(Ledger::pointsLost))
                .as("points of schedules without a run")
                .isZero();
        assertThat(ask(Ledger::pointsTwice)).as("points with two firings").isZero();
        assertThat(ask(Ledger::earlyRuns)).as("runs that were early").isZero();
        assertThat(ask(Ledger::runsElsewhere)).as("attempts in two processes").isZero();
        assertThat(databaseKills).isEqualTo(1);
        assumeThat(Math.min(kills, stops)).as("kills and stops").isPositive();
        assumeThat(ask(Ledger::deliveredAgain)).as("runs that were cut off").isPositive();
    }

    private void settle() throws Exception {
        long end = System.nanoTime() + SETTLE.toNanos();
        while (System.nanoTime() < end && !settled()) {
            Thread.sleep(200);
        }
    }

    private boolean settled() {
        return ask(Ledger::missing) == 0
                && ask(Ledger::unsettled) == 0
                && ask(Ledger::stayed) == 0
                && ask(Ledger::schedulesBehind) == 0;
    }

    private void report() {
        System.out.printf(
                "ledger: %d s, %d kills, %d stops, %d database kills; %,d deadlines, %,d cancelled, %,d firings of which"
                        + " %,d delivered again; lost %d, twice %d, early %d, unsettled %d%n",
                SECONDS,
                kills,
                stops,
                databaseKills,
                ask(Ledger::armed),
                ask(Ledger::cancelled),
                ask(Ledger::firings),
                ask(Ledger::deliveredAgain),
                ask(Ledger::missing),
                ask(Ledger::twice),
                ask(Ledger::early),
                ask(Ledger::unsettled));
        System.out.printf(
                "ledger of values: %,d accepted; %,d handed over, %,d taken, %,d deleted (some of them in doubt); lost %d,"
                        + " twice %d, left behind %d%n",
                ask(Ledger::accepted),
                ask(Ledger::handedOver),
                ask(Ledger::taken),
                ask(Ledger::deleted),
                ask(Ledger::lostValues),
                ask(Ledger::doubledValues),
                ask(Ledger::orphans));
        System.out.printf(
                "ledger of shapes: %,d submits, %,d throttled runs, lost %d, too soon %d; %,d runs of schedules, points lost %d,"
                        + " twice %d; early %d, in two processes %d%n",
                ask(Ledger::acceptedSubmits),
                ask(Ledger::throttledRuns),
                ask(Ledger::lostSubmits),
                ask(Ledger::tooSoon),
                ask(Ledger::scheduledRuns),
                ask(Ledger::pointsLost),
                ask(Ledger::pointsTwice),
                ask(Ledger::earlyRuns),
                ask(Ledger::runsElsewhere));
    }

    /** A process that starts while the database is away gives up, as an application does; something starts it again. */
    private void revive() throws IOException {
        for (int i = 0; i < NODES; i++) {
            if (!nodes.get(i).isAlive()) {
                List<String> log = Files.readAllLines(directory.resolve("node" + i + ".log"));
                assertThat(log)
                        .anyMatch(line ->
                                line.contains("BackendUnavailableException") || line.contains("DatabaseAwayException"));
                nodes.set(i, startNode(i));
            }
        }
    }

    private void kill(int victim) throws Exception {
        nodes.get(victim).destroyForcibly().waitFor();
        kills++;
        nodes.set(victim, startNode(victim));
    }

    /** Long enough for the others to take it for dead, and then it comes back and knows nothing of that. */
    private void stopForAWhile(int victim) throws Exception {
        signal("-STOP", nodes.get(victim).pid());
        Thread.sleep(1_000 + random.nextInt(4_000));
        signal("-CONT", nodes.get(victim).pid());
        stops++;
    }

    private void killDatabase() throws Exception {
        long postmaster = Long.parseLong(
                Files.readAllLines(directory.resolve("data/postmaster.pid")).get(0));
        signal("-QUIT", postmaster);
        while (ProcessHandle.of(postmaster).map(ProcessHandle::isAlive).orElse(false)) {
            Thread.sleep(20);
        }
        Thread.sleep(random.nextInt(1_000));
        postgres.close();
        startDatabase();
        databaseKills++;
    }

    private void startDatabase() throws IOException {
        postgres = EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("max_connections", "100")
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    private Process startNode(int number) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LedgerNode.class.getName(),
                        "jdbc:postgresql://localhost:" + port + "/postgres",
                        "node " + number)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("node" + number + ".log").toFile()))
                .start();
    }

    private static void signal(String signal, long pid) throws Exception {
        Process kill = new ProcessBuilder("kill", signal, Long.toString(pid)).start();
        assertThat(kill.waitFor()).as("kill " + signal).isZero();
    }

    private <T> T ask(Function<Connection, T> question) {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            return question.apply(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

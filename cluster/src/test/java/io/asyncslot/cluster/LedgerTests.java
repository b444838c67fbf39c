package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.postgres.Schema;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes on one database, killed, stopped and continued at random, and the database killed once: the ledger
 * must say that every deadline had its effect once, none was lost and none was early.
 *
 * <p>{@code -Dasyncslot.ledger.seconds} says for how long, {@code -Dasyncslot.ledger.faults=all} that there are the other
 * {@linkplain Fault faults} too, {@code -Dasyncslot.ledger.seed} in which order. {@code cluster/ledger} runs it with all.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class LedgerTests {

    private static final int NODES = 3;
    private static final int SECONDS = Integer.getInteger("asyncslot.ledger.seconds", 20);
    private static final Duration SETTLE = Duration.ofSeconds(120);

    /** What happens to the nodes and their database, one at a time. */
    private enum Fault {
        /** A node is killed. */
        KILL,
        /** A node is stopped, for longer than a lease or not so long, and continued. */
        STOP,
        /** The database is stopped and started again. */
        RESTART,
        /** The database takes no writes for some seconds. */
        READ_ONLY,
        /** A node's application uses all connections of its pool. */
        EXHAUSTION,
        /** The database's clock is set forward by some seconds. */
        CLOCK,
        /** A node's cable is cut, for longer than a lease or not so long, and mended. */
        CUT
    }

    private static final List<Fault> FAULTS =
            System.getProperty("asyncslot.ledger.faults", "").equals("all")
                    ? List.of(Fault.values())
                    : List.of(Fault.KILL, Fault.STOP);

    @TempDir
    Path directory;

    private final Random random = new Random(Long.getLong("asyncslot.ledger.seed", System.nanoTime()));
    private final List<Process> nodes = new ArrayList<>();
    private EmbeddedPostgres postgres;
    private int port;
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private int databaseKills;
    private @Nullable Links links;

    @AfterEach
    void end() throws Exception {
        for (Process node : nodes) {
            node.destroyForcibly().waitFor();
        }
        if (links != null) {
            links.close();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    @Test
    void ledger_afterKillsOfNodesAndDatabase_isExact() throws Exception {
        port = TestDatabase.freePort();
        startDatabase();
        ask(connection -> {
            new Schema(new Tables(Tables.STANDARD_PREFIX)).create(connection);
            Ledger.create(connection);
            return 0;
        });
        List<Fault> possible = new ArrayList<>(FAULTS);
        if (possible.contains(Fault.CLOCK)) {
            makeTheClockStep();
        }
        if (possible.contains(Fault.CUT)) {
            links = Links.of(NODES).orElse(null);
            if (links == null) {
                System.out.println("ledger: without link cuts, for which it needs root and network namespaces");
                possible.remove(Fault.CUT);
            } else {
                admitTheNodes();
            }
        }
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
            } else {
                Fault fault = possible.get(random.nextInt(possible.size()));
                befall(fault, victim);
                faults.merge(fault, 1, Integer::sum);
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
        assertThat(ask(Ledger::doubled)).as("values handed over twice").isEmpty();
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
        assumeThat(faults).as("faults").containsKeys(Fault.KILL, Fault.STOP);
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
                "ledger: %d s, faults %s, %d database kills; %,d deadlines, %,d cancelled, %,d firings of which"
                        + " %,d delivered again; lost %d, twice %d, early %d, unsettled %d%n",
                SECONDS,
                faults,
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
                "ledger of values: %,d accepted; %,d handed over, %,d taken, %,d deleted; lost %d,"
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

    private void befall(Fault fault, int victim) throws Exception {
        switch (fault) {
            case KILL -> kill(victim);
            case STOP -> stopForAWhile(victim);
            case RESTART -> {
                postgres.close();
                Thread.sleep(random.nextInt(5_000));
                startDatabase();
            }
            case READ_ONLY -> {
                readOnly("on");
                Thread.sleep(500 + random.nextInt(4_000));
                readOnly("off");
            }
            case EXHAUSTION -> {
                nodes.get(victim).getOutputStream().write('x');
                nodes.get(victim).getOutputStream().flush();
                Thread.sleep(4_000);
            }
            case CLOCK -> step(1 + random.nextInt(10));
            case CUT -> {
                Links cut = Objects.requireNonNull(links);
                cut.cut(victim);
                Thread.sleep(500 + random.nextInt(5_000));
                cut.mend(victim);
            }
        }
    }

    /**
     * Gives the nodes and the ledger a clock that can be set. Forward only: that a firing began too early is judged by the time
     * that it writes down itself, a moment later.
     */
    private void makeTheClockStep() {
        ask(connection -> {
            for (String statement : List.of(
                    "create schema stepping",
                    "create table stepping.step (seconds int)",
                    "insert into stepping.step values (0)",
                    "create function stepping.clock_timestamp() returns timestamptz language sql volatile as"
                            + " 'select pg_catalog.clock_timestamp() + make_interval(secs => seconds) from"
                            + " stepping.step'",
                    "alter database postgres set search_path = stepping, public, pg_catalog")) {
                Jdbc.update(connection, "make a clock", statement);
            }
            return 0;
        });
    }

    private void step(int seconds) {
        ask(connection ->
                Jdbc.update(connection, "set the clock", "update stepping.step set seconds = seconds + ?", seconds));
    }

    private void readOnly(String value) {
        ask(connection -> {
            Jdbc.update(connection, "allow this", "set default_transaction_read_only = off");
            Jdbc.update(connection, "set it", "alter system set default_transaction_read_only = " + value);
            return Jdbc.query(connection, "load it", "select pg_reload_conf()", row -> 0);
        });
    }

    /** The nodes come from the other ends of their cables. */
    private void admitTheNodes() throws IOException {
        Files.writeString(
                directory.resolve("data/pg_hba.conf"),
                "\nhost all all 10.192.0.0/10 trust\n",
                StandardOpenOption.APPEND);
        ask(connection -> Jdbc.query(connection, "load it", "select pg_reload_conf()", row -> 0));
    }

    private void kill(int victim) throws Exception {
        nodes.get(victim).destroyForcibly().waitFor();
        nodes.set(victim, startNode(victim));
    }

    /** Long enough for the others to take it for dead, and then it comes back and knows nothing of that. */
    private void stopForAWhile(int victim) throws Exception {
        signal("-STOP", nodes.get(victim).pid());
        Thread.sleep(1_000 + random.nextInt(4_000));
        signal("-CONT", nodes.get(victim).pid());
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
                .setPGStartupWait(Duration.ofMinutes(2))
                .setDataDirectory(directory.resolve("data").toFile())
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("max_connections", "100")
                .setServerConfig("listen_addresses", "*")
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    private Process startNode(int number) throws IOException {
        List<String> command = new ArrayList<>(links == null ? List.of() : links.command(number));
        String host = links == null ? "localhost" : links.host(number);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LedgerNode.class.getName(),
                "jdbc:postgresql://" + host + ":" + port + "/postgres?connectTimeout=2&socketTimeout=10",
                "node " + number));
        return new ProcessBuilder(command)
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

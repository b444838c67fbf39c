package io.asyncslot.sample.rolling;

import io.asyncslot.sample.Report;
import io.asyncslot.sample.SampleApplication;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Three processes of the sample on one PostgreSQL. Load arms slots at all of them, while one after the other is ended by
 * SIGTERM and started again. In the end every slot that was accepted must have fired exactly once and not early, or be
 * pending. Exits with 1 otherwise, and with 77 if no PostgreSQL can be started here.
 *
 * <p>Usage: {@code RollingRestart [rounds | --short]}
 */
public final class RollingRestart {

    private static final int NODES = 3;
    private static final int CUSTOMERS = 4;
    private static final int BATCH = 10;
    private static final int CANNOT_RUN = 77;
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration STOP = Duration.ofMinutes(1);
    private static final Duration SETTLE = Duration.ofMinutes(2);

    private final EmbeddedPostgres postgres;
    private final Path logs;
    private final Form form;
    private final int[] ports = new int[NODES];
    private final Process[] nodes = new Process[NODES];
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean over;

    private RollingRestart(EmbeddedPostgres postgres, Path logs, Form form) {
        this.postgres = postgres;
        this.logs = logs;
        this.form = form;
    }

    /**
     * How much is done.
     *
     * @param between how many slots are accepted before each stop, and after the last
     * @param longestDelay of a slot; those of the moment are pending when their shop is stopped
     */
    private record Form(int rounds, int between, Duration longestDelay) {

        static Form of(String[] args) {
            if (args.length > 0 && args[0].equals("--short")) {
                return new Form(1, 400, Duration.ofSeconds(6));
            }
            return new Form(args.length > 0 ? Integer.parseInt(args[0]) : 1, 2_000, Duration.ofSeconds(20));
        }
    }

    public static void main(String[] args) throws Exception {
        Form form = Form.of(args);
        LoggingSystem.get(RollingRestart.class.getClassLoader())
                .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
        boolean passed;
        try (EmbeddedPostgres postgres = postgres()) {
            RollingRestart restart = new RollingRestart(postgres, Files.createTempDirectory("rolling"), form);
            try {
                passed = restart.run();
            } finally {
                for (Process node : restart.nodes) {
                    if (node != null) {
                        node.destroyForcibly().waitFor();
                    }
                }
            }
        }
        System.exit(passed ? 0 : 1);
    }

    private static EmbeddedPostgres postgres() {
        try {
            return EmbeddedPostgres.builder()
                    .setPGStartupWait(Duration.ofMinutes(2))
                    .setServerConfig("max_connections", "200")
                    .start();
        } catch (IOException | RuntimeException e) {
            System.out.println("no PostgreSQL can be started here: " + e);
            System.exit(CANNOT_RUN);
            throw new IllegalStateException(e);
        }
    }

    private boolean run() throws Exception {
        Report report = new Report(System.out);
        execute("""
                create table ledger_start (key text primary key, state text not null, earliest timestamptz not null);
                create table ledger_firing (
                    key text not null, generation bigint not null, attempt int not null, node text not null,
                    fired timestamptz not null)""");
        for (int i = 0; i < NODES; i++) {
            try (ServerSocket free = new ServerSocket(0)) {
                ports[i] = free.getLocalPort();
            }
        }
        start(0, "always");
        awaitUp(0);
        for (int i = 1; i < NODES; i++) {
            start(i, "never");
        }
        for (int i = 1; i < NODES; i++) {
            awaitUp(i);
        }
        report.line("three shops are up; the load begins");
        List<Thread> load = new ArrayList<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            String prefix = "customer" + i + '-';
            Thread customer = new Thread(() -> arm(prefix), "customer-" + i);
            customer.start();
            load.add(customer);
        }
        List<String> stops = new ArrayList<>();
        for (int round = 0; round < form.rounds(); round++) {
            for (int i = 0; i < NODES; i++) {
                awaitAccepted(form.between());
                long pendingBefore =
                        count("select count(*) from asyncslot_slot where map = 'ledger' and due is not null");
                long began = System.nanoTime();
                int exit = stop(i);
                double stopped = secondsSince(began);
                start(i, "never");
                awaitUp(i);
                stops.add("  shop %d: %,d slots pending, SIGTERM to exit (%d) %.1f s, away %.1f s"
                        .formatted(i + 1, pendingBefore, exit, stopped, secondsSince(began)));
            }
        }
        awaitAccepted(form.between());
        over = true;
        for (Thread customer : load) {
            customer.join();
        }
        settle();
        stops.forEach(report::line);
        report.line("%,d requests, %,d more found their shop closed".formatted(requests.get(), refused.get()));
        for (String each : List.of("1", "2", "3")) {
            report.line("  shop %s ran %,d callbacks"
                    .formatted(each, count("select count(*) from ledger_firing where node = 'shop " + each + "'")));
        }
        long accepted = count("select count(*) from ledger_start where state = 'armed'");
        report.line("%,d slots accepted".formatted(accepted));
        long pending = count("select count(*) from asyncslot_slot where map = 'ledger' and due is not null");
        report.check("starts without an answer", 0, count("select count(*) from ledger_start where state <> 'armed'"));
        report.check(
                "fired once + pending",
                accepted,
                pending
                        + count("select count(*) from (select key from ledger_firing group by key having count(*) = 1)"
                                + " once"));
        report.check("lost", 0, count("""
                        select count(*) from ledger_start s where state = 'armed'
                        and not exists (select 1 from ledger_firing f where f.key = s.key)
                        and not exists (select 1 from asyncslot_slot a where a.map = 'ledger' and a.key = s.key
                                        and (a.due is not null or a.run_token is not null))"""));
        report.check(
                "doubled",
                0,
                count("select count(*) from (select key from ledger_firing group by key having count(*) > 1) twice"));
        report.check(
                "early",
                0,
                count(
                        "select count(*) from ledger_firing f join ledger_start s using (key) where f.fired < s.earliest"));
        report.check("cut off and delivered again", 0, count("select count(*) from ledger_firing where attempt > 1"));
        report.line("latest firing %,d ms after it could have been"
                .formatted(count("select coalesce(max(extract(epoch from f.fired - s.earliest) * 1000), 0)::bigint"
                        + " from ledger_firing f join ledger_start s using (key)")));
        return report.passed();
    }

    /** A shop that refuses the connection has accepted nothing: the customer goes to the next one. */
    private void arm(String prefix) {
        for (long turn = 0; !over; turn++) {
            int delay = ThreadLocalRandom.current()
                    .nextInt((int) form.longestDelay().toMillis());
            int port = ports[ThreadLocalRandom.current().nextInt(NODES)];
            URI uri = URI.create("http://127.0.0.1:%d/ledger?prefix=%s%d-&count=%d&delay=%s"
                    .formatted(port, prefix, turn, BATCH, Duration.ofMillis(delay)));
            try {
                int status = http.send(
                                HttpRequest.newBuilder(uri)
                                        .POST(HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                BodyHandlers.discarding())
                        .statusCode();
                if (status == 200) {
                    requests.incrementAndGet();
                } else {
                    System.err.println(uri + " answered " + status);
                }
            } catch (IOException e) {
                refused.incrementAndGet();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause();
        }
    }

    private void start(int number, String init) throws Exception {
        nodes[number] = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SampleApplication.class.getName(),
                        "--server.port=" + ports[number],
                        "--spring.profiles.active=cluster,ledger",
                        "--spring.sql.init.mode=" + init,
                        "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                        "--asyncslot.cluster.missed-heartbeats=20", // no shop is given up because load holds it up
                        "--asyncslot.cluster.node-name=shop " + (number + 1))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(number).toFile()))
                .start();
    }

    private Path log(int number) {
        return logs.resolve("shop" + (number + 1) + ".log");
    }

    private void awaitUp(int number) throws Exception {
        long end = System.nanoTime() + START.toNanos();
        while (!isUp(ports[number])) {
            if (!nodes[number].isAlive() || System.nanoTime() - end > 0) {
                Files.readAllLines(log(number)).forEach(System.err::println);
                throw new IllegalStateException("shop " + (number + 1) + " has not started");
            }
            pause();
        }
    }

    private boolean isUp(int port) throws InterruptedException {
        try {
            return http.send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/health"))
                                            .build(),
                                    BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends a shop by SIGTERM. */
    private int stop(int number) throws InterruptedException {
        nodes[number].destroy();
        if (!nodes[number].waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("shop " + (number + 1) + " does not end");
        }
        return nodes[number].exitValue();
    }

    /** Waits until so many more slots are accepted, by whichever shops are open. */
    private void awaitAccepted(int more) throws SQLException {
        String accepted = "select count(*) from ledger_start where state = 'armed'";
        long enough = count(accepted) + more;
        long end = System.nanoTime() + START.toNanos();
        while (count(accepted) < enough) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("the shops accept nothing");
            }
            pause();
        }
    }

    private void settle() throws SQLException {
        long end = System.nanoTime() + SETTLE.toNanos();
        while (System.nanoTime() - end < 0
                && count("select count(*) from asyncslot_slot where map = 'ledger'"
                                + " and (due is not null or run_token is not null)")
                        > 0) {
            pause();
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static double secondsSince(long began) {
        return (System.nanoTime() - began) / 1e9;
    }
}

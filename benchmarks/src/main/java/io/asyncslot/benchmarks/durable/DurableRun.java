package io.asyncslot.benchmarks.durable;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Measures who keeps timers in PostgreSQL, one after the other, each on an empty database of the same server with the
 * same pool: once with commits that wait for the disk, once with a server that leaves writing to the operating system.
 * Client and server share the machine.
 */
public final class DurableRun {

    private static final int BATCH = 1_000;
    private static final int BATCHING = 2;
    private static final int BURST = 10_000;
    private static final int QUICK_BURST = 1_000;

    /** How often it is measured where loading is quick: the first time the code is compiled meanwhile. */
    private static final int BURSTS = 5;

    private static final double QUICK_TO_LOAD = 1_000;

    /** With less for each figure the run is to see that everything works. */
    private static final int IN_EARNEST_SECONDS = 5;

    private static final int[] RATES = {500, 2_000};
    private static final Duration FAR = Duration.ofHours(2);

    private final int seconds;
    private final boolean inEarnest;
    private final List<DurablePeer> peers;
    private DurableFindings findings = new DurableFindings();
    private final AtomicReference<Consumer<String>> fired = new AtomicReference<>(key -> {});

    private DurableRun(int seconds, List<DurablePeer> peers) {
        this.seconds = seconds;
        this.inEarnest = seconds >= IN_EARNEST_SECONDS;
        this.peers = peers;
    }

    /**
     * Measures and writes {@code cluster.md}.
     *
     * @param args directory of the report, seconds for each figure, and names of peers, all unless said
     */
    public static void main(String[] args) throws Exception {
        int seconds = Integer.parseInt(args[1]);
        List<DurablePeer> peers = args.length == 2
                ? List.of(DurablePeer.values())
                : Arrays.stream(args).skip(2).map(DurablePeer::valueOf).toList();
        DurableRun run = new DurableRun(seconds, peers);
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        List<String> tables = new ArrayList<>();
        tables.addAll(run.table("Commits wait for the disk", "on"));
        if (run.inEarnest) {
            tables.addAll(run.table("Commits wait for the operating system only", "off"));
        }
        run.write(Path.of(args[0]), tables, load);
        System.exit(0);
    }

    private List<String> table(String title, String fsync) throws Exception {
        findings = new DurableFindings();
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .setServerConfig("max_connections", "100")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("fsync", fsync)
                .start()) {
            for (DurablePeer peer : peers) {
                measure(server, peer);
            }
            List<String> lines = new ArrayList<>(List.of(
                    "## " + title,
                    "",
                    "PostgreSQL " + version(server.getPostgresDatabase()) + ", `fsync=" + fsync + "`:",
                    ""));
            lines.addAll(findings.lines(peers));
            lines.add("");
            return lines;
        }
    }

    private void measure(EmbeddedPostgres server, DurablePeer peer) throws Exception {
        String name = peer.name().toLowerCase(java.util.Locale.ROOT);
        try (Connection admin = server.getPostgresDatabase().getConnection();
                Statement statement = admin.createStatement()) {
            statement.execute("create database " + name);
        }
        HikariConfig config = new HikariConfig();
        config.setDataSource(server.getDatabase("postgres", name));
        config.setMaximumPoolSize(2 * DurablePeer.THREADS);
        try (HikariDataSource pool = new HikariDataSource(config);
                DurableTimers timers = peer.open(pool, key -> fired.get().accept(key))) {
            double starts = starts(peer, timers);
            batches(peer, timers);
            rearms(peer, timers, Math.toIntExact(Math.round(starts * seconds * 0.8)));
            bursts(peer, timers, starts);
            for (int rate : RATES) {
                lateness(peer, timers, rate, starts);
            }
        }
    }

    /** One step of a thread. */
    private interface Step {
        /** How much was done. */
        int run(int thread, int turn) throws Exception;
    }

    private double starts(DurablePeer peer, DurableTimers timers) throws Exception {
        AtomicInteger warm = new AtomicInteger();
        rate(DurablePeer.THREADS, (thread, turn) -> {
            timers.start("warm-" + warm.getAndIncrement(), Instant.now().plus(FAR));
            return 1;
        });
        AtomicInteger next = new AtomicInteger();
        Instant due = Instant.now().plus(FAR);
        double rate = rate(DurablePeer.THREADS, (thread, turn) -> {
            timers.start("far-" + next.getAndIncrement(), due.plusMillis(turn));
            return 1;
        });
        findings.put("starts, new keys, 16 threads", peer, perSecond(rate));
        return rate;
    }

    private void batches(DurablePeer peer, DurableTimers timers) throws Exception {
        Instant due = Instant.now().plus(FAR);
        double rate = rate(BATCHING, (thread, turn) -> {
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                keys.add("batch-" + thread + '-' + turn + '-' + i);
            }
            timers.startAll(keys, due);
            return BATCH;
        });
        findings.put("starts, new keys, batches of 1,000, 2 threads", peer, perSecond(rate));
    }

    private void rearms(DurablePeer peer, DurableTimers timers, int keys) throws Exception {
        Instant due = Instant.now().plus(FAR);
        if (!timers.rearm("far-0", due)) {
            findings.put("re-arms, 16 threads", peer, "none");
            return;
        }
        double rate = rate(DurablePeer.THREADS, (thread, turn) -> {
            int key = java.util.concurrent.ThreadLocalRandom.current().nextInt(Math.max(1, keys));
            return timers.rearm("far-" + key, due.plusMillis(turn)) ? 1 : 0;
        });
        findings.put("re-arms, 16 threads", peer, perSecond(rate));
    }

    /** Many keys due at the same moment: how fast they fire. */
    private void bursts(DurablePeer peer, DurableTimers timers, double starts) throws Exception {
        boolean often = starts > QUICK_TO_LOAD && inEarnest;
        int keys = inEarnest ? BURST : QUICK_BURST;
        String row = String.format("firings, %,d due together, median", keys);
        double[] rates = new double[often ? BURSTS : 1];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = burst(timers, "burst" + i + '-', keys, starts);
            if (rates[i] == 0) {
                findings.put(row, peer, "loaded too late");
                return;
            }
        }
        Arrays.sort(rates);
        findings.put(row, peer, perSecond(rates[rates.length / 2]));
    }

    /** Firings per second; 0 when the keys were due before all of them were loaded. */
    private double burst(DurableTimers timers, String prefix, int keys, double starts) throws Exception {
        AtomicInteger count = new AtomicInteger();
        long[] last = new long[1];
        fired.set(key -> {
            if (key.startsWith(prefix)) {
                count.incrementAndGet();
                last[0] = System.nanoTime();
            }
        });
        Instant due = Instant.now().plus(lead(keys, starts));
        load(timers, prefix, keys, number -> due);
        boolean late = Instant.now().isAfter(due);
        sleepUntil(due);
        long begin = System.nanoTime();
        Instant limit = due.plusSeconds(4L * seconds);
        while (count.get() < keys && Instant.now().isBefore(limit)) {
            Thread.sleep(10);
        }
        fired.set(key -> {});
        return late ? 0 : count.get() * 1e9 / Math.max(1, last[0] - begin);
    }

    /** Keys due at an even rate: how late they fire. */
    private void lateness(DurablePeer peer, DurableTimers timers, int rate, double starts) throws Exception {
        int keys = rate * seconds;
        ConcurrentLinkedQueue<Long> micros = new ConcurrentLinkedQueue<>();
        String prefix = "late" + rate + "-";
        Instant first = Instant.now().plus(lead(keys, starts)).truncatedTo(ChronoUnit.MILLIS);
        fired.set(key -> {
            if (key.startsWith(prefix)) {
                Instant due = first.plus(offset(Integer.parseInt(key.substring(prefix.length())), rate));
                micros.add(ChronoUnit.MICROS.between(due, Instant.now()));
            }
        });
        load(timers, prefix, keys, number -> first.plus(offset(number, rate)));
        boolean late = Instant.now().isAfter(first);
        Instant limit = first.plusSeconds(3L * seconds + 10);
        while (micros.size() < keys && Instant.now().isBefore(limit)) {
            Thread.sleep(50);
        }
        fired.set(key -> {});
        String what = String.format("lateness at %,d due/s: p50, p99, max", rate);
        long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
        if (late) {
            findings.put(what, peer, "loaded too late");
        } else if (sorted.length < keys) {
            findings.put(
                    what,
                    peer,
                    String.format("falls behind (%d%% in %d s)", 100 * sorted.length / keys, 3 * seconds + 10));
        } else {
            findings.put(
                    what,
                    peer,
                    millis(sorted[sorted.length / 2]) + ", " + millis(sorted[sorted.length * 99 / 100]) + ", "
                            + millis(sorted[sorted.length - 1]) + " ms"
                            + (sorted[0] < 0 ? "; earliest " + millis(sorted[0]) + " ms" : ""));
        }
    }

    /** When a key is due. */
    private interface Dues {
        Instant of(int number);
    }

    private static void load(DurableTimers timers, String prefix, int keys, Dues dues) throws Exception {
        AtomicInteger next = new AtomicInteger();
        each(DurablePeer.THREADS, thread -> {
            for (int number = next.getAndIncrement(); number < keys; number = next.getAndIncrement()) {
                timers.start(prefix + number, dues.of(number));
            }
        });
    }

    private double rate(int threads, Step step) throws Exception {
        AtomicInteger units = new AtomicInteger();
        long begin = System.nanoTime();
        long end = begin + Duration.ofSeconds(seconds).toNanos();
        each(threads, thread -> {
            for (int turn = 0; System.nanoTime() < end; turn++) {
                units.addAndGet(step.run(thread, turn));
            }
        });
        return units.get() * 1e9 / (System.nanoTime() - begin);
    }

    /** What one thread does. */
    private interface Work {
        void run(int thread) throws Exception;
    }

    private static void each(int threads, Work work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                futures.add(executor.submit(() -> {
                    work.run(thread);
                    return null;
                }));
            }
            for (Future<?> future : futures) {
                future.get();
            }
        } finally {
            executor.shutdown();
        }
    }

    /** Time enough to load so many keys, by what a start was measured to cost. */
    private Duration lead(int keys, double starts) {
        return Duration.ofMillis((inEarnest ? 5_000 : 2_000) + Math.round(2_000.0 * keys / starts));
    }

    private static Duration offset(int number, int rate) {
        return Duration.ofNanos(number * 1_000_000_000L / rate).truncatedTo(ChronoUnit.MILLIS);
    }

    private static void sleepUntil(Instant moment) throws InterruptedException {
        Thread.sleep(Math.max(0, Duration.between(Instant.now(), moment).toMillis()));
    }

    private static String perSecond(double rate) {
        return String.format("%,d/s", Math.round(rate));
    }

    private static String millis(long micros) {
        return String.format(Math.abs(micros) < 10_000 ? "%.2f" : "%,.0f", micros / 1e3);
    }

    private static String version(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("show server_version")) {
            result.next();
            return result.getString(1);
        }
    }

    private void write(Path docs, List<String> tables, double load) throws Exception {
        List<String> lines = new ArrayList<>(List.of(
                "# The cluster backend compared with other durable schedulers",
                "",
                "Measured by `benchmarks/run --only cluster`: one after the other on an empty database of the same embedded",
                "PostgreSQL, with the same pool of " + 2 * DurablePeer.THREADS
                        + " connections. Client and server share the machine.",
                "The peers have " + DurablePeer.THREADS + " threads for callbacks; AsyncSlot's callbacks wait for the"
                        + " database on virtual threads.",
                "db-scheduler polls every 100 ms; JobRunr every 5 s, the least it allows,",
                "and cannot move a job that is scheduled. The rows are measured from top to bottom in one process, so the",
                "lower ones find code that is compiled; the burst is measured " + BURSTS
                        + " times, and once where loading it takes long.",
                ""));
        lines.addAll(tables);
        lines.add(String.format(
                "JDK %s, %d CPUs, load average %.1f when the run began, %d s for each figure.",
                Runtime.version().feature(), Runtime.getRuntime().availableProcessors(), load, seconds));
        Files.createDirectories(docs);
        Files.write(docs.resolve("cluster.md"), lines);
        lines.forEach(System.out::println);
    }
}

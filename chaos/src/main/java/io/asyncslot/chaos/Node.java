package io.asyncslot.chaos;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.ClusterBackend;
import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One process: starts, cancels and deletes keys, each started once, and runs what falls due, until it is killed or told to
 * end. Takes a command a line from its standard input and answers each with "done".
 *
 * <p>Arguments: backend, file of the ledger, name, and the database's URL or the pin path.
 */
public final class Node {

    private static final int THREADS = 4;
    private static final int WAITING = 64;
    private static final int ARMERS = 2;
    private static final int RECENT = 64;
    private static final int LONGEST_DELAY_MILLIS = 4_000;
    private static final int KERNEL_SLOTS = 1_024;
    private static final int POOL = 12;
    private static final int SMALLEST = 256;
    private static final int PID_BITS = 22;
    private static final long PID = ProcessHandle.current().pid();
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** How the names of the threads begin that the executor makes. */
    private static final String EXECUTOR = "pool-";

    private static final Duration STOP = Duration.ofSeconds(20);

    /** What fills the heap. Static, so that nobody finds out that it is not used. */
    private static final List<byte[]> BALLAST = new ArrayList<>(1 << 18);

    private final String kind;
    private final Ledger ledger;
    private final String name;
    private final String where;
    private final AtomicLong wallOffset = new AtomicLong();
    private final AtomicLong runs = new AtomicLong();
    private final ThreadPoolExecutor executor =
            new ThreadPoolExecutor(THREADS, THREADS, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING));

    /** One is held to operate, all to close a registry and open the next one. A lock would be lost to a full heap. */
    private final Semaphore life = new Semaphore(ARMERS, true);

    private @Nullable HikariDataSource pool;
    private volatile boolean arming = true;
    private volatile AsyncSlotRegistry registry;
    private volatile TimerSlots<String> slots;

    private Node(String kind, Path file, String name, String where) throws Exception {
        this.kind = kind;
        this.ledger = new Ledger(file);
        this.name = name;
        this.where = where;
        this.registry = open();
        this.slots = register();
        registry.start();
    }

    public static void main(String[] args) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            if (failure instanceof OutOfMemoryError && thread.getName().startsWith(EXECUTOR)) {
                return; // the executor replaces it
            }
            failure.printStackTrace();
            Runtime.getRuntime().halt(3); // the driver sees it
        });
        Node node = new Node(args[0], Path.of(args[1]), args[2], args.length > 3 ? args[3] : "");
        System.out.println("ready");
        List<Thread> armers = new ArrayList<>();
        for (int i = 0; i < ARMERS; i++) {
            int number = i;
            Thread armer = new Thread(() -> node.arm(number), "armer-" + i);
            armer.start();
            armers.add(armer);
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null && !line.equals("end"); line = commands.readLine()) {
            String[] word = line.split(" ", -1);
            node.command(word[0], word.length > 1 ? Long.parseLong(word[1]) : 0);
            System.out.println("done");
        }
        node.arming = false;
        for (Thread armer : armers) {
            armer.join();
        }
        node.registry.stop(STOP);
        node.registry.close();
        System.exit(0);
    }

    private void command(String command, long number) throws Exception {
        switch (command) {
            case "quiet" -> arming = false;
            case "heap" -> fillHeap(number);
            case "saturate" -> saturate(number);
            case "pause" -> {
                slots.pause();
                Thread.sleep(number);
                slots.resume();
            }
            case "shutdown" -> shutDown();
            case "settled" -> needNoRepair();
            case "clock" -> wallOffset.addAndGet(number * 1_000_000);
            case "pool" -> exhaustPool(number);
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
    }

    // ---- the application ----------------------------------------------------------------------------------------

    private AsyncSlotRegistry open() throws Exception {
        AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(executor)
                .listener((firing, duration, failure) ->
                        ledger.line('A', (String) firing.key(), firing.generation(), 0, 0, 0));
        return switch (kind) {
            case "jvm" -> builder.backend(new JvmBackend()).build();
            case "cluster" -> builder.backend(cluster()).ticker(ticker()).build();
            default -> builder.backend(kernel()).build();
        };
    }

    private TimerSlots<String> register() {
        return registry.register(
                TimerMapSpec.named("chaos", String.class).callback(this::fired).build());
    }

    private void fired(String key, SlotFiring firing) throws InterruptedException {
        long run = runs.incrementAndGet() << PID_BITS | PID;
        ledger.line('F', key, firing.generation(), firing.attempt(), lateness(firing), run);
        if ((key.hashCode() & 7) == 0) {
            Thread.sleep(10);
        }
        ledger.line('R', key, firing.generation(), firing.attempt(), run, 0);
    }

    /** In nanoseconds. Tries again while the heap is full: the run is not to fail. */
    private static long lateness(SlotFiring firing) {
        for (; ; ) {
            try {
                return firing.lateness().toNanos();
            } catch (OutOfMemoryError e) {
                Thread.onSpinWait();
            }
        }
    }

    private void arm(int number) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        String[] recent = new String[RECENT];
        for (long i = 0; arming; i++) {
            try {
                operate(name + "." + number + "." + i, random, recent, (int) (i % RECENT));
            } catch (OutOfMemoryError e) {
                Thread.onSpinWait(); // between two operations
            }
            try {
                Thread.sleep(4);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void operate(String key, ThreadLocalRandom random, String[] recent, int at) {
        life.acquireUninterruptibly();
        try {
            start(key, random.nextInt(LONGEST_DELAY_MILLIS), recent, at);
            String other = recent[random.nextInt(RECENT)];
            if (other != null && random.nextInt(6) == 0) {
                end(other, random.nextBoolean());
            }
        } finally {
            life.release();
        }
    }

    /** An operation that throws is in doubt. */
    private void start(String key, int delayMillis, String[] recent, int at) {
        ledger.line('B', key, delayMillis, 0, 0, 0);
        try {
            String outcome = slots.start(key, Duration.ofMillis(delayMillis)).name();
            ledger.word('S', key, outcome);
            recent[at] = key;
        } catch (RuntimeException | OutOfMemoryError e) {
            ledger.line('U', key, 0, 0, 0, 0);
        }
    }

    private void end(String key, boolean cancel) {
        ledger.line(cancel ? 'c' : 'd', key, 0, 0, 0, 0);
        try {
            if (cancel) {
                ledger.word('C', key, slots.cancel(key).name());
            } else {
                ledger.word('D', key, String.valueOf(slots.delete(key).prevented()));
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            ledger.line('U', key, 0, 0, 0, 0);
        }
    }

    // ---- faults inside the process ------------------------------------------------------------------------------

    /** Fills the heap to the last few bytes, keeps it full for a while, and lets go of all that. */
    private static void fillHeap(long millis) {
        long limit = System.nanoTime() + LIMIT_NANOS;
        long end = limit;
        int size = 1 << 20;
        while (System.nanoTime() - end < 0) {
            try {
                BALLAST.add(new byte[size]);
            } catch (OutOfMemoryError e) {
                if (size <= SMALLEST && end == limit) {
                    end = System.nanoTime() + millis * 1_000_000;
                }
                size = Math.max(SMALLEST, size >> 3);
            }
        }
        BALLAST.clear();
        if (end == limit) {
            throw new IllegalStateException("the heap was not full within a minute");
        }
    }

    /** All threads of the executor are taken, and its queue is full. */
    private void saturate(long millis) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        for (int i = 0; i < THREADS + WAITING; i++) {
            try {
                executor.execute(() -> {
                    try {
                        over.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            } catch (java.util.concurrent.RejectedExecutionException e) {
                break; // full
            }
        }
        Thread.sleep(millis);
        over.countDown();
    }

    /** A stop while starts go on; then the end of the registry, which on jvm is that of its slots, and the next one. */
    private void shutDown() throws Exception {
        if (!registry.stop(STOP)) {
            throw new IllegalStateException("the stop did not end within " + STOP);
        }
        life.acquireUninterruptibly(ARMERS);
        try {
            SlotMapStats stats = slots.stats();
            if (stats.running() != 0) {
                throw new IllegalStateException("runs after the stop: " + stats);
            }
            slots.scan(Integer.MAX_VALUE, slot -> true, slot -> ledger.line('P', (String) slot.key(), 0, 0, 0, 0));
            needNoRepair();
            registry.close();
            registry = open();
            slots = register();
            registry.start();
        } finally {
            life.release(ARMERS);
        }
    }

    /** The jvm's repair thread finds no slot, whatever happens: what it finds was lost. */
    private void needNoRepair() {
        for (BackendReport report : registry.backends()) {
            if (report.name().equals("jvm")
                    && !Long.valueOf(0).equals(report.details().get("recovered"))) {
                throw new IllegalStateException("the repair thread found lost slots: " + report);
            }
        }
    }

    // ---- cluster and kernel -------------------------------------------------------------------------------------

    private SlotBackend cluster() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(where);
        config.setUsername("postgres");
        config.setMaximumPoolSize(POOL);
        config.setConnectionTimeout(2_000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource made = new HikariDataSource(config);
        pool = made;
        ClusterOptions standard = ClusterOptions.of("chaos");
        ClusterOptions options = new ClusterOptions(
                standard.namespace(),
                standard.tablePrefix(),
                ClusterOptions.SchemaMode.CREATE,
                name,
                standard.horizon(),
                standard.sweepInterval(),
                Duration.ofMillis(500),
                4,
                standard.pollInterval(),
                standard.maxValueBytes(),
                standard.maxHeld(),
                standard.maxWaiting(),
                standard.failedRetention(),
                ClusterOptions.WhenAway.REFUSE);
        return new ClusterBackend(Connections.of(made), options);
    }

    private void exhaustPool(long millis) throws InterruptedException {
        HikariDataSource present = pool;
        if (present == null) {
            throw new IllegalStateException("no pool on backend " + kind);
        }
        List<Connection> taken = new ArrayList<>();
        long end = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() - end < 0) {
            try {
                taken.add(present.getConnection());
            } catch (SQLException e) {
                Thread.sleep(20); // all are taken
            }
        }
        for (Connection each : taken) {
            try {
                each.close();
            } catch (SQLException e) {
                // the database went away meanwhile
            }
        }
    }

    /** The system's clocks, of which the wall clock can be set. */
    private Ticker ticker() {
        Ticker system = SystemTicker.instance();
        return new Ticker() {
            @Override
            public long monotonicNanos() {
                return system.monotonicNanos();
            }

            @Override
            public long realtimeNanos() {
                return system.realtimeNanos() + wallOffset.get();
            }

            @Override
            public long boottimeNanos() {
                return system.boottimeNanos();
            }
        };
    }

    private SlotBackend kernel() throws ReflectiveOperationException {
        Class<?> settings = Class.forName("io.asyncslot.kernel.KernelSettings");
        Class<?> options = Class.forName("io.asyncslot.kernel.KernelOptions");
        Object room = settings.getMethod("of", int.class, int.class, Path.class, String.class)
                .invoke(null, KERNEL_SLOTS, 32, Path.of(where), "chaos, " + name);
        return Class.forName("io.asyncslot.kernel.KernelBackend")
                .asSubclass(SlotBackend.class)
                .getConstructor(settings, options)
                .newInstance(room, options.getMethod("defaults").invoke(null));
    }
}

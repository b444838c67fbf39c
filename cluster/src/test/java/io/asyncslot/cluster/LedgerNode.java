package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotException;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One process of the kill test: arms keys, cancels some, and runs what falls due, until it is killed. Arguments: the database's
 * URL and a name. Its standard input says what else it does, and it ends with that: {@code s} stops arming, {@code x} uses up the
 * pool for some seconds.
 */
public final class LedgerNode {

    /** Of the map of which runs keep their distance. */
    static final Duration INTERVAL = Duration.ofMillis(300);

    private static final int KEYS = 20;

    private final HikariDataSource pool;
    private final String process;
    private final TimerSlots<String> slots;
    private final ValueTimerSlots<String, String> batches;
    private final WorkSlots<String> throttled;
    private final TimerSlots<String> scheduled;
    private final AsyncSlotRegistry registry;
    private volatile boolean arming = true;

    private LedgerNode(String url, String name) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername("postgres");
        config.setMaximumPoolSize(12);
        config.setConnectionTimeout(2_000);
        config.setInitializationFailTimeout(-1);
        this.pool = new HikariDataSource(config);
        this.process = name + ' ' + UUID.randomUUID();
        ClusterOptions standard = ClusterOptions.of("ledger");
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
        this.registry = new AsyncSlotRegistryBuilder(Executors.newFixedThreadPool(8))
                .backend(new ClusterBackend(Connections.of(pool), options))
                .build();
        this.slots = registry.register(
                TimerMapSpec.named("ledger", String.class).callback(this::fired).build());
        registry.register(TimerMapSpec.named("batches", String.class)
                .collecting(SlotValues.collect(String.class), this::batch)
                .flushAt(12)
                .maxWait(Duration.ofSeconds(2))
                .build());
        this.batches = registry.timers("batches", String.class, String.class);
        this.throttled = registry.register(WorkMapSpec.named("throttled", String.class)
                .minInterval(INTERVAL)
                .callback(this::ran)
                .build());
        this.scheduled = registry.register(TimerMapSpec.named("scheduled", String.class)
                .keySchedules(true)
                .late(LatePolicy.ALL)
                .callback(this::ran)
                .build());
    }

    public static void main(String[] args) throws Exception {
        LedgerNode node = new LedgerNode(args[0], args[1]);
        node.registry.start();
        Thread arming = new Thread(node::arm, "arming");
        arming.start();
        Thread giving = new Thread(node::give, "giving");
        giving.start();
        Thread submitting = new Thread(() -> node.submit("schedule of " + args[1]), "submitting");
        submitting.start();
        int command;
        do {
            command = System.in.read();
            if (command == 'x') {
                Thread exhausting = new Thread(node::useUpThePool, "exhausting");
                exhausting.setDaemon(true);
                exhausting.start();
            } else {
                node.arming = false;
            }
        } while (command >= 0);
        arming.join();
        giving.join();
        submitting.join();
        node.registry.close();
        node.pool.close();
        System.exit(0);
    }

    /** For longer than the others would wait for a node that is silent. */
    private void useUpThePool() {
        long end = System.nanoTime() + 4_000_000_000L;
        List<Connection> taken = new ArrayList<>();
        while (System.nanoTime() - end < 0) {
            try {
                taken.add(pool.getConnection());
            } catch (SQLException e) {
                pause(); // all are taken
            }
        }
        for (Connection connection : taken) {
            try {
                connection.close();
            } catch (SQLException e) {
                // it is broken, and the pool's again
            }
        }
    }

    /** Never gives up on its own statements: an exception would end the run, and the effect would be missing. */
    private void fired(String key, SlotFiring firing) throws InterruptedException {
        surely(connection -> Ledger.begin(connection, key, firing.generation(), firing.attempt(), process));
        Thread.sleep(ThreadLocalRandom.current().nextInt(60));
        surely(connection -> Ledger.effect(connection, key, firing.generation()));
    }

    private void ran(String key, SlotFiring firing) {
        surely(connection -> Ledger.run(connection, firing, process));
    }

    /** Starts the schedule of a key, unless a former process has; then submits to keys that all nodes share. */
    private void submit(String key) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        boolean started = false;
        while (arming) {
            try {
                started = started || schedule(key);
                String submit = UUID.randomUUID().toString();
                String shared = "throttled " + random.nextInt(4);
                once(connection -> Ledger.submits(connection, submit, shared));
                SubmitOutcome outcome = throttled.submit(shared);
                if (outcome == SubmitOutcome.SUBMITTED || outcome == SubmitOutcome.COALESCED) {
                    once(connection -> Ledger.submitted(connection, submit));
                }
                Thread.sleep(random.nextLong(80));
            } catch (AsyncSlotException | SQLException e) {
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** What is in doubt is started again: at the same points. */
    private boolean schedule(String key) throws SQLException {
        boolean[] known = new boolean[1];
        once(connection -> known[0] = Ledger.isScheduled(connection, key));
        if (!known[0]) {
            StartOutcome outcome = scheduled.start(key, SlotSchedule.cron("* * * * * *", ZoneOffset.UTC));
            if (outcome != StartOutcome.STARTED && outcome != StartOutcome.REARMED) {
                return false;
            }
            once(connection -> Ledger.scheduled(connection, key));
        }
        return true;
    }

    private void arm() {
        while (arming) {
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                keys.add(UUID.randomUUID().toString());
            }
            Duration delay = Duration.ofMillis(ThreadLocalRandom.current().nextLong(6_000));
            try {
                once(connection -> Ledger.intend(connection, keys, delay.toNanos() / 1_000));
                // What an exception leaves stays 'intended' or 'cancelling': nobody knows, and nothing is expected.
                List<String> armed = keys.stream()
                        .filter(key -> slots.start(key, delay) == StartOutcome.STARTED)
                        .toList();
                once(connection -> Ledger.state(connection, armed, "armed"));
                cancel(armed.subList(0, Math.min(3, armed.size())));
                Thread.sleep(100);
            } catch (AsyncSlotException | SQLException e) {
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void batch(String key, List<String> values, SlotFiring firing) throws InterruptedException {
        Thread.sleep(ThreadLocalRandom.current().nextInt(40));
        surely(connection -> Ledger.hand(connection, key, firing.generation(), firing.attempt(), values));
    }

    /** Brings values to slots that all nodes share, takes some, and deletes others of slots of its own. */
    private void give() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (arming) {
            String shared = (random.nextBoolean() ? "taken " : "batch ") + random.nextInt(4);
            String own = "own " + UUID.randomUUID();
            try {
                give(shared, Duration.ofMillis(random.nextLong(1_500)));
                if (shared.startsWith("taken") && random.nextInt(4) == 0) {
                    take(shared);
                }
                if (random.nextInt(4) == 0) {
                    String value = give(own, Duration.ofMillis(100 + random.nextLong(400)));
                    Thread.sleep(random.nextLong(400));
                    if (value != null) {
                        once(connection -> Ledger.valueIs(connection, value, "deleting"));
                        DeleteOutcome outcome = batches.delete(own);
                        once(connection -> Ledger.valueIs(connection, value, afterDelete(outcome)));
                    }
                }
                Thread.sleep(random.nextLong(20));
            } catch (AsyncSlotException | SQLException e) {
                pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** A value whose run had begun was handed over, or that attempt was cut off: it is not expected, nor may it come twice. */
    private static String afterDelete(DeleteOutcome outcome) {
        return switch (outcome) {
            case DELETED_ARMED -> "deleted";
            case DELETED_WHILE_RUNNING -> "begun";
            case DELETED, ABSENT -> "accepted";
        };
    }

    /** What is in doubt stays 'intended': it may be handed over, and nobody expects it. */
    private @Nullable String give(String key, Duration delay) throws SQLException {
        String value = UUID.randomUUID().toString();
        once(connection -> Ledger.intend(connection, key, value));
        StartOutcome outcome = batches.start(key, delay, value);
        if (outcome != StartOutcome.STARTED && outcome != StartOutcome.REARMED) {
            return null;
        }
        once(connection -> Ledger.valueIs(connection, value, "accepted"));
        return value;
    }

    private void take(String key) throws SQLException {
        String take = UUID.randomUUID().toString();
        once(connection -> Ledger.take(connection, take, key));
        List<String> taken = batches.takeAll(key);
        surely(connection -> Ledger.taken(connection, take, taken));
    }

    private void cancel(List<String> keys) throws SQLException {
        once(connection -> Ledger.state(connection, keys, "cancelling"));
        for (String key : keys) {
            boolean cancelled = slots.cancel(key) == CancelOutcome.CANCELLED;
            once(connection -> Ledger.state(connection, List.of(key), cancelled ? "cancelled" : "armed"));
        }
    }

    private void once(Consumer<Connection> work) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            work.accept(connection);
        }
    }

    private void surely(Consumer<Connection> work) {
        while (true) {
            try {
                once(work);
                return;
            } catch (SQLException | AsyncSlotException e) {
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.jdbc.Jdbc;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The database's own clock steps, by a function that stands before the real one in the search path of each session. The clock
 * decides what is due. It decides neither who is alive nor what has run.
 */
@Timeout(120)
class DatabaseClockStepTests {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration HOUR = Duration.ofHours(1);

    private final Map<String, Integer> runs = new ConcurrentHashMap<>();
    private final Queue<String> early = new ConcurrentLinkedQueue<>();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private HikariDataSource before;
    private HikariDataSource pool;
    private TimerSlots<String> onA;
    private TimerSlots<String> onB;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws SQLException {
        before = TestDatabase.pool(2);
        execute(before, """
                create schema stepped;
                create table stepped.step (micros bigint not null);
                insert into stepped.step values (0);
                create function stepped.clock_timestamp() returns timestamptz language sql volatile as
                    'select pg_catalog.clock_timestamp() + (select micros from stepped.step) * interval ''1 microsecond''';
                do 'begin execute format(''alter database %I set search_path = stepped, pg_catalog, public'',
                    current_database()); end'""");
        pool = TestDatabase.samePool(before, 20);
        a = new TestNode(pool, "stepped", "a");
        b = new TestNode(pool, "stepped", "b");
        onA = a.timers(this::run);
        onB = b.timers(this::run);
    }

    @AfterEach
    void stop() {
        gate.countDown();
        a.close();
        b.close();
        pool.close();
        before.close();
    }

    private void run(String key, SlotFiring firing) throws Exception {
        if (!beganInTime(key)) {
            early.add(key);
        }
        runs.merge(key, 1, Integer::sum);
        if (key.equals("long")) {
            entered.countDown();
            gate.await();
        }
    }

    /** What the stepped clock shows. */
    private Instant now() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(connection, "ask", "select clock_timestamp()", row -> row.getTimestamp(1))
                    .get(0)
                    .toInstant();
        }
    }

    /** Whether the run of a key began when it was due or later, by the clock that decided. */
    private boolean beganInTime(String key) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(
                            connection,
                            "ask",
                            "select run_began >= run_due from asyncslot_slot where key = ?",
                            row -> row.getBoolean(1),
                            key)
                    .get(0);
        }
    }

    private static void execute(HikariDataSource on, String sql) throws SQLException {
        try (Connection connection = on.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void set(Duration ahead) throws SQLException {
        execute(before, "update stepped.step set micros = " + ahead.toNanos() / 1_000);
    }

    /** Each node by its id, and how often it has shown that it lives. */
    private Map<Long, Long> beats() {
        Map<Long, Long> beats = new ConcurrentHashMap<>();
        try (Connection connection = pool.getConnection()) {
            Jdbc.query(
                    connection,
                    "look for nodes",
                    "select id, beat from asyncslot_node",
                    row -> beats.put(row.getLong(1), row.getLong(2)));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return beats;
    }

    /** Waits until each node has looked for the others a few times: whoever judged them by the clock would give them up. */
    private void awaitHeartbeats() {
        Map<Long, Long> first = beats();
        await().atMost(PATIENCE).until(() -> {
            Map<Long, Long> now = beats();
            return first.entrySet().stream()
                    .allMatch(node -> now.getOrDefault(node.getKey(), Long.MAX_VALUE) >= node.getValue() + 4);
        });
    }

    @Test
    void stepBack_delaysWhatWasArmedBefore_andNothingElse() throws Exception {
        assertThat(now()).isBefore(Instant.now().plus(HOUR));
        onA.start("before", HOUR);
        onA.start("held", Duration.ofMillis(1_500)); // so soon that its node has it in hand
        set(HOUR.multipliedBy(-2));
        assertThat(now()).as("the clock that decides").isBefore(Instant.now().minus(HOUR));
        onA.start("soon", Duration.ofMillis(300));
        await().atMost(PATIENCE).until(() -> runs.containsKey("soon"));
        onB.start("next", Duration.ofSeconds(3)); // by then the one in hand would have fired
        await().atMost(PATIENCE).until(() -> runs.containsKey("next"));
        assertThat(runs).doesNotContainKey("before");
        assertThat(onB.find("before").orElseThrow().timeLeft()).isGreaterThan(HOUR.multipliedBy(2));

        set(HOUR.multipliedBy(2));
        await().atMost(PATIENCE).until(() -> runs.containsKey("before") && runs.containsKey("held"));
        awaitHeartbeats();
        assertThat(runs).isEqualTo(Map.of("soon", 1, "next", 1, "held", 1, "before", 1));
        assertThat(early).isEmpty();
    }

    @Test
    void steps_giveUpNoNode_andDeliverNoRunAgain() throws Exception {
        Map<Long, Long> nodes = beats();
        assertThat(nodes).hasSize(2);
        onA.start("long", Duration.ZERO);
        entered.await();
        for (Duration ahead : List.of(HOUR.negated(), HOUR, Duration.ZERO)) {
            set(ahead);
            awaitHeartbeats();
            assertThat(beats().keySet()).isEqualTo(nodes.keySet());
            assertThat(runs).isEqualTo(Map.of("long", 1));
        }
        gate.countDown();
        await().atMost(PATIENCE)
                .until(() -> !onB.find("long").orElseThrow().runState().isRunning());
        assertThat(runs).isEqualTo(Map.of("long", 1));
    }
}

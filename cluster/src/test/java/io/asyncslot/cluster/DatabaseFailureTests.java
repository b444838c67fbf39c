package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.ClusterOptions.WhenAway;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.spi.SystemTicker;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** What operations and runs make of a database that refuses, each in its own way. */
@Timeout(120)
@ResourceLock(value = DatabaseFailureTests.LOG, mode = ResourceAccessMode.READ, target = ResourceLockTarget.CHILDREN)
class DatabaseFailureTests {

    static final String LOG = "log";
    private static final String START = "insert into asyncslot_slot";
    private static final String END = "run_token = null";

    private final BlockingQueue<SlotFiring> firings = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() throws Exception {
        gate.countDown();
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
    }

    private <T extends AutoCloseable> T closing(T resource) {
        toClose.add(resource);
        return resource;
    }

    private TestNode node(DataSource dataSource, WhenAway whenAway) {
        return closing(new TestNode(dataSource, TestNode.quick("failing", "a", whenAway), SystemTicker.instance()));
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void answerToAStartIsLost_itIsInDoubt_andNotKept() throws Exception {
        FailingDataSource database = new FailingDataSource(closing(TestDatabase.pool(10)));
        TestNode node = node(database, WhenAway.KEEP);
        TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
        database.fail(1, START, "08006", true);
        assertThat(slots.start("key", Duration.ofMillis(300))).isEqualTo(StartOutcome.IN_DOUBT);
        assertThat(node.<Integer>detail("kept")).isZero();
        assertThat(firings.poll(20, TimeUnit.SECONDS)).as("it was carried out").isNotNull();
        database.fail(1, START, "08006", true);
        assertThat(slots.startAll(List.of("a", "b"), Duration.ofHours(1)).inDoubt())
                .isEqualTo(2);
        WorkSlots<String> work = node.registry.register(WorkMapSpec.named("work", String.class)
                .callback((key, firing) -> {})
                .build());
        database.fail(1, START, "08006", true);
        assertThat(work.submit("key")).isEqualTo(SubmitOutcome.IN_DOUBT);
        database.fail(1, "due = null", "08006", true);
        assertThatThrownBy(() -> slots.cancel("a"))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContaining("whether it was carried out is not known");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void startThatWasNeverSent_isRejected() {
        FailingDataSource database = new FailingDataSource(closing(TestDatabase.pool(10)));
        TimerSlots<String> slots = node(database, WhenAway.REFUSE).timers((key, firing) -> {});
        for (String state : List.of("08001", "08003", "53300", "25006", "57014", "55P03")) {
            database.fail(1, START, state, false);
            assertThat(slots.start("key", Duration.ofHours(1))).as(state).isEqualTo(StartOutcome.REJECTED);
        }
        assertThat(slots.find("key")).isEmpty();
        database.fail(5, START, "40001", false);
        assertThat(slots.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        database.fail(1, START, "42P01", false);
        assertThatThrownBy(() -> slots.start("key", Duration.ofHours(1))).isInstanceOf(StoreException.class);
    }

    /** A statement time-out, a mistake, a deadlock: the callback has run, and does not run again. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void endsThatTheDatabaseRefuses_areAskedForAgain_andNothingRunsTwice() throws Exception {
        FailingDataSource database = new FailingDataSource(closing(TestDatabase.pool(10)));
        TestNode node = node(database, WhenAway.REFUSE);
        TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
        for (String state : List.of("57014", "25006", "42501", "40P01", "08006")) {
            database.fail(14, END, state, false);
            slots.start(state, Duration.ZERO);
            SlotFiring first = firings.poll(20, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            await().atMost(Duration.ofSeconds(30)).until(() -> node.<Integer>detail("running") == 0);
            assertThat(database.left).as(state + ": ends that failed").hasValue(0);
        }
        Thread.sleep(2_000);
        assertThat(firings).as("further runs").isEmpty();
        assertThat(node.<Long>detail("fenced")).isZero();
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void databaseThatIsReadOnlyForAWhile_completedCallbacksDoNotRunAgain() throws Exception {
        RestartableDatabase server = closing(new RestartableDatabase());
        HikariDataSource one = closing(server.pool(10, Duration.ofSeconds(20)));
        HikariDataSource two = closing(server.pool(10, Duration.ofSeconds(20)));
        Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
        TestNode a = leased(one, "a");
        TestNode b = leased(two, "b");
        TimerSlots<String> slots = a.timers((key, firing) -> {
            runs.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
            gate.await();
        });
        b.timers((key, firing) ->
                runs.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet());
        for (int i = 0; i < 10; i++) {
            slots.start("k" + i, Duration.ZERO);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> runs.size() == 10);
        readOnly(two, true);
        gate.countDown();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> slots.start("refused", Duration.ofHours(1)) == StartOutcome.REJECTED);
        Thread.sleep(4_000);
        assertThat(a.<String>detail("database")).as("the circuit breaker").isEqualTo("CLOSED");
        readOnly(two, false);
        await().atMost(Duration.ofSeconds(30)).until(() -> a.<Integer>detail("running") == 0);
        Thread.sleep(2_000);
        assertThat(runs.values()).allMatch(count -> count.get() == 1);
        assertThat(a.<Long>detail("rejoined") + b.<Long>detail("rejoined")).isZero();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> slots.start("accepted", Duration.ofHours(1)) == StartOutcome.STARTED);
    }

    /** Given up after three seconds without a heartbeat, which is less than the database refuses writes for. */
    private TestNode leased(DataSource database, String name) {
        ClusterOptions options = TestNode.options("readonly", name, Duration.ofSeconds(1), 15, WhenAway.REFUSE);
        return closing(new TestNode(database, options, SystemTicker.instance()));
    }

    private static void readOnly(DataSource on, boolean value) throws SQLException {
        try (Connection connection = on.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set default_transaction_read_only = off");
            statement.execute("alter system set default_transaction_read_only = " + (value ? "on" : "off"));
            statement.execute("select pg_reload_conf()");
            statement.execute("reset default_transaction_read_only");
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void manyThreadsThatWaitForOneLockedRow_leaveTheBreakerClosed() throws Exception {
        HikariDataSource observer = closing(TestDatabase.pool(2));
        HikariDataSource pool = closing(TestDatabase.samePool(observer, 8, Duration.ofSeconds(2)));
        TestNode node = node(pool, WhenAway.REFUSE);
        TimerSlots<String> slots = node.timers((key, firing) -> {});
        slots.start("locked", Duration.ofHours(1));
        slots.start("free", Duration.ofHours(1));
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            Jdbc.update(user, "lock", "update asyncslot_slot set paused_at = 1 where key = ?", "locked");
            List<Future<StartOutcome>> waiting = IntStream.range(0, 16)
                    .mapToObj(i -> threads.submit(() -> slots.start("locked", Duration.ofHours(2))))
                    .toList();
            await().atMost(Duration.ofSeconds(30)).until(() -> TestDatabase.waitingForLocks(observer) >= 5);
            Thread.sleep(4_000); // whoever has no connection is told so meanwhile
            assertThat(node.<String>detail("database")).isEqualTo("CLOSED");
            user.commit();
            user.setAutoCommit(true);
            for (Future<StartOutcome> one : waiting) {
                assertThat(one.get(20, TimeUnit.SECONDS)).isIn(StartOutcome.REARMED, StartOutcome.REJECTED);
            }
        } finally {
            threads.shutdownNow();
        }
        await().atMost(Duration.ofSeconds(20)) // a busy machine makes the pool wait, too
                .until(() -> slots.start("free", Duration.ofHours(2)) == StartOutcome.REARMED);
        assertThat(node.<String>detail("database")).isEqualTo("CLOSED");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void poolWithoutAutoCommit_startsAreCommitted() throws Exception {
        HikariDataSource prepared = closing(TestDatabase.pool(2));
        HikariConfig config = new HikariConfig();
        config.setDataSource(prepared.getDataSource());
        config.setAutoCommit(false);
        HikariDataSource pool = closing(new HikariDataSource(config));
        TestNode node = node(pool, WhenAway.REFUSE);
        TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
        TimerSlots<String> limited = node.registry.register(TimerMapSpec.named("limited", String.class)
                .maxEntries(5)
                .callback((key, firing) -> {})
                .build());
        assertThat(slots.start("key", Duration.ofMillis(200))).isEqualTo(StartOutcome.STARTED);
        assertThat(limited.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        assertThat(firings.poll(20, TimeUnit.SECONDS)).isNotNull();
        try (Connection connection = prepared.getConnection()) {
            assertThat(Jdbc.query(
                            connection, "look", "select key from asyncslot_slot where map = ?", r -> 1, "limited"))
                    .as("rows that another connection sees")
                    .hasSize(1);
        }
        try (Connection connection = pool.getConnection()) {
            assertThat(connection.getAutoCommit())
                    .as("as the application set it")
                    .isFalse();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void poolWithRepeatableRead_operationsOnOneKeyAllSucceed() throws Exception {
        HikariDataSource prepared = closing(TestDatabase.pool(2));
        HikariConfig config = new HikariConfig();
        config.setDataSource(prepared.getDataSource());
        config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
        HikariDataSource pool = closing(new HikariDataSource(config));
        AtomicInteger fired = new AtomicInteger();
        TimerSlots<String> slots = node(pool, WhenAway.REFUSE).timers((key, firing) -> fired.incrementAndGet());
        AtomicInteger started = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(() -> {
                    for (int n = 0; n < 100; n++) {
                        String key = "k" + ThreadLocalRandom.current().nextInt(3);
                        StartOutcome outcome = slots.start(key, Duration.ZERO);
                        started.addAndGet(outcome == StartOutcome.STARTED ? 1 : 0);
                        assertThat(outcome).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
                        cancelled.addAndGet(slots.cancel(key) == CancelOutcome.CANCELLED ? 1 : 0);
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(fired.get() + cancelled.get()).isEqualTo(started.get()));
    }

    @Test
    @ResourceLock(LOG) // it counts the messages of all nodes
    void outage_isToldOnce_andItsEndOnce() throws Exception {
        ConcurrentLinkedQueue<LogRecord> records = new ConcurrentLinkedQueue<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.asyncslot.cluster");
        logger.addHandler(handler);
        try {
            TestNode node = node(closing(TestDatabase.pool(10)), WhenAway.REFUSE);
            TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
            slots.start("held", Duration.ofMillis(500));
            records.clear();
            node.unplug();
            for (int i = 0; i < 30; i++) {
                slots.start("key" + i, Duration.ZERO);
                Thread.sleep(100);
            }
            node.plugIn();
            assertThat(firings.poll(20, TimeUnit.SECONDS)).isNotNull();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> records.stream().anyMatch(r -> r.getMessage().contains("the database is back")));
            assertThat(records.stream()
                            .map(LogRecord::getMessage)
                            .filter(message -> !message.startsWith("notifications")))
                    .hasSize(2);
        } finally {
            logger.removeHandler(handler);
        }
    }
}

package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.RunState;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.spi.SystemTicker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A node that lives keeps what it runs, whatever happens to the database, the pool, the clock or an answer. */
@Timeout(120)
@ResourceLock(value = LeaseTests.PROCESSORS, mode = ResourceAccessMode.READ, target = ResourceLockTarget.CHILDREN)
class LeaseTests {

    static final String PROCESSORS = "processors";
    private static final int RUNS = 10;

    /** Shorter than what happens to the nodes, and longer than a busy machine holds up a heartbeat. */
    private static final Duration LEASE = Duration.ofSeconds(3);

    private final Map<String, AtomicInteger> deliveries = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> atOnce = new ConcurrentHashMap<>();
    private final AtomicInteger most = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<AutoCloseable> toClose = new ArrayList<>();

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

    private TestNode node(DataSource database, String namespace, String name) {
        int missedHeartbeats = (int) LEASE.dividedBy(Duration.ofMillis(200));
        ClusterOptions options = TestNode.options(
                namespace, name, Duration.ofSeconds(1), missedHeartbeats, ClusterOptions.WhenAway.REFUSE);
        return closing(new TestNode(database, options, SystemTicker.instance()));
    }

    private TimerSlots<String> blocking(TestNode node) {
        return node.timers((key, firing) -> {
            deliveries.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
            AtomicInteger here = atOnce.computeIfAbsent(key, k -> new AtomicInteger());
            most.accumulateAndGet(here.incrementAndGet(), Math::max);
            try {
                gate.await();
            } finally {
                here.decrementAndGet();
            }
        });
    }

    private void startRuns(TimerSlots<String> slots) {
        for (int i = 0; i < RUNS; i++) {
            slots.start("k" + i, Duration.ZERO);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> deliveries.size() == RUNS);
    }

    /** Lets the others look for longer than a lease, then lets the callbacks return: each ends as the run it was. */
    private void assertNothingDoubled(TestNode node) throws Exception {
        Thread.sleep(LEASE.toMillis() + 1_000);
        gate.countDown();
        await().atMost(Duration.ofSeconds(30)).until(() -> node.<Integer>detail("running") == 0);
        assertThat(deliveries.values()).as("deliveries of each key").allMatch(count -> count.get() == 1);
        assertThat(most).hasValue(1);
        assertThat(node.<Long>detail("rejoined"))
                .as("times the node was given up")
                .isZero();
        assertThat(node.<Long>detail("fenced")).as("ends that were refused").isZero();
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void databaseRestartOfFourSeconds_nobodyIsGivenUp() throws Exception {
        RestartableDatabase database = closing(new RestartableDatabase());
        HikariDataSource one = closing(database.pool(10, Duration.ofSeconds(1)));
        HikariDataSource two = closing(database.pool(10, Duration.ofSeconds(1)));
        TestNode a = node(one, "restart", "a");
        TestNode b = node(two, "restart", "b");
        TimerSlots<String> slots = blocking(a);
        blocking(b);
        startRuns(slots);
        database.stop();
        Thread.sleep(4_000);
        database.start();
        // A pool that has just got its database back may still let a reader wait in vain.
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsMatching(BackendUnavailableException.class::isInstance)
                .untilAsserted(() -> {
                    assertThat(slots.find("k0").orElseThrow().runState()).isEqualTo(RunState.RUNNING);
                    assertThat(slots.awaitRun("k0", Duration.ofMillis(50))).isEqualTo(AwaitOutcome.TIMED_OUT);
                });
        assertNothingDoubled(a);
        assertThat(b.<Long>detail("rejoined")).isZero();
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void applicationThatUsesUpItsPoolForTenSeconds_livesOn() throws Exception {
        HikariDataSource two = closing(TestDatabase.pool(10));
        HikariDataSource one = closing(TestDatabase.samePool(two, 10, Duration.ofSeconds(2)));
        TestNode a = node(one, "exhausted", "a");
        TestNode b = node(two, "exhausted", "b");
        TimerSlots<String> slots = blocking(a);
        blocking(b);
        startRuns(slots);
        List<Connection> taken = new ArrayList<>();
        while (taken.size() < one.getMaximumPoolSize()) {
            try {
                taken.add(one.getConnection());
            } catch (SQLTransientConnectionException e) {
                // the node still has some
            }
        }
        Thread.sleep(10_000);
        for (Connection connection : taken) {
            connection.close();
        }
        assertNothingDoubled(a);
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void databaseClockThatStepsByTenSeconds_saysNothingAboutNodes() throws Exception {
        HikariDataSource pool = closing(TestDatabase.pool(20));
        try (Connection connection = pool.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create schema stepping");
            statement.execute("create table stepping.step (seconds int)");
            statement.execute("insert into stepping.step values (0)");
            statement.execute("create function stepping.clock_timestamp() returns timestamptz language sql volatile as"
                    + " 'select pg_catalog.clock_timestamp() + make_interval(secs => seconds) from stepping.step'");
            statement.execute("do $$ begin execute format('alter database %I set search_path = stepping, public,"
                    + " pg_catalog', current_database()); end $$");
        }
        pool.getHikariPoolMXBean().softEvictConnections();
        TestNode a = node(pool, "stepping", "a");
        TestNode b = node(pool, "stepping", "b");
        TimerSlots<String> slots = blocking(a);
        blocking(b);
        startRuns(slots);
        long before = now(pool);
        try (Connection connection = pool.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("update stepping.step set seconds = 10");
        }
        assertThat(now(pool) - before).as("the step").isGreaterThan(9_000_000);
        Thread.sleep(2_000); // several heartbeats
        try (Connection connection = pool.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("update stepping.step set seconds = -10");
        }
        assertNothingDoubled(a);
    }

    private static long now(DataSource pool) throws SQLException {
        Sessions store = new Sessions("stepping");
        try (Connection connection = pool.getConnection()) {
            return store.on(connection).now();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void answerToABeginThatIsHeldBackForTwoLeases_isWaitedFor() throws Exception {
        HikariDataSource pool = closing(TestDatabase.pool(20));
        AtomicInteger heldBack = new AtomicInteger();
        DataSource late = answeringLate(pool, "begin", heldBack);
        TestNode a = node(late, "late", "a");
        TestNode b = node(pool, "late", "b");
        TimerSlots<String> slots = blocking(a);
        blocking(b);
        startRuns(slots);
        assertThat(heldBack).as("answers held back").hasPositiveValue();
        assertNothingDoubled(a);
        assertThat(a.<Long>detail("redelivered")).isZero();
    }

    /** Holds back the answers to the first statement that begins runs. */
    private static DataSource answeringLate(DataSource target, String what, AtomicInteger heldBack) {
        return new DelegatingDataSource(target) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                return proxy(Connection.class, connection, (name, result, args) -> {
                    boolean begins =
                            name.equals("prepareStatement") && ((String) args[0]).contains("run_began = n.now");
                    return begins
                            ? proxy(PreparedStatement.class, (PreparedStatement) result, (call, answer, values) -> {
                                if (call.equals("executeQuery") && heldBack.getAndIncrement() == 0) {
                                    sleep(LEASE.multipliedBy(2).toMillis());
                                }
                                return answer;
                            })
                            : result;
                });
            }
        };
    }

    private interface After {
        Object answer(String method, Object result, Object[] args);
    }

    private static <T> T proxy(Class<T> type, T target, After after) {
        return type.cast(Proxy.newProxyInstance(
                LeaseTests.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
                    try {
                        return after.answer(method.getName(), method.invoke(target, args), args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What was taken from a process while it was away may come back to it while its own callback still runs. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void firingDeliveredAgainToTheSameProcess_waitsForItsFormerRun() throws Exception {
        HikariDataSource pool = closing(TestDatabase.pool(20));
        TestNode a = node(pool, "same", "a");
        AtomicReference<SlotFiring> again = new AtomicReference<>();
        TimerSlots<String> slots = a.timers((key, firing) -> {
            if (firing.attempt() == 1) {
                most.incrementAndGet();
                gate.await();
                most.incrementAndGet();
            } else {
                again.set(firing);
            }
        });
        slots.start("key", Duration.ZERO);
        await().atMost(Duration.ofSeconds(30)).until(() -> most.get() == 1);
        Sessions store = new Sessions("same");
        try (Connection connection = pool.getConnection()) {
            assertThat(store.on(connection).release(a.<Long>detail("node")).cutOff())
                    .isOne();
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> a.<Long>detail("rejoined") == 1);
        await().atMost(Duration.ofSeconds(30)).until(() -> a.<Integer>detail("held") == 1);
        Thread.sleep(1_000);
        assertThat(again).as("a second run beside the first").hasNullValue();
        assertThat(slots.find("key").orElseThrow().runState()).isEqualTo(RunState.RUNNING);
        assertThat(slots.awaitRun("key", Duration.ofMillis(50))).isEqualTo(AwaitOutcome.TIMED_OUT);
        gate.countDown();
        await().atMost(Duration.ofSeconds(30)).until(() -> again.get() != null);
        assertThat(most).as("the first had returned").hasValue(2);
        assertThat(again.get().attempt()).isEqualTo(2);
    }

    @Test
    @ResourceLock(PROCESSORS) // it keeps them busy
    void twentyNodesThatStartTogether_settleAtOnce() throws Exception {
        HikariDataSource pool = closing(TestDatabase.pool(60));
        List<TestNode> nodes = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String name = "n" + i;
            Thread thread = new Thread(() -> nodes.add(new TestNode(pool, slow(name), SystemTicker.instance())));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(60));
        }
        nodes.forEach(this::closing);
        assertThat(nodes).hasSize(20);
        List<Object> joined =
                nodes.stream().map(node -> node.<Object>detail("node")).toList();
        Thread.sleep(2 * 8 * 500); // two leases
        assertThat(nodes.stream().map(node -> node.<Object>detail("node")).toList())
                .isEqualTo(joined)
                .doesNotHaveDuplicates();
        assertThat(nodes.get(0).<List<?>>detail("nodes")).hasSize(20);
        assertThat(nodes).allMatch(node -> node.<Long>detail("takeovers") == 0);
    }

    /** Twenty nodes in one process on two processors: they beat less often. */
    private static ClusterOptions slow(String name) {
        Duration beat = Duration.ofMillis(500);
        ClusterOptions eight =
                TestNode.options("twenty", name, Duration.ofSeconds(1), 8, ClusterOptions.WhenAway.REFUSE);
        return TestNode.with(TestNode.with(eight, "sweepInterval", beat), "heartbeatInterval", beat);
    }
}

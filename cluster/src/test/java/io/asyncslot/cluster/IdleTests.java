package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.spi.SystemTicker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What a cluster costs that has nothing to do. */
@Timeout(120)
class IdleTests {

    /** Of each of the two windows. */
    private static final int SECONDS = 10;

    private static final String WAL = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

    /** In hundredths of a percent. */
    private static final String HOT =
            "select 10000 * n_tup_hot_upd / n_tup_upd from pg_stat_user_tables where relname = 'asyncslot_node'";

    private static final String VACUUMS =
            "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'";

    private final LongAdder statements = new LongAdder();

    /**
     * Counted as they are sent, and over the time that has really passed: what PostgreSQL counts has its own transactions too, comes
     * late, and a slow machine would seem to send more. No node is given up, for that it is slow. WAL is the server's: so nothing is
     * vacuumed meanwhile, and of two windows the one counts that no checkpoint made longer.
     */
    @Test
    void threeIdleNodes_tenStatementsPerSecondAtMost() throws Exception {
        List<TestNode> nodes = new ArrayList<>();
        HikariDataSource pool = TestDatabase.pool(20);
        HikariDataSource counted = TestDatabase.poolOn(counting(pool.getDataSource()), 20);
        execute(pool, "alter system set autovacuum = off", "select pg_reload_conf()");
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> number(pool, VACUUMS) == 0);
            execute(pool, "checkpoint");
            for (int i = 0; i < 3; i++) {
                TestNode node = new TestNode(counted, patient(ClusterOptions.of("idle")), SystemTicker.instance());
                node.timers((key, firing) -> {});
                nodes.add(node);
            }
            Thread.sleep(3_000);
            long walPerDay = Long.MAX_VALUE;
            long before = statements.sum();
            long began = System.nanoTime();
            for (int window = 0; window < 2; window++) {
                long wal = number(pool, WAL);
                long from = System.nanoTime();
                Thread.sleep(SECONDS * 1_000);
                double seconds = (System.nanoTime() - from) / 1e9;
                walPerDay = Math.min(walPerDay, (long) ((number(pool, WAL) - wal) / seconds * 86_400));
            }
            double sent = (statements.sum() - before) / ((System.nanoTime() - began) / 1e9);
            double hot = number(pool, HOT) / 100.0;
            System.out.printf(
                    "three idle nodes: %.1f statements/s, %,d MB of WAL per day, %.0f %% of the heartbeats HOT%n",
                    sent, walPerDay / 1_000_000, hot);
            assertThat(sent).isBetween(1.0, 10.0);
            assertThat(walPerDay).as("bytes of WAL per day").isBetween(1L, 250_000_000L);
            assertThat(hot).as("percent of the heartbeats that touch no index").isGreaterThan(90);
            for (TestNode node : nodes) {
                await().until(() -> node.detail("notifications").equals("heard"));
            }
        } finally {
            nodes.forEach(TestNode::close);
            counted.close();
            execute(pool, "alter system reset autovacuum", "select pg_reload_conf()");
            pool.close();
        }
    }

    private static void execute(DataSource database, String... commands) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    private static ClusterOptions patient(ClusterOptions options) {
        return TestNode.with(options, "missedHeartbeats", 100);
    }

    /** Counts executions, and the looks of the pool whether a connection lives: PostgreSQL is asked for each. */
    private DataSource counting(DataSource database) {
        return new DelegatingDataSource(database) {
            @Override
            public Connection getConnection() throws SQLException {
                return counting(Connection.class, super.getConnection());
            }
        };
    }

    private <T> T counting(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
                    if (method.getName().startsWith("execute")
                            || method.getName().equals("isValid")) {
                        statements.increment();
                    }
                    try {
                        Object result = method.invoke(target, args);
                        return switch (method.getName()) {
                            case "prepareStatement" -> counting(PreparedStatement.class, (PreparedStatement) result);
                            case "createStatement" -> counting(Statement.class, (Statement) result);
                            default -> result;
                        };
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private static long number(HikariDataSource pool, String sql) throws Exception {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(connection, "measure", sql, row -> row.getLong(1)).get(0);
        }
    }
}

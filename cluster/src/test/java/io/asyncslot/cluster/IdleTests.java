package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.spi.SystemTicker;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cluster costs that has nothing to do. */
@Timeout(120)
class IdleTests {

    private static final int SECONDS = 20;

    private static final String WAL = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

    /** In hundredths of a percent. */
    private static final String HOT =
            "select 10000 * n_tup_hot_upd / n_tup_upd from pg_stat_user_tables where relname = 'asyncslot_node'";

    /** Each statement is a transaction, which PostgreSQL counts. */
    @Test
    void threeIdleNodes_tenStatementsPerSecondAtMost() throws Exception {
        List<TestNode> nodes = new ArrayList<>();
        HikariDataSource pool = TestDatabase.pool(20);
        try {
            for (int i = 0; i < 3; i++) {
                TestNode node = new TestNode(pool, ClusterOptions.of("idle"), SystemTicker.instance());
                node.timers((key, firing) -> {});
                nodes.add(node);
            }
            Thread.sleep(3_000);
            long before = transactions(pool);
            long wal = number(pool, WAL);
            Thread.sleep(SECONDS * 1_000);
            double perSecond = (transactions(pool) - before) / (double) SECONDS;
            long walPerDay = (number(pool, WAL) - wal) / SECONDS * 86_400;
            double hot = number(pool, HOT) / 100.0;
            System.out.printf(
                    "three idle nodes: %.1f statements/s, %,d MB of WAL per day, %.0f %% of the heartbeats HOT%n",
                    perSecond, walPerDay / 1_000_000, hot);
            assertThat(perSecond).isBetween(3.0, 10.0);
            assertThat(walPerDay).as("bytes of WAL per day").isBetween(1L, 250_000_000L);
            assertThat(hot).as("percent of the heartbeats that touch no index").isGreaterThan(90);
            assertThat(nodes).allMatch(node -> node.detail("notifications").equals("heard"));
        } finally {
            nodes.forEach(TestNode::close);
            pool.close();
        }
    }

    private static long transactions(HikariDataSource pool) throws Exception {
        return number(pool, "select xact_commit from pg_stat_database where datname = current_database()");
    }

    private static long number(HikariDataSource pool, String sql) throws Exception {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(connection, "measure", sql, row -> row.getLong(1)).get(0);
        }
    }
}

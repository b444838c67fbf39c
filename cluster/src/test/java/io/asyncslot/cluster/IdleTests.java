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
            Thread.sleep(SECONDS * 1_000);
            double perSecond = (transactions(pool) - before) / (double) SECONDS;
            System.out.printf("three idle nodes: %.1f statements/s%n", perSecond);
            assertThat(perSecond).isBetween(3.0, 10.0);
        } finally {
            nodes.forEach(TestNode::close);
            pool.close();
        }
    }

    private static long transactions(HikariDataSource pool) throws Exception {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(
                            connection,
                            "count transactions",
                            "select xact_commit from pg_stat_database where datname = current_database()",
                            row -> row.getLong(1))
                    .get(0);
        }
    }
}

package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Points of a calendar are points of the database's clock: a node's clock may step as it likes. */
@Timeout(120)
class CalendarClockTests {

    private volatile long ahead;

    private final Ticker stepping = new Ticker() {
        @Override
        public long monotonicNanos() {
            return SystemTicker.instance().monotonicNanos();
        }

        @Override
        public long realtimeNanos() {
            return SystemTicker.instance().realtimeNanos() + ahead;
        }

        @Override
        public long boottimeNanos() {
            return SystemTicker.instance().boottimeNanos();
        }
    };

    @Test
    void wallClockOfANode_stepsTwoHoursForthAndBack_everySecondHasItsOneRun() throws Exception {
        List<Instant> points = new CopyOnWriteArrayList<>();
        try (HikariDataSource pool = TestDatabase.pool(10);
                TestNode node =
                        new TestNode(pool, TestNode.quick("calendar", "a", ClusterOptions.WhenAway.REFUSE), stepping)) {
            node.registry
                    .register(TimerMapSpec.named("each-second", String.class)
                            .schedule(after ->
                                    after.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1))
                            .callback((key, firing) -> points.add(firing.deadline()))
                            .build())
                    .start("k");
            await().atMost(Duration.ofSeconds(20)).until(() -> points.size() >= 2);
            ahead = Duration.ofHours(2).toNanos();
            Thread.sleep(3_000);
            ahead = 0;
            int before = points.size();
            await().atMost(Duration.ofSeconds(20)).until(() -> points.size() >= before + 2);
            ahead = -Duration.ofHours(2).toNanos();
            await().atMost(Duration.ofSeconds(20)).until(() -> points.size() >= before + 4);
        }
        assertThat(points).doesNotHaveDuplicates().isSorted();
        assertThat(Duration.between(points.get(0), points.get(points.size() - 1)))
                .as("from the first point to the last, of the database's clock")
                .isLessThan(Duration.ofMinutes(2));
    }
}

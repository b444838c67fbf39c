package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.ClusterOptions.WhenAway;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a node does without its database, and with a wrong clock. */
@Timeout(60)
class DatabaseAwayTests {

    /** Until a held slot is due: the database is away by then. */
    private static final Duration HELD = Duration.ofSeconds(5);

    private final BlockingQueue<SlotFiring> firings = new LinkedBlockingQueue<>();
    private HikariDataSource pool;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(10);
    }

    @AfterEach
    void stop() {
        pool.close();
    }

    /** Holds what is due within a minute. */
    private static TestNode holding(HikariDataSource pool) {
        ClusterOptions options = TestNode.options("away", "a", Duration.ofMinutes(1), 100, WhenAway.REFUSE);
        return new TestNode(pool, options, SystemTicker.instance());
    }

    private TestNode node(WhenAway whenAway, Ticker ticker) {
        return new TestNode(pool, TestNode.quick("away", "a", whenAway), ticker);
    }

    @Test
    void refuse_startsAreRejected_andSucceedWhenItIsBack() throws Exception {
        try (TestNode node = holding(pool)) {
            TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
            slots.start("held", HELD);
            node.unplug();
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REJECTED);
            assertThatExceptionOfType(BackendUnavailableException.class).isThrownBy(() -> slots.cancel("key"));
            assertThatExceptionOfType(BackendUnavailableException.class).isThrownBy(() -> slots.find("key"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !node.backend.report().available());
            Thread.sleep(HELD.toMillis() + 200); // the held deadline passes without a database
            assertThat(firings).isEmpty();
            node.plugIn();
            SlotFiring held = firings.poll(20, TimeUnit.SECONDS);
            assertThat(held).isNotNull();
            assertThat(held.key()).isEqualTo("held");
            await().atMost(Duration.ofSeconds(20)) // the breaker lets a few through at first
                    .until(() -> slots.start("key", Duration.ZERO) == StartOutcome.STARTED);
            assertThat(firings.poll(20, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void poolWithoutAFreeConnection_isADatabaseThatIsAway() throws Exception {
        try (HikariDataSource limited = TestDatabase.samePool(pool, 10, Duration.ofSeconds(2));
                TestNode node = holding(limited)) {
            TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
            List<Connection> taken = new ArrayList<>();
            try {
                take(taken, limited, limited.getMaximumPoolSize() - 1);
                await().atMost(Duration.ofSeconds(20)) // the node's looks need the last one, too
                        .until(() -> slots.start("held", HELD) != StartOutcome.REJECTED);
                take(taken, limited, limited.getMaximumPoolSize());
                assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REJECTED);
                Thread.sleep(HELD.toMillis() + 200); // the held deadline passes
                assertThat(firings).isEmpty();
            } finally {
                for (Connection connection : taken) {
                    connection.close();
                }
            }
            SlotFiring held = firings.poll(20, TimeUnit.SECONDS);
            assertThat(held).isNotNull();
            assertThat(held.key()).isEqualTo("held");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> slots.start("key", Duration.ZERO) == StartOutcome.STARTED);
            assertThat(firings.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(firings).isEmpty();
        }
    }

    /** Takes connections of the pool, those too that the node has to give back first. */
    private static void take(List<Connection> taken, HikariDataSource pool, int number) throws SQLException {
        while (taken.size() < number) {
            try {
                taken.add(pool.getConnection());
            } catch (SQLTransientConnectionException e) {
                // the node still has some
            }
        }
    }

    @Test
    void keep_startsAreWrittenWhenItIsBack_theLatestOfEachSlot() throws Exception {
        try (TestNode node = node(WhenAway.KEEP, SystemTicker.instance())) {
            TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
            node.unplug();
            assertThat(slots.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
            assertThat(node.<Integer>detail("kept")).isOne();
            node.plugIn();
            SlotFiring firing = firings.poll(20, TimeUnit.SECONDS);
            assertThat(firing).isNotNull();
            await().atMost(Duration.ofSeconds(20)).until(() -> node.<Integer>detail("kept") == 0);
            assertThat(slots.stats().fallbacks()).isEqualTo(2);
            assertThat(firings).isEmpty();
        }
    }

    @Test
    void wallClockWrongByMinutes_databaseTimeDecides() throws Exception {
        Ticker wrong = new Ticker() {
            @Override
            public long monotonicNanos() {
                return SystemTicker.instance().monotonicNanos();
            }

            @Override
            public long realtimeNanos() {
                return SystemTicker.instance().realtimeNanos() + TimeUnit.MINUTES.toNanos(7);
            }

            @Override
            public long boottimeNanos() {
                return SystemTicker.instance().boottimeNanos();
            }
        };
        try (TestNode node = node(WhenAway.REFUSE, wrong)) {
            TimerSlots<String> slots = node.timers((key, firing) -> firings.add(firing));
            Instant before = Instant.now();
            slots.start("key", Duration.ofMillis(1_500)); // beyond the horizon: found by a sweep
            SlotFiring firing = firings.poll(20, TimeUnit.SECONDS);
            assertThat(firing).isNotNull();
            assertThat(firing.deadline()).isBetween(before.plusMillis(1_500), before.plusSeconds(30));
            assertThat(firing.lateness()).isLessThan(Duration.ofSeconds(15));
            assertThat(Duration.parse(node.<String>detail("clockSkew")))
                    .isBetween(
                            Duration.ofMinutes(7).minusSeconds(5),
                            Duration.ofMinutes(7).plusSeconds(5));
        }
    }
}

package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotCause;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two nodes on one H2, in one process: as far as a second database is a cluster. */
@Timeout(120)
class H2NodesTests {

    private final Map<String, Integer> fired = new ConcurrentHashMap<>();
    private HikariDataSource pool;
    private TestNode a;
    private TestNode b;
    private TimerSlots<String> onA;
    private TimerSlots<String> onB;

    @BeforeEach
    void open() {
        pool = TestDatabase.h2(20);
        start(Duration.ofSeconds(1), 100);
    }

    private void start(Duration horizon, int missedHeartbeats) {
        a = node("a", horizon, missedHeartbeats);
        b = node("b", horizon, missedHeartbeats);
        onA = a.timers((key, firing) -> fired.merge(key, 1, Integer::sum));
        onB = b.timers((key, firing) -> fired.merge(key, 1, Integer::sum));
    }

    private TestNode node(String name, Duration horizon, int missedHeartbeats) {
        ClusterOptions options =
                TestNode.options("h2", name, horizon, missedHeartbeats, ClusterOptions.WhenAway.REFUSE);
        return new TestNode(pool, options, SystemTicker.instance());
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        pool.close();
    }

    @Test
    void everySlot_firesOnce() {
        for (int i = 0; i < 50; i++) {
            onA.start("a" + i, Duration.ofMillis(10L * i));
            onB.start("b" + i, Duration.ofMillis(10L * i));
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> fired.size() == 100);
        await().atMost(Duration.ofSeconds(60)).until(() -> onA.stats().armed() == 0);
        assertThat(fired.values()).containsOnly(1);
    }

    @Test
    void nodesThatStartAtTheSameTime_createTheTablesTogether() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 20; round++) {
                try (HikariDataSource fresh = TestDatabase.h2(4)) {
                    CyclicBarrier together = new CyclicBarrier(2);
                    Callable<Boolean> node = () -> {
                        together.await();
                        new AsyncSlotRegistryBuilder(Runnable::run)
                                .backend(new ClusterBackend(Connections.of(fresh), ClusterOptions.of("fresh")))
                                .build()
                                .close();
                        return true;
                    };
                    for (Future<Boolean> started : threads.invokeAll(List.of(node, node))) {
                        assertThat(started.get()).as("round %d", round).isTrue();
                    }
                }
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void slotOfANodeThatIsSilent_firesOnTheOther() {
        a.close();
        b.close();
        start(Duration.ofMinutes(1), 10);
        onA.start("held", Duration.ofSeconds(5));
        a.unplug();
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(fired).containsKey("held"));
        assertThat(b.<Long>detail("takeovers")).isOne();
    }

    @Test
    void slotThatOneNodePauses_waitsOnTheOther() {
        onA.start("paused", Duration.ofHours(1));
        onA.pause("paused");
        onA.start("paused", Duration.ofMillis(500));
        onB.start("later", Duration.ofSeconds(1));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(fired).containsKey("later"));
        assertThat(fired).doesNotContainKey("paused");
        onB.resume("paused");
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(fired).containsKey("paused"));
    }

    @Test
    void nodeThatDidNotPause_namesWhoDid() {
        SlotCause alice = new SlotCause(SlotCause.Type.ENDPOINT, "user alice");
        onA.start("paused", Duration.ofHours(1));
        alice.during(() -> onA.pause("paused"));
        alice.during(() -> onA.pause());
        assertThat(onB.find("paused").orElseThrow().pausedBy()).isEqualTo(alice);
        assertThat(onB.pausedBy()).contains(alice);
    }
}

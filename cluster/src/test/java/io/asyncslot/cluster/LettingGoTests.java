package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.CloseOutcome;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A map that is closed lets go of its slots; one that is dropped takes them with it. */
@Timeout(60)
class LettingGoTests {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Queue<String> fired = new ConcurrentLinkedQueue<>();
    private HikariDataSource pool;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(20);
        a = new TestNode(pool, "letting-go", "a");
        b = new TestNode(pool, "letting-go", "b");
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        pool.close();
    }

    private TimerSlots<String> noting(TestNode node) {
        return node.timers((key, firing) -> fired.add(key));
    }

    private static List<String> keys(String prefix) {
        return IntStream.range(0, 100).mapToObj(i -> prefix + i).toList();
    }

    @Test
    void close_onOneNode_leavesTheSlotsToTheOthers() throws Exception {
        TimerSlots<String> onA = noting(a);
        onA.startAll(keys("far"), Duration.ofHours(1));
        onA.startAll(keys("near"), Duration.ofMillis(900)); // claimed by the node that armed it
        assertThat(onA.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
        assumeTrue(fired.size() < 100, "all had fired before the map was closed");

        TimerSlots<String> onB = noting(b);
        assertThat(onB.stats().slots()).isBetween(100L, 200L); // those that are near may have fired
        await().atMost(LONG).until(() -> fired.size() == 100);
        assertThat(fired).doesNotHaveDuplicates().allMatch(key -> key.startsWith("near"));
    }

    @Test
    void close_andOpenedAgainOnTheSameNode_goesOn() throws Exception {
        TimerSlots<String> first = noting(a);
        first.start("key", Duration.ofMillis(500));
        long generation = first.find("key").orElseThrow().generation();
        assertThat(first.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
        TimerSlots<String> second = noting(a);
        assertThat(second.find("key").orElseThrow().generation()).isEqualTo(generation);
        await().atMost(LONG).until(() -> fired.size() == 1);
    }

    @Test
    void close_whileACallbackRuns_isNotADelete_toIt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        TimerSlots<String> map = a.timers((key, firing) -> {
            running.countDown();
            gate.await();
            fired.add(key + " cancelled=" + firing.cancelled());
        });
        map.start("key", Duration.ZERO);
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
        gate.countDown();
        assertThat(map.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
        assertThat(fired).containsExactly("key cancelled=false");
    }

    @Test
    void drop_deletesForAllNodes() throws Exception {
        TimerSlots<String> onA = noting(a);
        TimerSlots<String> onB = noting(b);
        for (int i = 0; i < 100; i++) {
            (i % 2 == 0 ? onA : onB).start("key" + i, Duration.ofHours(1));
        }
        assertThat(onA.drop(LONG)).isEqualTo(CloseOutcome.CLOSED);
        assertThat(onA.isClosed()).isTrue();
        assertThat(onB.stats().slots()).isZero();
        assertThat(onB.find("key1")).isEmpty();
    }
}

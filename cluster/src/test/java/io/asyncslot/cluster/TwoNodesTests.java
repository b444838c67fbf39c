package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What two nodes see of each other's slots, and what becomes of a node's slots when it is gone. */
@Timeout(60)
class TwoNodesTests {

    private record Delivery(String node, String key, long generation, int attempt, SlotFiring firing) {}

    private final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private HikariDataSource pool;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(20);
        a = new TestNode(pool, "two", "a");
        b = new TestNode(pool, "two", "b");
    }

    /** Other nodes: they hold what is due within a minute, and give each other up after so many heartbeats of 200 ms. */
    private void startAnew(int missedHeartbeats) {
        a.close();
        b.close();
        a = holding("a", missedHeartbeats);
        b = holding("b", missedHeartbeats);
    }

    private TestNode holding(String name, int missedHeartbeats) {
        ClusterOptions options =
                TestNode.options("two", name, Duration.ofMinutes(1), missedHeartbeats, ClusterOptions.WhenAway.REFUSE);
        return new TestNode(pool, options, SystemTicker.instance());
    }

    @AfterEach
    void stop() throws Exception {
        gate.countDown();
        a.close();
        b.close();
        pool.close();
    }

    private TimerSlots<String> noting(TestNode node, String name) {
        return node.timers((key, firing) -> note(name, key, firing));
    }

    private TimerSlots<String> blocking(TestNode node, String name) {
        return node.timers((key, firing) -> {
            note(name, key, firing);
            gate.await();
        });
    }

    private void note(String name, String key, SlotFiring firing) {
        deliveries.add(new Delivery(name, key, firing.generation(), firing.attempt(), firing));
    }

    private Delivery next() throws InterruptedException {
        Delivery delivery = deliveries.poll(20, TimeUnit.SECONDS);
        assertThat(delivery).as("a delivery within 20 s").isNotNull();
        return delivery;
    }

    @Test
    void farDeadlines_anyNode_fireOnceEach() throws Exception {
        TimerSlots<String> onA = noting(a, "a");
        TimerSlots<String> onB = noting(b, "b");
        for (int i = 0; i < 100; i++) {
            (i % 2 == 0 ? onA : onB).start("far" + i, Duration.ofMillis(1_500 + i * 10));
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> deliveries.size() == 100);
        assertThat(deliveries).extracting(Delivery::key).doesNotHaveDuplicates();
        assertThat(deliveries).extracting(Delivery::attempt).containsOnly(1);
        assertThat(onA.stats().slots()).isEqualTo(100);
        assertThat(onB.stats().slots()).isEqualTo(100);
    }

    @Test
    void operations_whileTheCallbackRunsOnTheOtherNode_haveTheirOutcomes() throws Exception {
        TimerSlots<String> onA = blocking(a, "a");
        TimerSlots<String> onB = noting(b, "b");
        onA.start("key", Duration.ZERO);
        Delivery first = next();
        assertThat(first.node()).isEqualTo("a");
        assertThat(onB.find("key").orElseThrow().runState()).isEqualTo(RunState.RUNNING);
        assertThat(onB.cancel("key")).isEqualTo(CancelOutcome.RUNNING);
        assertThat(onB.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        assertThat(onB.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(onB.cancelAndAwait("key", Duration.ofMillis(100))).isEqualTo(CancelOutcome.TIMED_OUT);
        assertThat(onB.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(onB.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        await().atMost(Duration.ofSeconds(20)).until(() -> first.firing().cancelled());
        assertThat(deliveries)
                .as("runs while the deleted incarnation's goes on")
                .isEmpty();
        gate.countDown();
        Delivery second = next();
        assertThat(second.generation()).isGreaterThan(first.generation());
        assertThat(onB.cancelAndAwait("key", Duration.ofSeconds(20)))
                .as("of a slot that runs, or has ended and is freed")
                .isIn(CancelOutcome.NOT_ARMED, CancelOutcome.ABSENT);
    }

    @Test
    void cancelAndAwait_runOnTheOtherNode_waitsForItsEnd() throws Exception {
        TimerSlots<String> onA = blocking(a, "a");
        TimerSlots<String> onB = noting(b, "b");
        onA.start("key", Duration.ZERO);
        next();
        Thread opener = new Thread(() -> {
            try {
                Thread.sleep(300);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            gate.countDown();
        });
        opener.start();
        assertThat(onB.cancelAndAwait("key", Duration.ofSeconds(20))).isEqualTo(CancelOutcome.NOT_ARMED);
        assertThat(gate.getCount()).as("the gate is open").isZero();
        opener.join();
    }

    @Test
    void callbacksOnTwoNodes_awaitEachOther_oneIsTold() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        Map<String, CancelOutcome> outcomes = new ConcurrentHashMap<>();
        AtomicInteger ended = new AtomicInteger();
        for (TestNode node : List.of(a, b)) {
            String own = node == a ? "a" : "b";
            String other = node == a ? "b" : "a";
            AtomicReference<TimerSlots<String>> slots = new AtomicReference<>();
            slots.set(node.timers((key, firing) -> {
                try {
                    both.await(20, TimeUnit.SECONDS);
                    outcomes.put(key, slots.get().cancelAndAwait(other, Duration.ofSeconds(20)));
                } finally {
                    ended.incrementAndGet();
                }
            }));
            slots.get().start(own, Duration.ZERO);
        }
        await().atMost(Duration.ofSeconds(25)).until(() -> ended.get() == 2);
        assertThat(outcomes).hasSize(2).containsValue(CancelOutcome.WOULD_DEADLOCK);
        assertThat(outcomes.values())
                .allMatch(outcome -> outcome == CancelOutcome.WOULD_DEADLOCK || outcome == CancelOutcome.NOT_ARMED);
    }

    @Test
    void nodeCutOffWhileRunning_firingIsDeliveredAgain_andItsOwnEndIsFencedOff() throws Exception {
        startAnew(10);
        TimerSlots<String> onA = blocking(a, "a");
        TimerSlots<String> onB = noting(b, "b");
        onA.start("running", Duration.ZERO);
        Delivery first = next();
        onA.start("held", Duration.ofSeconds(5));
        a.unplug();
        Map<String, Delivery> byKey = new ConcurrentHashMap<>();
        for (int i = 0; i < 2; i++) {
            Delivery delivery = next();
            byKey.put(delivery.key(), delivery);
        }
        Delivery again = byKey.get("running");
        assertThat(again.node()).isEqualTo("b");
        assertThat(again.generation()).isEqualTo(first.generation());
        assertThat(again.attempt()).isEqualTo(2);
        assertThat(byKey.get("held").attempt()).isEqualTo(1);
        assertThat(b.<Long>detail("takeovers")).isPositive();
        assertThat(b.<Long>detail("cutOff")).isEqualTo(1);
        assertThat(onB.start("running", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        long before = onB.find("running").orElseThrow().generation();
        a.plugIn();
        await().atMost(Duration.ofSeconds(20)).until(() -> first.firing().cancelled());
        gate.countDown();
        await().atMost(Duration.ofSeconds(20)).until(() -> a.<Long>detail("fenced") == 1);
        assertThat(onB.find("running").orElseThrow().generation()).isEqualTo(before);
        await().atMost(Duration.ofSeconds(20)) // the node has joined anew; its breaker lets a few through at first
                .until(() -> onA.start("after", Duration.ZERO) != StartOutcome.REJECTED);
        assertThat(next().key()).isEqualTo("after");
        assertThat(deliveries).isEmpty();
    }

    @Test
    void nodeThatStops_handsItsSlotsOver() throws Exception {
        startAnew(100);
        TimerSlots<String> onA = noting(a, "a");
        noting(b, "b");
        onA.start("key", Duration.ofSeconds(5));
        assertThat(a.registry.stop(Duration.ofSeconds(20))).isTrue();
        Delivery delivery = next();
        assertThat(delivery.node()).isEqualTo("b");
        assertThat(delivery.attempt()).isEqualTo(1);
    }

    @Test
    void mapThatOneNodeHas_isServedThere() throws Exception {
        TimerSlots<String> onB = noting(b, "b");
        onB.start("key", Duration.ofMillis(1_500));
        assertThat(next().node()).isEqualTo("b");
    }

    @Test
    void report_namesTheNodes_andSnapshotsTheHolder() {
        startAnew(100);
        TimerSlots<String> onA = noting(a, "a");
        onA.start("key", Duration.ofSeconds(30));
        List<Map<String, Object>> nodes = b.detail("nodes");
        assertThat(nodes).extracting(node -> node.get("name")).containsExactly("a", "b");
        assertThat(onA.find("key").orElseThrow().measure().notes())
                .containsExactly("held by node " + a.<Object>detail("node"));
    }
}

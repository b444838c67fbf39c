package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.actuate.AsyncSlotsEndpoint;
import io.asyncslot.actuate.SlotDescriptor;
import io.asyncslot.actuate.SlotMapSlotsDescriptor;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.spring.BackendSelection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What operators ask at night, of any node: what is overdue, due soon, failed, paused, and runs longest. */
@Timeout(120)
class OperatorListsTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final CountDownLatch gate = new CountDownLatch(1);
    private HikariDataSource pool;
    private TestNode a;
    private TestNode b;
    private TimerSlots<String> onA;
    private TimerSlots<String> onB;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(20);
        a = new TestNode(pool, "lists", "a");
        b = new TestNode(pool, "lists", "b");
        onA = map(a);
        onB = map(b);
    }

    @AfterEach
    void stop() {
        gate.countDown();
        a.close();
        b.close();
        pool.close();
    }

    private TimerSlots<String> map(TestNode node) {
        return node.registry.register(TimerMapSpec.named("orders", String.class)
                .whenIdle(WhenIdle.FREE)
                .historySize(4)
                .concurrency(1)
                .callback((key, firing) -> {
                    if (key.startsWith("fails")) {
                        throw new IllegalStateException("made to fail");
                    }
                    if (key.startsWith("runs")) {
                        gate.await();
                    }
                })
                .build());
    }

    /** The keys of a list as the endpoint of a node shows it. */
    private static List<String> keys(
            TestNode node, @Nullable String state, @Nullable String within, @Nullable String sort) {
        return list(node, state, within, sort).slots().stream()
                .map(SlotDescriptor::key)
                .map(String::valueOf)
                .toList();
    }

    private static SlotMapSlotsDescriptor list(
            TestNode node, @Nullable String state, @Nullable String within, @Nullable String sort) {
        AsyncSlotsEndpoint endpoint = new AsyncSlotsEndpoint(
                node.registry, new BackendSelection("cluster", "cluster", List.of()), List.of(), event -> {});
        SlotMapSlotsDescriptor list =
                (SlotMapSlotsDescriptor) endpoint.find("orders", null, state, null, within, sort, null, null);
        assertThat(list).isNotNull();
        return list;
    }

    private static SlotMapTimes times(TimerSlots<String> slots) {
        return slots.times().orElseThrow();
    }

    @Test
    void slotsDueWithin_inTheOrderOfTheirDeadlines_onEveryNode() {
        onA.start("third", Duration.ofMinutes(30));
        onA.start("first", Duration.ofMinutes(5));
        onB.start("second", Duration.ofMinutes(10));
        onB.start("tomorrow", Duration.ofHours(24));
        for (TestNode node : List.of(a, b)) {
            assertThat(keys(node, null, "1h", "deadline")).containsExactly("first", "second", "third");
        }
        assertThat(times(onB).nextDeadline()).isBetween(Duration.ofMinutes(4), Duration.ofMinutes(5));
        assertThat(times(onB).oldestOverdue()).isZero();
        assertThat(times(onB).longestRun()).isZero();
    }

    @Test
    void failedSlots_areListedThoughTheyAreFreed_byANodeThatDidNotRunThem() {
        onA.start("fails-1", Duration.ZERO);
        await().atMost(SOON).until(() -> keys(b, "failed", null, null).equals(List.of("fails-1")));
        onA.start("fails-0", Duration.ZERO);
        onA.start("succeeds", Duration.ZERO);
        await().atMost(SOON).until(() -> keys(b, "failed", null, "failed").equals(List.of("fails-1", "fails-0")));
        assertThat(keys(a, "failed", null, "failed")).containsExactly("fails-1", "fails-0");

        List<SlotSnapshot> departed = new ArrayList<>();
        assertThat(onB.scanDeparted(10, slot -> slot.key().equals("fails-0"), departed::add))
                .isOne();
        assertThat(departed.get(0).lastFiring()).isNotNull();
        assertThat(departed.get(0).lastFiring().failure()).contains("made to fail");
        assertThat(departed.get(0))
                .usingRecursiveComparison()
                .isEqualTo(onB.findDeparted("fails-0").orElseThrow());
        assertThat(onB.scanDeparted(1, null, slot -> {})).isOne();
    }

    @Test
    void runsThatLastLongest_comeFirst_andTheMapTellsHowLong() throws Exception {
        onA.start("runs-1", Duration.ZERO);
        await().atMost(SOON).until(() -> keys(b, "running", null, null).size() == 1);
        Thread.sleep(300);
        onB.start("runs-0", Duration.ZERO);
        await().atMost(SOON).until(() -> keys(a, "running", null, null).size() == 2);
        for (TestNode node : List.of(a, b)) {
            assertThat(keys(node, null, null, "running")).containsExactly("runs-1", "runs-0");
        }
        assertThat(times(onB).longestRun()).isBetween(Duration.ofMillis(300), Duration.ofSeconds(60));
        gate.countDown();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(times(onB).longestRun()).isZero());
    }

    @Test
    void slotThatIsOverdueLongest_isToldByEveryNode_andPausedOnesDoNotCount() throws Exception {
        onA.start("paused", Duration.ofHours(1));
        onA.pause("paused");
        onA.start("paused", Duration.ofMillis(100));
        onA.start("runs-0", Duration.ZERO);
        onB.start("runs-1", Duration.ZERO);
        await().atMost(SOON).until(() -> keys(a, "running", null, null).size() == 2);
        assertThat(times(onA).oldestOverdue()).isZero();

        onB.start("waits", Duration.ofMillis(50)); // both nodes have their hands full
        await().atMost(SOON)
                .until(() -> keys(b, "overdue", null, "deadline").equals(List.of("waits", "paused"))
                        || keys(b, "overdue", null, "deadline").equals(List.of("paused", "waits")));
        Thread.sleep(200);
        for (TimerSlots<String> slots : List.of(onA, onB)) {
            assertThat(times(slots).oldestOverdue()).isBetween(Duration.ofMillis(200), Duration.ofSeconds(60));
        }
        assertThat(keys(a, "paused", null, "paused")).containsExactly("paused");
        onA.pause();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(times(onB).oldestOverdue())
                        .as("of a map that is paused nothing is overdue")
                        .isZero());
        onA.resume();
        gate.countDown();
        await().atMost(SOON).until(() -> keys(a, "overdue", null, null).equals(List.of("paused")));
        assertThat(times(onB).oldestOverdue()).isZero();
    }

    @Test
    void everyNode_namesWhoPausedASlot_orTheMap() {
        onA.start("p1", Duration.ofHours(1));
        onA.start("p2", Duration.ofHours(1));
        SlotCause alice = new SlotCause(SlotCause.Type.ENDPOINT, "user alice");
        alice.during(() -> onA.pause("p1"));
        onB.pause("p2");
        for (TestNode node : List.of(a, b)) {
            assertThat(list(node, "paused", null, "paused").slots())
                    .extracting(SlotDescriptor::key, SlotDescriptor::pausedBy)
                    .containsExactly(tuple("p1", "the endpoint (user alice)"), tuple("p2", null));
        }
        assertThat(onB.find("p1").orElseThrow().pausedBy()).isEqualTo(alice);

        alice.during(() -> onA.pause());
        assertThat(list(b, "paused", null, null).stats().pausedBy()).isEqualTo("the endpoint (user alice)");
        onB.resume();
        onB.resume("p1");
        assertThat(list(a, "paused", null, null).stats().pausedBy()).isNull();
        onB.pause("p1");
        assertThat(list(a, "paused", null, "paused").slots())
                .extracting(SlotDescriptor::key, SlotDescriptor::pausedBy)
                .containsExactly(tuple("p2", null), tuple("p1", null));
    }

    /** A node of a former version sets {@code paused_at}, and leaves the text of the pause before as it is. */
    @Test
    void pauseByANodeOfAFormerVersion_hasNotTheNameOfAnEarlierOne() throws SQLException {
        SlotCause alice = new SlotCause(SlotCause.Type.ENDPOINT, "user alice");
        onA.start("p1", Duration.ofHours(1));
        alice.during(() -> onA.pause("p1"));
        assertThat(onB.find("p1").orElseThrow().pausedBy()).isEqualTo(alice);
        onB.resume("p1");
        try (Connection former = pool.getConnection()) {
            Jdbc.update(
                    former,
                    "pause a slot",
                    "update asyncslot_slot set paused = true,"
                            + " paused_at = (extract(epoch from clock_timestamp()) * 1000000)::bigint where key = 'p1'");
        }
        for (TimerSlots<String> slots : List.of(onA, onB)) {
            SlotSnapshot slot = slots.find("p1").orElseThrow();
            assertThat(slot.pausedSince()).isNotNull();
            assertThat(slot.pausedBy()).isNull();
        }
        assertThat(list(b, "paused", null, null).slots())
                .extracting(SlotDescriptor::key, SlotDescriptor::pausedBy)
                .containsExactly(tuple("p1", null));
        onA.resume("p1");
        alice.during(() -> onB.pause("p1"));
        assertThat(onA.find("p1").orElseThrow().pausedBy()).isEqualTo(alice);
    }

    @Test
    void mapOfANodeThatIsNotStarted_asksNobody() {
        a.registry.close();
        assertThat(onA.times()).contains(new SlotMapTimes(Duration.ZERO, Duration.ZERO, null));
        assertThat(onA.scanDeparted(1, null, slot -> {})).isZero();
    }
}

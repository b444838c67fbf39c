package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotRole;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.spi.SystemTicker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Nodes that hear each other do not have to look: here they look every 30 seconds, and all that is to happen happens within
 * 20. Where they hear nothing, they look.
 */
@Timeout(120)
class NotificationTests {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final HikariDataSource pool = TestDatabase.pool(40);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final LinkedBlockingQueue<SlotFiring> firings = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        gate.countDown();
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
        pool.close();
    }

    private <T extends AutoCloseable> T closing(T resource) {
        toClose.add(resource);
        return resource;
    }

    /** Looks for what comes near, for deletes, and at the others, once in 30 s. */
    static ClusterOptions lazy(String namespace, String name) {
        ClusterOptions options = ClusterOptions.of(namespace);
        return new ClusterOptions(
                options.namespace(),
                options.tablePrefix(),
                options.schemaMode(),
                name,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                4,
                options.pollInterval(),
                options.maxValueBytes(),
                options.maxHeld(),
                options.maxWaiting(),
                options.failedRetention(),
                options.whenAway());
    }

    private TestNode node(String name) {
        return closing(new TestNode(pool, lazy("notified", name), SystemTicker.instance()));
    }

    /** Until both hear each other. */
    private void hear(TestNode... nodes) {
        for (TestNode node : nodes) {
            await().atMost(LIMIT).until(() -> node.detail("notifications").equals("heard"));
        }
    }

    private final SlotCallback<String> blocking = (key, firing) -> {
        firings.add(firing);
        gate.await();
    };

    private SlotFiring firing() throws InterruptedException {
        SlotFiring firing = firings.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(firing).as("a firing within " + LIMIT).isNotNull();
        return firing;
    }

    private static <T> CompletableFuture<T> async(java.util.concurrent.Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    @Test
    void awaits_endWithTheRunOnTheOtherNode() throws Exception {
        TestNode a = node("a");
        TestNode b = node("b");
        TimerSlots<String> onA = a.timers(blocking);
        TimerSlots<String> onB = b.timers(blocking);
        hear(a, b);
        onA.start("key", Duration.ZERO);
        firing();
        CompletableFuture<AwaitOutcome> run = async(() -> onB.awaitRun("key", Duration.ofSeconds(100)));
        CompletableFuture<CancelOutcome> cancel = async(() -> onB.cancelAndAwait("key", Duration.ofSeconds(100)));
        // Both have told that they wait; the first look of each may be before that or after.
        await().atMost(LIMIT).until(() -> b.<Long>detail("hints") >= 2);
        assertThat(run).isNotDone();
        gate.countDown();
        assertThat(run.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(AwaitOutcome.ENDED);
        assertThat(cancel.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(CancelOutcome.NOT_ARMED);
    }

    @Test
    void delete_reachesTheRunOnTheOtherNode() throws Exception {
        TestNode a = node("a");
        TestNode b = node("b");
        TimerSlots<String> onA = a.timers(blocking);
        TimerSlots<String> onB = b.timers(blocking);
        hear(a, b);
        onA.start("key", Duration.ZERO);
        SlotFiring firing = firing();
        assertThat(firing.cancelled()).isFalse();
        assertThat(onB.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        await().atMost(LIMIT).until(firing::cancelled);
    }

    @Test
    void drop_reachesTheRunsOnTheOtherNode_andEndsWithThem() throws Exception {
        TestNode a = node("a");
        TestNode b = node("b");
        TimerSlots<String> onA = a.timers(blocking);
        TimerSlots<String> onB = b.timers(blocking);
        hear(a, b);
        onA.start("key", Duration.ZERO);
        SlotFiring firing = firing();
        CompletableFuture<CloseOutcome> dropped = async(() -> onB.drop(Duration.ofSeconds(100)));
        await().atMost(LIMIT).until(firing::cancelled);
        assertThat(dropped).isNotDone();
        gate.countDown();
        assertThat(dropped.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(CloseOutcome.CLOSED);
    }

    @Test
    void whatAClientArms_firesOnAWorkerAtOnce() throws Exception {
        TestNode client = node("client");
        TestNode worker = node("worker");
        TimerSlots<String> armed = client.registry.register(TimerMapSpec.named("orders", String.class)
                .role(SlotRole.CLIENT)
                .callback((key, firing) -> {
                    throw new AssertionError("it is a client");
                })
                .build());
        worker.timers((key, firing) -> firings.add(firing));
        hear(client, worker);
        assertThat(armed.start("key", Duration.ofMillis(100))).isEqualTo(StartOutcome.STARTED);
        firing();
    }

    @Test
    void whatANodeHeldThatStops_firesOnTheOtherAtOnce() throws Exception {
        TestNode a = node("a");
        TestNode b = node("b");
        TimerSlots<String> onA = a.timers((key, firing) -> {
            throw new AssertionError("it was stopped before");
        });
        b.timers((key, firing) -> firings.add(firing));
        hear(a, b);
        onA.start("key", Duration.ofSeconds(6));
        assertThat(a.registry.stop(LIMIT)).isTrue();
        firing();
    }

    /** Three thousand slots that are nobody's, in some seconds: as many notifications as there are intervals, not as slots. */
    @Test
    void burst_doesNotFloodTheOthers() throws Exception {
        TestNode client = node("client");
        TestNode worker = node("worker");
        TimerSlots<String> armed = client.registry.register(TimerMapSpec.named("orders", String.class)
                .role(SlotRole.CLIENT)
                .callback((key, firing) -> {})
                .build());
        worker.timers((key, firing) -> firings.add(firing));
        hear(client, worker);
        long before = client.<Long>detail("hints");
        long began = System.nanoTime();
        for (int i = 0; i < 3_000; i++) {
            armed.start("key" + i, Duration.ZERO);
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> firings.size() == 3_000);
        long hints = client.<Long>detail("hints") - before;
        long intervals = (System.nanoTime() - began) / 50_000_000;
        assertThat(hints).isBetween(1L, intervals + 2);
    }

    /** Heartbeats on a connection of another kind: nothing is heard, nothing is told, and awaits look. */
    @Test
    void connectionThatCannotListen_awaitsLook() throws Exception {
        TestNode a = closing(new TestNode(pool, TestNode.quick("deaf", "a", ClusterOptions.WhenAway.REFUSE), false));
        TestNode b = closing(new TestNode(pool, TestNode.quick("deaf", "b", ClusterOptions.WhenAway.REFUSE), false));
        awaitedByLooking(a, b);
    }

    /** It accepts that a node listens, and lets nothing through. All else works. */
    @Test
    void pgbouncerInTransactionMode_awaitsLook() throws Exception {
        PGSimpleDataSource server = pool.getDataSource().unwrap(PGSimpleDataSource.class);
        PgBouncer bouncer = closing(new PgBouncer(server.getPortNumbers()[0]));
        HikariDataSource behind = closing(bouncer.pool(server.getDatabaseName(), 20));
        TestNode a = closing(new TestNode(behind, "bounced", "a"));
        TestNode b = closing(new TestNode(behind, "bounced", "b"));
        awaitedByLooking(a, b);
        assertThat(a.<Long>detail("hints")).as("tries to hear oneself").isBetween(1L, 10L);
        limitedAndCollecting(a);
    }

    private void awaitedByLooking(TestNode a, TestNode b) throws Exception {
        TimerSlots<String> onA = a.timers(blocking);
        TimerSlots<String> onB = b.timers(blocking);
        onA.start("key", Duration.ofMillis(300));
        SlotFiring firing = firing();
        await().atMost(Duration.ofSeconds(60)).until(() -> beats() >= 12); // each has tried whether anything is heard
        assertThat(a.<String>detail("notifications")).isEqualTo("not heard");
        CompletableFuture<AwaitOutcome> run = async(() -> onB.awaitRun("key", Duration.ofSeconds(100)));
        assertThat(onB.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        await().atMost(LIMIT).until(firing::cancelled);
        assertThat(run).isNotDone();
        gate.countDown();
        assertThat(run.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(AwaitOutcome.ENDED);
        assertThat(a.<Long>detail("rejoined")).isZero();
    }

    /** How often each node has shown that it lives, at least. */
    private long beats() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(connection, "look", "select min(beat) from asyncslot_node", row -> row.getLong(1))
                    .get(0);
        }
    }

    /** What needs several statements in one transaction. */
    private void limitedAndCollecting(TestNode node) throws SQLException {
        TimerSlots<String> limited = node.registry.register(TimerMapSpec.named("limited", String.class)
                .maxEntries(2)
                .callback((key, firing) -> {})
                .build());
        assertThat(limited.start("one", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        assertThat(limited.start("two", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        assertThat(limited.start("three", Duration.ofHours(1))).isEqualTo(StartOutcome.REJECTED);
        try (Connection connection = pool.getConnection()) {
            assertThat(Jdbc.query(connection, "look", "select key from asyncslot_slot where map = 'limited'", r -> 1))
                    .hasSize(2);
        }
    }
}

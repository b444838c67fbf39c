package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotRole;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.ClusterOptions.WhenAway;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.spi.SystemTicker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever has room takes work, wherever it was asked for. */
@Timeout(180)
class SharedWorkTests {

    private static final int ITEMS = 3_000;
    private static final int THREADS = 4;
    private static final int MOST_WAITING = 100;

    private final HikariDataSource pool = TestDatabase.pool(40);
    private final List<TestNode> nodes = new ArrayList<>();
    private final Map<String, String> ran = new ConcurrentHashMap<>();
    private final AtomicInteger runs = new AtomicInteger();
    private final CountDownLatch othersHadTheirShare = new CountDownLatch(1);

    @AfterEach
    void stop() {
        othersHadTheirShare.countDown();
        nodes.forEach(TestNode::close);
        pool.close();
    }

    private TestNode node(String name) {
        ClusterOptions quick = TestNode.quick("shared", name, WhenAway.REFUSE);
        ClusterOptions options = TestNode.with(quick, "maxWaiting", MOST_WAITING);
        TestNode node = new TestNode(pool, options, SystemTicker.instance(), Executors.newFixedThreadPool(THREADS));
        nodes.add(node);
        return node;
    }

    private SlotCallback<String> noting(String node) {
        return (key, firing) -> {
            Thread.sleep(20);
            ran.put(key, node);
            runs.incrementAndGet();
        };
    }

    /** As a node's that has no room left until the others have had their share. */
    private SlotCallback<String> notingLater(String node) {
        SlotCallback<String> noting = noting(node);
        return (key, firing) -> {
            othersHadTheirShare.await();
            noting.run(key, firing);
        };
    }

    private WorkSlots<String> work(TestNode node, SlotCallback<String> callback) {
        return node.registry.register(
                WorkMapSpec.named("work", String.class).callback(callback).build());
    }

    /** Lets the first node go on once each of the others has run so much, and waits for all to end. */
    private void awaitShared(int items, int share, String... others) {
        for (String name : others) {
            await("items on " + name)
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> ran.values().stream().filter(name::equals).count() > share);
        }
        othersHadTheirShare.countDown();
        await().atMost(Duration.ofSeconds(120)).until(() -> runs.get() >= items);
        assertThat(ran).hasSize(items).containsValue("a");
        assertThat(runs).as("each once").hasValue(items);
    }

    @Test
    void workSubmittedOnOneNode_endsOnAll() {
        WorkSlots<String> onA = work(node("a"), notingLater("a"));
        work(node("b"), noting("b"));
        work(node("c"), noting("c"));
        for (int i = 0; i < ITEMS; i++) {
            assertThat(onA.submit("item" + i)).isEqualTo(SubmitOutcome.SUBMITTED);
        }
        awaitShared(ITEMS, ITEMS / 10, "b", "c");
    }

    @Test
    void batchThatIsDueAtOnce_isShared() {
        TimerSlots<String> onA = node("a").timers(notingLater("a"));
        node("b").timers(noting("b"));
        onA.startAll(IntStream.range(0, 1_000).mapToObj(i -> "k" + i).toList(), Duration.ZERO);
        awaitShared(1_000, 100, "b");
    }

    /** Slots that wait for each other leave those of other maps their room. */
    @Test
    void mapWhoseSlotsWaitForEachOther_holdsUpNoOther() {
        TestNode node = node("a");
        CountDownLatch gate = new CountDownLatch(1);
        TimerSlots<String> narrow = node.registry.register(TimerMapSpec.named("narrow", String.class)
                .concurrency(1)
                .callback((key, firing) -> gate.await())
                .build());
        TimerSlots<String> other = node.timers(noting("a"));
        narrow.startAll(IntStream.range(0, 400).mapToObj(i -> "n" + i).toList(), Duration.ZERO);
        await().atMost(Duration.ofSeconds(30)).until(() -> node.<Integer>detail("waiting") > MOST_WAITING / 2);
        for (int i = 0; i < 20; i++) {
            other.start("k" + i, Duration.ofMillis(i * 100L));
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> runs.get() == 20);
        gate.countDown();
        await().atMost(Duration.ofSeconds(60)).until(() -> narrow.stats().fired() == 400);
    }

    /** Its callback is bound and does not run; whether it runs anywhere is looked for once. */
    @Test
    void clientOfAMap_isToldAtTheStart_andWarnedWhereNoNodeRunsIt() {
        ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                told.add(record.getLevel() + ": " + record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.asyncslot.cluster");
        logger.addHandler(handler);
        try {
            TestNode alone = node("alone");
            client(alone, "lonely");
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(told)
                            .anyMatch(
                                    line -> line.startsWith("INFO: map 'lonely' has the role 'client' in this process"))
                            .anyMatch(line -> line.startsWith("WARNING: map 'lonely'")
                                    && line.contains("no node runs it at present")
                                    && line.contains("asyncslot.maps.lonely.role=client")));
            node("worker").timers(noting("worker"));
            await().atMost(Duration.ofSeconds(30)).until(() -> hosts("orders"));
            told.clear();
            client(alone, "orders");
            client(alone, "lonelier"); // looked for after the other
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> told.stream().anyMatch(line -> line.startsWith("WARNING: map 'lonelier'")));
            assertThat(told).noneMatch(line -> line.startsWith("WARNING: map 'orders'"));
        } finally {
            logger.removeHandler(handler);
        }
    }

    private boolean hosts(String map) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return new Sessions("shared").on(connection).isHosted(map);
        }
    }

    private TimerSlots<String> client(TestNode node, String map) {
        return node.registry.register(TimerMapSpec.named(map, String.class)
                .role(SlotRole.CLIENT)
                .whenIdle(WhenIdle.KEEP)
                .callback(noting("client"))
                .build());
    }

    @Test
    void clientOfAMap_armsWhatFiresElsewhere() {
        TimerSlots<String> onClient = client(node("client"), "orders");
        assertThat(onClient.start("k", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        TestNode worker = node("worker");
        worker.timers(noting("worker"));
        for (int i = 0; i < 50; i++) {
            onClient.start("k" + i, Duration.ofMillis(i * 20));
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> runs.get() == 51);
        assertThat(ran).hasSize(51).containsValue("worker").doesNotContainValue("client");
    }
}

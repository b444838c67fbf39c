package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.node.Unreadable;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.cluster.postgres.TestStore;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schedules of keys are the cluster's: every node goes on by them, a restart keeps them, a former version spares them. */
@Timeout(120)
class KeyScheduleNodeTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SlotSchedule OFTEN = SlotSchedule.every(Duration.ofMillis(200));
    private static final SlotSchedule DAILY = SlotSchedule.cron("0 30 6 * * *", ZoneOffset.UTC);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final List<Instant> points = new CopyOnWriteArrayList<>();
    private final SlotId id = new SlotId("report", "key");
    private HikariDataSource pool;
    private String namespace;

    @BeforeEach
    void open() {
        pool = TestDatabase.pool(20);
        namespace = "schedules-" + NAMESPACES.incrementAndGet();
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private TestNode node(String name) {
        return new TestNode(pool, namespace, name);
    }

    private TimerSlots<String> map(TestNode node, boolean keySchedules) {
        return node.registry.register(TimerMapSpec.named("report", String.class)
                .keySchedules(keySchedules)
                .late(LatePolicy.ALL)
                .callback((key, firing) -> points.add(firing.deadline()))
                .build());
    }

    private void until(int runs) {
        await().atMost(PATIENCE).until(() -> points.size() >= runs);
    }

    private long sql(String sql) {
        try (Connection connection = pool.getConnection()) {
            Long number = Jdbc.first(connection, "look", sql, row -> row.getLong(1));
            return number == null ? 0 : number;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private int change(String sql) {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.update(connection, "change a row", sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void scheduleGoesOn_onAnotherNodeAndAfterARestartOfAll_onTheSameGrid() {
        try (TestNode first = node("first")) {
            assertThat(map(first, true).start("key", OFTEN)).isEqualTo(StartOutcome.STARTED);
            until(3);
        }
        int before = points.size();
        try (TestNode second = node("second")) {
            TimerSlots<String> slots = map(second, true);
            until(before + 3);
            assertThat(slots.find("key").map(SlotSnapshot::schedule)).contains(OFTEN);
        }
        int between = points.size();
        try (TestNode undeclared = node("of a former declaration")) {
            map(undeclared, false);
            until(between + 3);
        }
        for (int i = 1; i < points.size(); i++) {
            assertThat(Duration.between(points.get(i - 1), points.get(i)))
                    .as("from point %s to the next", i)
                    .isEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void scheduleBelongsToTheGenerationThatIsPending_andToNoOther() {
        String valid = "select count(*) from asyncslot_slot where scheduled = generation and schedule is not null"
                + " and ns = '" + namespace + "'";
        try (TestNode node = node("one")) {
            TimerSlots<String> slots = map(node, true);
            slots.start("key", DAILY);
            assertThat(sql(valid)).as("of a new slot").isOne();
            slots.start("key", SlotSchedule.cron("0 0 7 * * *", ZoneOffset.UTC));
            assertThat(sql(valid)).as("of a slot that is there").isOne();
            assertThat(slots.touch("key")).isEqualTo(TouchOutcome.MOVED);
            assertThat(sql(valid)).as("after a touch").isOne();
            slots.start("key", Duration.ofHours(1));
            assertThat(sql(valid)).as("of a start without a schedule").isZero();
            assertThat(slots.find("key").map(SlotSnapshot::schedule)).isEmpty();
            slots.start("key", OFTEN);
            until(2);
            await().atMost(PATIENCE).until(() -> sql(valid) == 1);
        }
        assertThat(sql(valid)).as("after the runs of its points").isOne();
    }

    @Test
    void touchWithoutADelay_movesToTheNextPoint_alsoOfAScheduleThatWasReplacedMeanwhile() {
        try (TestNode one = node("one");
                TestNode other = node("other")) {
            TimerSlots<String> slots = map(one, true);
            map(other, true).start("key", DAILY);
            slots.touch("key", Duration.ofSeconds(30));
            Instant before = Instant.now();
            assertThat(slots.touch("key")).isEqualTo(TouchOutcome.MOVED);
            SlotSnapshot slot = slots.find("key").orElseThrow();
            assertThat(slot.deadline()).isBetween(DAILY.next(before), DAILY.next(Instant.now()));
            assertThat(slot.schedule()).isEqualTo(DAILY);
        }
    }

    /** Its estimate of the database's clock is measured once in 30 s, and an hour behind meanwhile. */
    @Test
    void nodeWhoseEstimateIsBehind_meetsNoPointThatHasBeen() {
        AtomicLong behind = new AtomicLong();
        Ticker slow = new Ticker() {
            @Override
            public long monotonicNanos() {
                return SystemTicker.instance().monotonicNanos() - behind.get();
            }

            @Override
            public long realtimeNanos() {
                return SystemTicker.instance().realtimeNanos();
            }

            @Override
            public long boottimeNanos() {
                return SystemTicker.instance().boottimeNanos();
            }
        };
        try (TestNode node = new TestNode(pool, NotificationTests.lazy(namespace, "slow"), slow)) {
            TimerSlots<String> slots = map(node, true);
            await().atMost(PATIENCE).until(() -> !node.detail("notifications").equals("not heard"));
            behind.set(Duration.ofHours(1).toNanos());
            Instant before = databaseTime();
            slots.start("key", SlotSchedule.cron("0 * * * * *", ZoneOffset.UTC));
            assertThat(slots.find("key").orElseThrow().deadline()).isAfter(before);
            slots.touch("key", Duration.ofHours(5));
            slots.touch("key");
            assertThat(slots.find("key").orElseThrow().deadline())
                    .isBetween(before, databaseTime().plusSeconds(60));
        }
    }

    private Instant databaseTime() {
        return Micros.toInstant(sql("select (extract(epoch from clock_timestamp()) * 1000000)::bigint"));
    }

    /** Its text may be of a later version, or of a reader that this node has not. */
    @Test
    void scheduleThatCannotBeRead_isNamedAndKept_andDoesNotFire() {
        try (TestNode node = node("one")) {
            TimerSlots<String> slots = map(node, true);
            slots.start("key", DAILY);
            change(
                    "update asyncslot_slot set schedule = 'every full moon', due = 1, look = 1, owner = null where ns = '"
                            + namespace + "'");
            await().atMost(PATIENCE).until(() -> node.detail("unreadableSchedules") != null);
            assertThat(node.<Object>detail("unreadableSchedules"))
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .containsEntry("report", new Unreadable.Summary(1, List.of("key")));
            SlotSnapshot slot = slots.find("key").orElseThrow();
            assertThat(slot.schedule()).isNull();
            assertThat(slot.measure()).isNotNull();
            assertThat(slot.measure().notes()).anyMatch(note -> note.contains("every full moon"));
        }
        assertThat(points).isEmpty();
        assertThat(sql("select count(*) from asyncslot_slot where live and schedule = 'every full moon' and due = 1"))
                .isOne();
    }

    /** As a version before schedules does: its node's row says nothing of them, and its statements leave the columns alone. */
    @Test
    void nodeOfAFormerVersion_canHoldNoSlotWithASchedule_andTakesNoneFromOthers() {
        TestStore db = new TestStore(pool, new Sessions(namespace));
        Claim present = new Claim(db.join("present"), 10_000_000);
        Claim former = new Claim(db.join("former"), 10_000_000);
        change("update asyncslot_node set schedules = false where id = " + former.node());
        String text = "every PT1S";
        SlotId plain = new SlotId("report", "plain");
        db.start(present, id, Deadline.in(1_000_000).of(text), null, 0);
        db.start(former, plain, Deadline.in(1_000_000), null, 0);
        assertThat(owner("plain")).as("others are its own as before").isEqualTo(former.node());
        assertThat(owner("key")).isEqualTo(present.node());

        release(present);
        change("update asyncslot_slot set look = 1 where key = 'key'");
        assertThat(db.sweep(former, List.of("report"), 10)).as("a sweep").isEmpty();
        assertThat(sql("select count(*) from asyncslot_slot where key = 'key' and wake > due"))
                .as("it is looked at again later: sweeps do not turn on it")
                .isOne();
        assertThat(db.touch(former, id, Deadline.in(2_000_000)).claimed())
                .as("a touch")
                .isFalse();
        db.pause(id);
        assertThat(db.resume(former, id)).as("a resume").isEmpty();
        change("update asyncslot_slot set owner = " + former.node() + " where key = 'key'");
        assertThat(owner("key")).as("whatever it does").isZero();

        change("update asyncslot_slot set look = 1 where key = 'key'");
        Due due = db.sweep(present, List.of("report"), 10).get(0);
        assertThat(due.schedule()).isEqualTo(text);

        Armed<StartOutcome> replaced = db.start(former, id, Deadline.in(0), null, 0);
        assertThat(replaced.claimed()).as("a start without a schedule ends it").isTrue();
        assertThat(db.find(id).orElseThrow().schedule()).isNull();
    }

    /** A node of a former version ends its own run while somebody has started the slot with a schedule. */
    @Test
    void endOfARunOfAFormerVersion_leavesTheScheduleToOthers() {
        TestStore db = new TestStore(pool, new Sessions(namespace));
        Claim present = new Claim(db.join("present"), 10_000_000);
        Claim former = new Claim(db.join("former"), 10_000_000);
        change("update asyncslot_node set schedules = false where id = " + former.node());
        long generation = db.start(former, id, Deadline.in(0), null, 0).generation();
        StartedRun run = db.begin(former.node(), List.of(new Begin(id, generation, SlotStore.NONE)))
                .begun()
                .get(0);
        db.start(present, id, Deadline.in(1_000_000).of("every PT1S"), null, 0);
        assertThat(owner("key")).as("its run goes on").isEqualTo(former.node());
        Ended ended = db.end(former, List.of(run)).get(0);
        assertThat(ended.result()).isEqualTo(Ended.Result.ENDED);
        assertThat(ended.next()).isNull();
        change("update asyncslot_slot set look = 1 where key = 'key'");
        assertThat(db.sweep(present, List.of("report"), 10)).hasSize(1);
    }

    private long owner(String key) {
        return sql("select owner from asyncslot_slot where key = '" + key + "'");
    }

    private void release(Claim claim) {
        change("update asyncslot_slot set owner = null, look = due where key = 'key' and owner = " + claim.node());
    }
}

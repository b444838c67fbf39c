package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.actuate.AsyncSlotsEndpoint;
import io.asyncslot.actuate.SlotActionDescriptor;
import io.asyncslot.actuate.SlotMapActionDescriptor;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.FailedFiring;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.spring.BackendSelection;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happened last is told alike by every node, and what failed for good can be run again. */
@Timeout(120)
class FailedFiringTests {

    private final BlockingQueue<String> handed = new LinkedBlockingQueue<>();
    private volatile boolean fails = true;
    private HikariDataSource pool;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(20);
        a = new TestNode(pool, "failed", "a");
        b = new TestNode(pool, "failed", "b");
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        pool.close();
    }

    private ValueTimerSlots<String, String> map(TestNode node, WhenIdle whenIdle) {
        return map(node, whenIdle, SlotValues.last(String.class));
    }

    private ValueTimerSlots<String, String> map(TestNode node, WhenIdle whenIdle, SlotValues<String> values) {
        SlotCallback<String> callback = (key, firing) -> {
            if (fails) {
                throw new IllegalStateException("no\0 such " + key + '\ud800' + "x".repeat(5_000));
            }
            handed.add(String.valueOf(firing.value()));
        };
        node.registry.register(TimerMapSpec.named("orders", String.class)
                .whenIdle(whenIdle)
                .historySize(4)
                .values(values)
                .callback(callback)
                .build());
        return node.registry.timers("orders", String.class, String.class);
    }

    private static List<FailedFiring> failed(TestNode node) {
        return node.backend.failedFirings("orders", 10);
    }

    @Test
    void firingThatFailed_isListedByEveryNode_thoughItsSlotIsFreed_andRunsAgainWhenAskedFor() throws Exception {
        ValueTimerSlots<String, String> onA = map(a, WhenIdle.FREE);
        TimerSlots<String> onB = map(b, WhenIdle.FREE);
        onA.start("k", Duration.ZERO, "its value");
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(b).size() == 1);
        FailedFiring firing = failed(b).get(0);
        assertThat(failed(a)).containsExactly(firing);
        assertThat(firing.key()).isEqualTo("k");
        assertThat(firing.attempt()).isOne();
        assertThat(firing.failures()).isOne();
        assertThat(firing.error())
                .startsWith("java.lang.IllegalStateException: no? such k?")
                .hasSizeLessThan(1_100);
        assertThat(onB.find("k")).as("it is freed").isEmpty();
        LastFiring last = onB.findDeparted("k").orElseThrow().lastFiring();
        assertThat(last).isNotNull();
        assertThat(last.failure()).isEqualTo(firing.error());
        assertThat(last.generation()).isEqualTo(firing.generation());

        fails = false;
        assertThat(b.backend.retry(firing)).isTrue();
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("its value");
        await().atMost(Duration.ofSeconds(20)).until(() -> onA.find("k").isEmpty());
        assertThat(failed(a)).isEmpty();
        assertThat(b.backend.retry(firing)).isFalse();
        assertThat(handed).isEmpty();
    }

    @Test
    void slotThatStays_showsTheSameOnEveryNode_andANewStartTakesItOffTheList() throws Exception {
        TimerSlots<String> onA = map(a, WhenIdle.KEEP);
        TimerSlots<String> onB = map(b, WhenIdle.KEEP);
        onA.start("k", Duration.ZERO);
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(a).size() == 1);
        LastFiring last = onA.find("k").orElseThrow().lastFiring();
        assertThat(last).isNotNull().isEqualTo(onB.find("k").orElseThrow().lastFiring());
        assertThat(last.failure()).contains("such k");
        assertThat(last.duration()).isNotNull();
        onB.start("k", Duration.ofHours(1));
        assertThat(failed(a)).isEmpty();
        assertThat(onA.find("k").orElseThrow().lastFiring()).isEqualTo(last);
        onB.cancel("k");
        fails = false;
        onB.start("k", Duration.ZERO);
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("null");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            LastFiring next = onA.find("k").orElseThrow().lastFiring();
            assertThat(next).isNotNull();
            assertThat(next.failure()).isNull();
            assertThat(next.generation()).isGreaterThan(last.generation());
        });
    }

    @Test
    void endpoint_retriesAndForgets_oneOrSeveral_onANodeThatDidNotRunThem() throws Exception {
        ValueTimerSlots<String, String> onA = map(a, WhenIdle.FREE);
        map(b, WhenIdle.FREE);
        List<String> keys = List.of("k1", "k2", "k3", "other");
        keys.forEach(key -> onA.start(key, Duration.ZERO, "value of " + key));
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(b).size() == keys.size());
        AsyncSlotsEndpoint endpoint = new AsyncSlotsEndpoint(
                b.registry, new BackendSelection("cluster", "cluster", List.of()), List.of(), event -> {});
        fails = false;
        assertThat(endpoint.write("orders", "k1", "forget", null, null, null))
                .isInstanceOfSatisfying(
                        SlotActionDescriptor.class,
                        done -> assertThat(done.outcome()).isEqualTo("FORGOTTEN"));
        assertThat(failed(a)).extracting(FailedFiring::key).containsExactlyInAnyOrder("k2", "k3", "other");
        assertThat(endpoint.write("orders", "k1", "retry", null, null, null))
                .as("it is gone")
                .isNull();
        assertThat(endpoint.write("orders", "k2", "retry", null, null, null))
                .isInstanceOfSatisfying(
                        SlotActionDescriptor.class,
                        done -> assertThat(done.outcome()).isEqualTo("RETRIED"));
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("value of k2");
        await().atMost(Duration.ofSeconds(20)).until(() -> onA.find("k2").isEmpty());
        assertThat(endpoint.write("orders", null, "retry", null, "k", null))
                .isInstanceOfSatisfying(
                        SlotMapActionDescriptor.class,
                        done -> assertThat(done.outcomes()).isEqualTo(Map.of("RETRIED", 1)));
        assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("value of k3");
        await().atMost(Duration.ofSeconds(20)).until(() -> onA.find("k3").isEmpty());
        assertThat(failed(a)).extracting(FailedFiring::key).containsExactly("other");
        assertThat(handed).isEmpty();
    }

    @Test
    void forgotten_itsValuesAreGone_andASlotThatStaysIsNotTouched() throws Exception {
        ValueTimerSlots<String, String> onA = map(a, WhenIdle.FREE, SlotValues.collect(String.class));
        onA.start("k", Duration.ofHours(1), "one");
        onA.start("k", Duration.ZERO, "two");
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(a).size() == 1);
        assertThat(values()).isEqualTo(2);
        FailedFiring firing = failed(a).get(0);
        assertThat(a.backend.forget(firing)).isTrue();
        assertThat(values()).isZero();
        assertThat(a.backend.forget(firing)).isFalse();
        assertThat(a.backend.retry(firing)).isFalse();

        TimerSlots<String> kept = b.registry.register(TimerMapSpec.named("kept", String.class)
                .whenIdle(WhenIdle.KEEP)
                .callback((key, run) -> {
                    throw new IllegalStateException("no");
                })
                .build());
        kept.start("k", Duration.ZERO);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> b.backend.failedFirings("kept", 1).size() == 1);
        assertThat(b.backend.forget(b.backend.failedFirings("kept", 1).get(0))).isTrue();
        assertThat(b.backend.failedFirings("kept", 1)).isEmpty();
        assertThat(kept.find("k")).isPresent();
    }

    private int values() throws Exception {
        try (Connection connection = pool.getConnection()) {
            return Jdbc.query(connection, "count values", "select count(*) from asyncslot_value", row -> row.getInt(1))
                    .get(0);
        }
    }

    @Test
    void mapThatIsMoved_takesItsFailedFiringsAlong_andOneThatIsDroppedForgetsThem() {
        ValueTimerSlots<String, String> onA = map(a, WhenIdle.FREE);
        onA.start("far", Duration.ofHours(1), "its value");
        onA.start("k", Duration.ZERO, "its value");
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(b).size() == 1);
        a.close();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(b.backend.report().details()).containsEntry("unhosted", Map.of("orders", 1L)));
        assertThat(b.backend.moveMap("orders", "renamed")).isEqualTo(2);
        assertThat(failed(b)).isEmpty();
        assertThat(b.backend.failedFirings("renamed", 10))
                .extracting(FailedFiring::key)
                .containsExactly("k");
        assertThat(b.backend.dropMap("renamed")).isEqualTo(1);
        assertThat(b.backend.failedFirings("renamed", 10)).isEmpty();
    }

    @Test
    void rowOfAFailedFiring_staysForTheRetention() throws Exception {
        TimerSlots<String> onA = map(a, WhenIdle.FREE);
        onA.start("k", Duration.ZERO);
        await().atMost(Duration.ofSeconds(20)).until(() -> failed(a).size() == 1);
        Sessions store = new Sessions("failed");
        try (Connection connection = pool.getConnection()) {
            long day = 24 * 3_600_000_000L;
            age(connection, 6 * day);
            assertThat(store.on(connection).purge(7 * day, 10)).isZero();
            age(connection, 2 * day);
            assertThat(store.on(connection).purge(7 * day, 10)).isOne();
        }
        assertThat(failed(a)).isEmpty();
    }

    private static void age(Connection connection, long micros) {
        Jdbc.update(
                connection,
                "let time pass",
                "update asyncslot_slot set dead_at = dead_at - ?, failed_at = failed_at - ?",
                micros,
                micros);
    }

    @Test
    void deletedWhileItRan_isNotListed() throws Exception {
        Sessions store = new Sessions("failed");
        SlotId id = new SlotId("alone", "k");
        try (Connection connection = pool.getConnection()) {
            Claim claim = new Claim(store.on(connection).join("c"), 0);
            long generation = store.on(connection)
                    .start(claim, id, Deadline.in(0), null, 0)
                    .generation();
            StartedRun run = store.on(connection)
                    .begin(claim.node(), List.of(new Begin(id, generation, SlotStore.NONE)))
                    .begun()
                    .get(0);
            store.on(connection).delete(id, Carrying.NOTHING);
            store.on(connection)
                    .end(
                            claim,
                            List.of(new Finish(run, Finish.Result.FAILED, 1, "error")),
                            Set.of("alone"),
                            Set.of(),
                            1_000_000);
            assertThat(store.on(connection).failed("alone", 10)).isEmpty();
            assertThat(store.on(connection).retryFailed(id)).isFalse();
            store.on(connection).release(claim.node());
        }
    }
}

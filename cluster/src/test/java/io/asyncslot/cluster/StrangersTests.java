package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.BackendReport;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.node.Unreadable;
import io.asyncslot.cluster.postgres.Sessions;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows that nobody expects: of a map that was renamed, with a key of another type. */
@Timeout(120)
class StrangersTests {

    private final BlockingQueue<Object> fired = new LinkedBlockingQueue<>();
    private HikariDataSource pool;
    private TestNode a;

    @BeforeEach
    void start() {
        pool = TestDatabase.pool(20);
        a = new TestNode(pool, "strangers", "a");
    }

    @AfterEach
    void stop() {
        a.close();
        pool.close();
    }

    private <K> TimerSlots<K> map(TestNode node, String name, Class<K> keyType) {
        return node.registry.register(TimerMapSpec.named(name, keyType)
                .callback((key, firing) -> fired.add(key))
                .build());
    }

    private Object unhosted() {
        return a.backend.report().details().get("unhosted");
    }

    @Test
    void mapThatNobodyRuns_isNamed_andItsSlotsAreMoved() throws Exception {
        TestNode b = new TestNode(pool, "strangers", "b");
        TimerSlots<String> latter = map(a, "latter", String.class);
        long generation;
        try {
            TimerSlots<String> former = map(b, "former", String.class);
            former.startAll(List.of("k1", "k2", "both"), Duration.ofHours(1));
            latter.start("both", Duration.ofHours(2));
            await().atMost(Duration.ofSeconds(20)).until(() -> unhosted() == null);
            assertThatIllegalArgumentException().isThrownBy(() -> a.backend.moveMap("former", "latter"));
            generation = former.find("k1").orElseThrow().generation();
        } finally {
            b.close();
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> unhosted() != null);
        BackendReport report = a.backend.report();
        assertThat(report.available()).isTrue();
        assertThat(report.details()).containsEntry("unhosted", Map.of("former", 3L));
        assertThat(report.reasons()).singleElement().asString().contains("'former' has 3 slots");

        assertThat(a.backend.moveMap("former", "latter")).isEqualTo(2);
        assertThat(latter.find("k1").orElseThrow().generation()).isEqualTo(generation);
        assertThat(unhosted()).as("the one whose key is there").isEqualTo(Map.of("former", 1L));
        assertThat(a.backend.dropMap("former")).isEqualTo(1);
        assertThat(unhosted()).isNull();
        assertThat(a.backend.report().reasons()).isEmpty();
    }

    @Test
    void movedSlotThatIsOverdue_firesAtOnce() throws Exception {
        Sessions store = new Sessions("strangers");
        try (Connection connection = pool.getConnection()) {
            Claim nobody = new Claim(SlotStore.NONE, -SlotStore.NEVER);
            store.on(connection).start(nobody, new SlotId("former", "k"), Deadline.in(0), null, 0);
        }
        map(a, "latter", String.class);
        assertThat(a.backend.moveMap("former", "latter")).isEqualTo(1);
        assertThat(fired.poll(20, TimeUnit.SECONDS)).isEqualTo("k");
    }

    @Test
    void hostileKeys_areData() throws Exception {
        TimerSlots<String> slots = map(a, "hostile", String.class);
        List<String> keys = List.of(
                "'; drop table asyncslot_slot; --",
                "' or '1' = '1",
                "\\",
                "%",
                "_",
                "$1",
                "?",
                "a\nb\u001b[31m",
                "{\"@class\":\"java.lang.Runtime\"}");
        slots.startAll(keys, Duration.ofHours(1));
        assertThat(slots.stats().armed()).isEqualTo(keys.size());
        for (String key : keys) {
            assertThat(slots.find(key))
                    .hasValueSatisfying(slot -> assertThat(slot.key()).isEqualTo(key));
            assertThat(slots.delete(key)).isEqualTo(DeleteOutcome.DELETED_ARMED);
        }
        assertThat(slots.stats().armed()).isZero();
        slots.start("'; drop table asyncslot_slot; --", Duration.ZERO);
        assertThat(fired.poll(20, TimeUnit.SECONDS)).isEqualTo("'; drop table asyncslot_slot; --");
    }

    @Test
    void rowWhoseKeyCannotBeRead_isCounted_andDisturbsNobody() throws Exception {
        Sessions store = new Sessions("strangers");
        try (Connection connection = pool.getConnection()) {
            Claim nobody = new Claim(SlotStore.NONE, -SlotStore.NEVER);
            for (String key : List.of("1", "two", "3")) {
                store.on(connection).start(nobody, new SlotId("numbers", key), Deadline.in(0), null, 0);
            }
            store.on(connection).start(nobody, new SlotId("numbers", "four"), Deadline.in(3_600_000_000L), null, 0);
        }
        TimerSlots<Long> numbers = map(a, "numbers", Long.class);
        assertThat(List.of(fired.poll(20, TimeUnit.SECONDS), fired.poll(20, TimeUnit.SECONDS)))
                .containsExactlyInAnyOrder(1L, 3L);
        numbers.start(5L, Duration.ofHours(1));
        // Once those that have fired are freed, there is one.
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            List<Object> seen = new ArrayList<>();
            assertThat(numbers.scan(10, null, (SlotSnapshot slot) -> seen.add(slot.key())))
                    .isOne();
            assertThat(seen).containsExactly(5L);
        });
        Unreadable.Summary summary =
                a.<Map<String, Unreadable.Summary>>detail("unreadable").get("numbers");
        assertThat(summary.slots()).isEqualTo(2);
        assertThat(summary.keys()).containsExactlyInAnyOrder("two", "four");
        assertThat(fired).isEmpty();
    }
}

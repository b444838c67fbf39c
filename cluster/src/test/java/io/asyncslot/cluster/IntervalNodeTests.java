package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The interval between runs is the cluster's, as the other shapes are; and the history says which of them has held. */
@Timeout(120)
class IntervalNodeTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final AtomicInteger runs = new AtomicInteger();
    private HikariDataSource pool;
    private String namespace;

    @BeforeEach
    void open() {
        pool = TestDatabase.pool(20);
        namespace = "intervals-" + NAMESPACES.incrementAndGet();
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private TestNode node(String name) {
        return new TestNode(pool, namespace, name);
    }

    private WorkSlots<String> works(TestNode node, Duration interval) {
        return node.registry.register(WorkMapSpec.named("reindex", String.class)
                .minInterval(interval)
                .historySize(20)
                .callback((key, firing) -> runs.incrementAndGet())
                .build());
    }

    @Test
    void endOfAnInterval_holdsOnEveryNode_andAfterARestartOfAll() {
        try (TestNode first = node("first")) {
            WorkSlots<String> slots = works(first, HOUR);
            slots.submit("key");
            await().atMost(PATIENCE)
                    .until(() -> slots.find("key")
                            .map(slot -> slot.deadline() == null && runs.get() == 1)
                            .orElse(false));
        }
        try (TestNode second = node("second")) {
            WorkSlots<String> slots = works(second, HOUR);
            assertThat(slots.find("key")).as("it stays for its interval").isPresent();
            assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
            assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.COALESCED);
            assertThat(slots.find("key").orElseThrow().timeLeft()).isGreaterThan(Duration.ofMinutes(50));
        }
        assertThat(runs).hasValue(1);
    }

    @Test
    void slotWhoseIntervalIsOver_isFreed_byWhicheverNodeIsThere_alsoAfterAPause() {
        try (TestNode first = node("first")) {
            WorkSlots<String> slots = works(first, Duration.ofSeconds(2));
            for (String key : List.of("key", "paused", "cancelled")) {
                slots.submit(key);
            }
            await().atMost(PATIENCE).until(() -> runs.get() == 3);
            slots.pause("paused");
            slots.submit("cancelled");
            slots.cancel("cancelled");
        }
        try (TestNode second = node("second")) {
            WorkSlots<String> slots = works(second, Duration.ofSeconds(2));
            await().atMost(PATIENCE).until(() -> slots.find("key").isEmpty());
            await().atMost(PATIENCE).until(() -> slots.find("cancelled").isEmpty());
            slots.resume("paused");
            await().atMost(PATIENCE).until(() -> slots.find("paused").isEmpty());
            assertThat(slots.stats().slots()).isZero();
        }
        assertThat(runs).hasValue(3);
    }

    @Test
    void history_namesTheSettingThatHasHeld() {
        try (TestNode node = node("one")) {
            WorkSlots<String> works = works(node, HOUR);
            works.submit("key");
            await().atMost(PATIENCE)
                    .until(() -> works.find("key")
                            .map(slot -> slot.deadline() == null && runs.get() == 1)
                            .orElse(false));
            works.submit("key");
            SlotEvent held = last(works.find("key").orElseThrow().history(), Kind.SUBMITTED);
            assertThat(held.limit()).isEqualTo(SlotLimit.MIN_INTERVAL);
            assertThat(held.detail()).isBetween(Duration.ofMinutes(50), HOUR);

            TimerSlots<String> debounced = node.registry.register(TimerMapSpec.named("webhook", String.class)
                    .maxWait(HOUR)
                    .historySize(20)
                    .callback((key, firing) -> {})
                    .build());
            debounced.start("key", Duration.ofMinutes(1));
            assertThat(last(debounced.find("key").orElseThrow().history(), Kind.STARTED)
                            .limit())
                    .isNull();
            debounced.start("key", Duration.ofHours(3));
            SlotEvent rearmed = last(debounced.find("key").orElseThrow().history(), Kind.REARMED);
            assertThat(rearmed.limit()).isEqualTo(SlotLimit.MAX_WAIT);
            assertThat(rearmed.detail()).isLessThanOrEqualTo(HOUR);
            debounced.touch("key", Duration.ofHours(2));
            assertThat(last(debounced.find("key").orElseThrow().history(), Kind.MOVED)
                            .limit())
                    .isEqualTo(SlotLimit.MAX_WAIT);

            node.registry.register(TimerMapSpec.named("audit", String.class)
                    .collecting(SlotValues.collect(String.class), (key, values, firing) -> {})
                    .flushAt(2)
                    .historySize(20)
                    .build());
            ValueTimerSlots<String, String> audit = node.registry.timers("audit", String.class, String.class);
            audit.pause();
            audit.start("key", HOUR, "one");
            audit.start("key", HOUR, "two");
            assertThat(last(audit.find("key").orElseThrow().history(), Kind.REARMED)
                            .limit())
                    .isEqualTo(SlotLimit.FLUSH_AT);
        }
    }

    private static SlotEvent last(List<SlotEvent> history, Kind kind) {
        return history.stream()
                .filter(event -> event.kind() == kind)
                .reduce((one, next) -> next)
                .orElseThrow();
    }
}

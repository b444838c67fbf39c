package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotCallback;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.cluster.ClusterOptions.WhenAway;
import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More is due than the threads can run, for as long as one likes: what waits longest is next. */
@Timeout(120)
class OverloadTests {

    private static final int MOST_WAITING = 20;
    private static final int OLD = 100;

    private final Semaphore permits = new Semaphore(0);
    private final AtomicInteger runs = new AtomicInteger();
    private HikariDataSource pool;
    private TestNode node;

    @AfterEach
    void stop() {
        permits.release(1_000_000);
        node.close();
        pool.close();
    }

    private TimerSlots<String> timers(boolean h2, Duration every, SlotCallback<String> callback) {
        pool = h2 ? TestDatabase.h2(20) : TestDatabase.pool(20);
        ClusterOptions quick = TestNode.quick("overload", "a", WhenAway.REFUSE);
        ClusterOptions options = TestNode.with(quick, "maxWaiting", MOST_WAITING);
        node = new TestNode(pool, options, SystemTicker.instance(), Executors.newFixedThreadPool(1));
        return node.registry.register(TimerMapSpec.named("orders", String.class)
                .every(every)
                .callback((key, firing) -> {
                    permits.acquire();
                    callback.run(key, firing);
                    runs.incrementAndGet();
                })
                .build());
    }

    private static List<String> keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> "old" + i).toList();
    }

    private void letRun(int number) {
        permits.release();
        await().pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(30))
                .until(() -> runs.get() >= number);
    }

    /** For each slot that has run, a new one comes: no more of them overtake the old ones than wait for a thread. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void newSlots_waitBehindTheOldOnes(boolean h2) {
        Set<String> waiting = ConcurrentHashMap.newKeySet();
        waiting.addAll(keys(OLD));
        TimerSlots<String> slots = timers(h2, null, (key, firing) -> waiting.remove(key));
        for (String key : keys(OLD)) {
            assertThat(slots.start(key, Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        }
        for (int i = 1; i <= OLD + MOST_WAITING; i++) {
            letRun(i);
            assertThat(slots.start("new" + i, Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        }
        assertThat(waiting).as("old slots that have not run").isEmpty();
    }

    /** Slots that are due again as soon as they have run leave the thread to those that have not. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slotsThatAreAlwaysDue_takeTurns(boolean h2) {
        Map<String, Integer> ran = new ConcurrentHashMap<>();
        TimerSlots<String> slots = timers(h2, Duration.ofMillis(1), (key, firing) -> ran.merge(key, 1, Integer::sum));
        slots.startAll(keys(OLD), Duration.ZERO);
        for (int i = 1; i <= 2 * (OLD + MOST_WAITING); i++) {
            letRun(i);
        }
        assertThat(ran).as("slots that have run").hasSize(OLD);
    }
}

package io.asyncslot.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** When the feed works, what it survives, and what it tells. */
class FeedTests {

    private final Firings firings = new Firings();
    private AsyncSlotRegistry registry;
    private TimerSlots<String> carts;

    @BeforeEach
    void open() {
        registry = new AsyncSlotRegistryBuilder(Runnable::run).listener(firings).build();
        carts = registry.register(TimerMapSpec.named("cart", String.class)
                .callback((key, firing) -> {
                    if (key.equals("fail")) {
                        throw new IllegalStateException("as wanted");
                    }
                })
                .build());
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private static final class Listening implements Viewer {
        final Queue<String> seen = new ConcurrentLinkedQueue<>();
        volatile boolean ended;

        @Override
        public void offer(String json) {
            seen.add(json);
        }

        @Override
        public void end() {
            ended = true;
        }
    }

    /** Does something before it tells its maps. */
    private AsyncSlotRegistry registryThatFirst(Executable action) {
        return (AsyncSlotRegistry) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AsyncSlotRegistry.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("maps")) {
                        action.execute();
                    }
                    try {
                        return method.invoke(registry, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void feed_worksOnlyWhileSomebodyLooks() {
        Feed feed = new Feed(() -> new Sampler(registry, firings, Clock.systemUTC()), firings, 1);
        assertThat(feed.isWorking()).isFalse();
        Listening first = new Listening();
        assertThat(feed.join(first)).isTrue();
        await().until(() -> first.seen.size() >= 2);
        assertThat(feed.isWorking()).isTrue();
        Listening second = new Listening();
        feed.join(second);
        assertThat(second.seen).as("the latest is there immediately").isNotEmpty();
        feed.leave(first);
        feed.leave(second);
        await().until(() -> !feed.isWorking());
        Listening third = new Listening();
        feed.join(third);
        await().until(() -> !third.seen.isEmpty());
        feed.stop();
        assertThat(third.ended).isTrue();
        assertThat(feed.join(new Listening())).isFalse();
    }

    @Test
    void oneBadSecond_isNotTheLast() {
        AtomicInteger asked = new AtomicInteger();
        AsyncSlotRegistry failing = registryThatFirst(() -> {
            if (asked.getAndIncrement() < 3) {
                throw new OutOfMemoryError("as wanted");
            }
        });
        Feed feed = new Feed(() -> new Sampler(failing, firings, Clock.systemUTC()), firings, 1);
        Listening viewer = new Listening();
        feed.join(viewer);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> viewer.seen.stream().anyMatch(json -> json.contains("\"tookMillis\"")));
        assertThat(asked).hasValueGreaterThan(3);
        feed.stop();
    }

    /** As while the database of a map is away: each question waits for a connection, or fails. */
    @Test
    void countersThatCannotBeRead_leaveASignOfLife() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        AsyncSlotRegistry held = registryThatFirst(() -> {
            asked.incrementAndGet();
            back.await();
        });
        Feed feed = new Feed(() -> new Sampler(held, firings, Clock.systemUTC()), firings, 1);
        Listening viewer = new Listening();
        feed.join(viewer);
        await().atMost(Duration.ofSeconds(30)).until(() -> viewer.seen.size() >= 2);
        assertThat(asked).as("the sample and the census").hasValue(2);
        assertThat(viewer.seen).containsOnly(Feed.PULSE);
        viewer.seen.clear();
        back.countDown();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> viewer.seen.stream().anyMatch(json -> json.contains("\"cart\"")));
        feed.stop();
    }

    @Test
    void census_tellsWhatIsDueWhen() {
        Instant now = Instant.now();
        carts.start("soon", Duration.ofSeconds(100));
        carts.start("in an hour", Duration.ofMinutes(58));
        carts.start("later", Duration.ofHours(2));
        carts.start("late", Duration.ofHours(1));
        carts.pause("late");
        carts.start("late", Duration.ZERO);
        Census census = Census.take(registry.maps(), now.plusSeconds(5));
        assertThat(census.later()).isEqualTo(1);
        assertThat(Arrays.stream(census.due()).sum()
                        + census.overdue().values().stream().mapToLong(n -> n).sum())
                .isEqualTo(3);
        assertThat(census.from()).isBeforeOrEqualTo(now.plusSeconds(5));
        assertThat(census.due()[116] + census.due()[115]).isEqualTo(1);
        assertThat(census.due()[3] + census.due()[4]).isEqualTo(1);
    }

    @Test
    void pausedSlot_thatIsDue_isOverdue() {
        carts.start("late", Duration.ofHours(1));
        carts.pause("late");
        carts.start("late", Duration.ZERO);
        assertThat(Census.take(registry.maps(), Instant.now().plusSeconds(5)).overdue())
                .isEqualTo(Map.of("cart", 1L));
        Instant due = carts.find("late").orElseThrow().deadline();
        assertThat(Census.take(registry.maps(), due.plusMillis(500)).overdue())
                .as("due a moment ago")
                .isEmpty();
    }

    @Test
    void rates_areThoseOfTheTimeBetween() {
        Sampler sampler = new Sampler(registry, firings, Clock.systemUTC());
        long second = 1_000_000_000L;
        carts.start("a", Duration.ZERO);
        await().until(() -> carts.stats().fired() == 1);
        Overview first = sampler.sample(0);
        assertThat(first.fired()).as("nothing to compare with").isEmpty();
        assertThat(first.maps().get(0).firedPerSecond()).isZero();
        for (String key : new String[] {"a", "b", "c", "fail"}) {
            carts.start(key, Duration.ZERO);
        }
        await().until(() -> carts.stats().fired() == 5 && carts.stats().failed() == 1);
        Overview later = sampler.sample(2 * second);
        assertThat(later.fired()).containsExactly(2.0);
        assertThat(later.failed()).containsExactly(0.5);
        assertThat(later.maps().get(0).firedPerSecond()).isEqualTo(2.0);
        assertThat(later.maps().get(0).failedLately()).isEqualTo(1);
        for (int i = 3; i < Sampler.RATES + 10; i++) {
            sampler.sample(i * second);
        }
        Overview last = sampler.sample(200 * second);
        assertThat(last.fired()).hasSize(Sampler.RATES).containsOnly(0.0);
        assertThat(last.maps().get(0).failedLately()).isZero();
    }
}

package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.EngineProbe;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Everything at once: random operations on timers, series and works from several threads and from inside callbacks,
 * while the executor refuses at random, maps close and open, and the registry stops and starts. At the end the books
 * balance and nothing is left. {@code -Dasyncslot.stress.seconds} makes it longer.
 */
class SlotStressTests {

    private static final int SECONDS = Integer.getInteger("asyncslot.stress.seconds", 8);
    private static final int OPERATORS = 3;

    private final Logger log = Logger.getLogger("io.asyncslot");
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean done = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    @BeforeEach
    void hideExpectedFailures() {
        log.setFilter(entry -> !(entry.getThrown() instanceof StressMap.ExpectedFailure));
        Logger.getLogger("io.asyncslot.backend.CallbackInvoker").setLevel(Level.SEVERE);
    }

    @AfterEach
    void end() {
        done.set(true);
        Logger.getLogger("io.asyncslot.backend.CallbackInvoker").setLevel(null);
        log.setFilter(null);
    }

    private void spawn(Race.Action action) {
        threads.add(Race.thread(() -> {
            try {
                while (!done.get()) {
                    action.run();
                }
            } catch (Throwable e) {
                failures.add(e);
            }
        }));
    }

    @Test
    @Timeout(value = 600)
    void ledger_underEverythingAtOnce_balances() throws Exception {
        AtomicBoolean refuses = new AtomicBoolean(true);
        AtomicLong refused = new AtomicLong();
        AtomicInteger restarts = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(3, 3, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(64), task -> {
                    Thread thread = new Thread(task, "stress-callback");
                    thread.setDaemon(true);
                    return thread;
                });
        Executor executor = task -> {
            if (refuses.get() && ThreadLocalRandom.current().nextInt(20) == 0) {
                refused.incrementAndGet();
                throw new RejectedExecutionException("at random");
            }
            pool.execute(task);
        };
        JvmBackend backend = new JvmBackend();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(executor).backend(backend).build()) {
            List<StressMap> maps = new ArrayList<>();
            maps.add(StressMap.timers(registry, "timers", 40, spec -> spec));
            maps.add(StressMap.timers(registry, "history", 10, spec -> spec.historySize(8)));
            maps.add(StressMap.timers(
                    registry, "limited", 40, spec -> spec.maxEntries(10).concurrency(1)));
            for (LatePolicy late : LatePolicy.values()) {
                maps.add(StressMap.timers(
                        registry,
                        "every-" + late,
                        6,
                        spec -> spec.every(Duration.ofMillis(2)).late(late)));
            }
            maps.add(StressMap.works(registry, "works", 20, spec -> spec));
            maps.add(StressMap.works(registry, "serial", 20, spec -> spec.concurrency(2)));
            registry.start();
            for (int i = 0; i < OPERATORS; i++) {
                Random random = new Random(i);
                spawn(() -> {
                    maps.get(random.nextInt(maps.size())).operate(random);
                    if (random.nextInt(10) == 0) {
                        Thread.sleep(0, 100_000);
                    }
                });
            }
            ConcurrentLinkedQueue<StressMap> closed = new ConcurrentLinkedQueue<>();
            spawn(() -> closed.add(openUseAndClose(registry)));
            spawn(() -> {
                Thread.sleep(100);
                registry.stop(Duration.ofMillis(ThreadLocalRandom.current().nextInt(5)));
                Thread.sleep(2);
                registry.start();
                restarts.incrementAndGet();
            });
            long until = System.nanoTime() + SECONDS * 1_000_000_000L;
            while (System.nanoTime() - until < 0 && failures.isEmpty()) {
                Thread.sleep(50);
            }
            done.set(true);
            for (Thread thread : threads) {
                thread.join(30_000);
                assertThat(thread.isAlive())
                        .as("hangs: %s", List.of(thread.getStackTrace()))
                        .isFalse();
            }
            assertThat(failures).isEmpty();
            refuses.set(false);
            maps.addAll(closed);
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        // a callback may still start another key: end that too
                        maps.forEach(StressMap::deleteAll);
                        EngineProbe.wake(backend);
                        return maps.stream().allMatch(StressMap::isAtRest)
                                && !EngineProbe.hasCommands(backend)
                                && EngineProbe.filed(backend) == 0;
                    });
            maps.forEach(StressMap::check);
            assertThat(registry.stop(Duration.ofSeconds(30))).isTrue();
            Race.reached("refusals", refused.get());
            Race.reached("restarts", restarts.get());
            Race.reached("maps closed under load", closed.size());
            Race.reached(
                    "deletes while running",
                    maps.stream().mapToLong(map -> map.deletedInside.get()).sum());
        } finally {
            pool.shutdownNow();
        }
    }

    /** A map that lives for a moment only, closed while it is in use. */
    private StressMap openUseAndClose(AsyncSlotRegistry registry) throws Exception {
        StressMap map = StressMap.timers(registry, "brief", 8, spec -> spec);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Random random = new Random();
        Thread user = Race.thread(() -> {
            try {
                while (!map.map.isClosed()) {
                    map.operate(random);
                }
                map.operate(random);
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        long until = System.nanoTime() + 20_000_000_000L;
        while (map.runs.get() < 5 && System.nanoTime() - until < 0) {
            Thread.sleep(1);
        }
        assertThat(map.map.close(Duration.ofSeconds(20))).hasToString("CLOSED");
        user.join();
        assertThat(failure).hasValue(null);
        return map;
    }

    /** Each key is started once, with the moment noted before: no run begins before that moment and its delay. */
    @Test
    @Timeout(120)
    void deadlines_ofManyTimers_areNeverEarly_andAllFireOnce() throws Exception {
        int count = 20_000;
        long[] earliest = new long[count];
        AtomicInteger early = new AtomicInteger();
        AtomicInteger twice = new AtomicInteger();
        AtomicInteger fired = new AtomicInteger();
        java.util.concurrent.atomic.AtomicIntegerArray runs = new java.util.concurrent.atomic.AtomicIntegerArray(count);
        JvmBackend backend = new JvmBackend();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build()) {
            TimerSlots<Integer> timers = registry.register(TimerMapSpec.named("t", Integer.class)
                    .callback((key, firing) -> {
                        if (System.nanoTime() - earliest[key] < 0) {
                            early.incrementAndGet();
                        }
                        if (runs.getAndIncrement(key) != 0) {
                            twice.incrementAndGet();
                        }
                        fired.incrementAndGet();
                    })
                    .build());
            registry.start();
            Random random = new Random(7);
            for (int key = 0; key < count; key++) {
                int nanos = random.nextInt(300_000_000);
                earliest[key] = System.nanoTime() + nanos;
                timers.start(key, Duration.ofNanos(nanos));
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> fired.get() >= count);
            assertThat(registry.stop(Duration.ofSeconds(10))).isTrue();
            assertThat(fired).hasValue(count);
            assertThat(early).hasValue(0);
            assertThat(twice).hasValue(0);
            assertThat(EngineProbe.filed(backend)).isZero();
        }
    }
}

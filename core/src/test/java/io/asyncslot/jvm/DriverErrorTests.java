package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.FailingLog;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Errors in the timer thread, at any of its readings of the clock, with a log that fails too: every slot fires once. */
class DriverErrorTests {

    private static final int KEYS = 500;

    /** A clock that fails in the timer thread, at a third of its readings, drawn by lot, until it has failed often enough. */
    private static final class FailingTicker implements Ticker {

        private final Random lots = new Random(13);
        private final AtomicInteger failures = new AtomicInteger();

        @Override
        public long monotonicNanos() {
            return mayFail(SystemTicker.instance().monotonicNanos());
        }

        @Override
        public long realtimeNanos() {
            return SystemTicker.instance().realtimeNanos();
        }

        @Override
        public long boottimeNanos() {
            return SystemTicker.instance().boottimeNanos();
        }

        private long mayFail(long nanos) {
            if (Thread.currentThread().getName().contains("timer") && failures.get() < 300 && lots.nextInt(3) == 0) {
                failures.incrementAndGet();
                throw new OutOfMemoryError("as if");
            }
            return nanos;
        }
    }

    @Test
    void errorsInTheTimerThread_loseNoSlot() throws Exception {
        FailingTicker ticker = new FailingTicker();
        AtomicIntegerArray runs = new AtomicIntegerArray(KEYS);
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                        .ticker(ticker)
                        .backend(new JvmBackend())
                        .build()) {
            registry.start();
            TimerSlots<Integer> map = registry.register(TimerMapSpec.named("m", Integer.class)
                    .historySize(4)
                    .callback((key, firing) -> runs.incrementAndGet(key))
                    .build());
            for (int key = 0; key < KEYS; key++) {
                map.start(key, Duration.ofMillis(1 + key % 50));
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> map.stats().fired() >= KEYS);
            for (int key = 0; key < KEYS; key++) {
                assertThat(runs.get(key)).as("runs of %s", key).isEqualTo(1);
            }
            assertThat(ticker.failures.get()).as("errors in the timer thread").isPositive();
            assertThat(log.asked()).as("failures told to the log").isPositive();
        } finally {
            executor.shutdownNow();
        }
    }

    /** The slot is out of the wheel then, and in nobody's hands but the driver's. */
    @Test
    void clockThatFailsInTheHandOver_isFollowedByAnotherHandOver() {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger failures = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<String> map =
                    bench.timers(String.class, (key, firing) -> runs.incrementAndGet(), more -> more.historySize(4));
            map.start("key", Duration.ofMillis(1));
            bench.ticker.onRead(() -> {
                if (isHandingOver() && failures.incrementAndGet() <= 2) {
                    throw new IllegalStateException("the clock fails");
                }
            });
            bench.ticker.advance(Duration.ofMillis(1));
            for (int i = 1; i <= 2; i++) {
                assertThatThrownBy(bench.backend::pump).hasMessage("the clock fails");
                assertThat(failures).hasValue(i);
            }
            assertThat(bench.settle()).as("tasks handed over").isEqualTo(1);
            assertThat(runs).hasValue(1);
            assertThat(map.stats().references()).isEqualTo(map.stats().slots());
        }
    }

    private static boolean isHandingOver() {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("handOver")));
    }

    /** A timer thread that fails says so until it has done its work again, and tells the log once. */
    @Test
    void driverThatFails_isReportedUntilItHasDoneItsWork() {
        AtomicInteger runs = new AtomicInteger();
        BrokenTicker ticker = new BrokenTicker();
        JvmBackend backend = new JvmBackend();
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                        .ticker(ticker)
                        .backend(backend)
                        .build()) {
            registry.start();
            TimerSlots<String> map = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> runs.incrementAndGet())
                    .build());
            map.start("before", Duration.ofMillis(1));
            await().until(() -> runs.get() == 1);
            await().until(() -> backend.report().available());
            assertThat(backend.report().details()).containsEntry("driverFailures", 0L);

            map.start("key", Duration.ofMillis(50));
            ticker.broken = true;
            map.start("wakes it", Duration.ofMillis(1));
            await().until(() -> !backend.report().available());
            assertThat(backend.report().reasons())
                    .singleElement()
                    .asString()
                    .contains("timer thread", "the clock fails");
            ticker.broken = false;
            await().until(() -> backend.report().available());
            await().until(() -> runs.get() == 3);
            assertThat((Long) backend.report().details().get("driverFailures")).isPositive();
            assertThat(log.asked()).as("told once, however often it failed").isEqualTo(1);
        }
    }

    /** The real clocks, but for the timer thread while they are broken. */
    private static final class BrokenTicker implements Ticker {
        private volatile boolean broken;

        private void check() {
            if (broken && Thread.currentThread().getName().startsWith("asyncslot-timer")) {
                throw new IllegalStateException("the clock fails");
            }
        }

        @Override
        public long monotonicNanos() {
            check();
            return SystemTicker.instance().monotonicNanos();
        }

        @Override
        public long realtimeNanos() {
            return SystemTicker.instance().realtimeNanos();
        }

        @Override
        public long boottimeNanos() {
            return SystemTicker.instance().boottimeNanos();
        }
    }
}

package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.CloseOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Start, stop, start again, close: from outside and from inside callbacks. */
@Timeout(60)
class RegistryLifecycleTests {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final ManualTicker ticker = new ManualTicker();
    private final HandExecutor hand = new HandExecutor();
    private final JvmBackend backend = JvmBackend.manual();
    private final AsyncSlotRegistry registry =
            new AsyncSlotRegistryBuilder(hand).ticker(ticker).backend(backend).build();

    private TimerSlots<String> timers(String name, SlotCallback<String> callback) {
        return registry.register(
                TimerMapSpec.named(name, String.class).callback(callback).build());
    }

    private WorkSlots<String> works(String name, SlotCallback<String> callback) {
        return registry.register(
                WorkMapSpec.named(name, String.class).callback(callback).build());
    }

    private int settle() {
        int ran = 0;
        int step;
        do {
            backend.pump();
            ticker.advance(Duration.ofMillis(1));
            backend.pump();
            step = hand.runAll();
            ran += step;
        } while (step != 0);
        return ran;
    }

    @Test
    void beforeStart_slotsAreArmedAndNothingRuns_afterwardsItDoes() {
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> timers = timers("t", (key, firing) -> runs.incrementAndGet());
        WorkSlots<String> works = works("w", (key, firing) -> runs.incrementAndGet());
        assertThat(registry.isRunning()).isFalse();
        assertThat(timers.start("k", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        assertThat(works.submit("k")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(works.submit("k")).isEqualTo(SubmitOutcome.COALESCED);
        settle();
        assertThat(runs).hasValue(0);
        registry.start();
        registry.start();
        assertThat(registry.isRunning()).isTrue();
        settle();
        assertThat(runs).hasValue(2);
    }

    @Test
    void stop_keepsSlotsArmed_andRestartFiresWhatFellDue() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> timers = timers("t", (key, firing) -> runs.incrementAndGet());
        WorkSlots<String> works = works("w", (key, firing) -> runs.incrementAndGet());
        registry.start();
        timers.start("before", Duration.ofSeconds(1));
        assertThat(registry.stop(Duration.ZERO)).isTrue();
        assertThat(registry.isRunning()).isFalse();
        timers.start("while", Duration.ofSeconds(1));
        works.submit("while");
        ticker.advance(Duration.ofSeconds(2));
        settle();
        assertThat(runs).hasValue(0);
        assertThat(timers.stats().armed()).isEqualTo(2);
        registry.start();
        settle();
        assertThat(runs).hasValue(3);
    }

    @Test
    void stop_ofWhatIsQueued_returnsItToItsSlot() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> timers = timers("t", (key, firing) -> runs.incrementAndGet());
        registry.start();
        timers.start("k", Duration.ZERO);
        backend.pump();
        assertThat(registry.stop(Duration.ZERO)).isTrue();
        hand.runAll();
        assertThat(runs).hasValue(0);
        assertThat(timers.stats().armed()).isOne();
        registry.start();
        settle();
        assertThat(runs).hasValue(1);
    }

    @Test
    void stop_neverStarted_isQuiescent() throws Exception {
        assertThat(registry.stop(Duration.ZERO)).isTrue();
    }

    @Test
    void stop_waitsForTheRunUnderWay() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        TimerSlots<String> timers = timers("t", (key, firing) -> {
            inside.countDown();
            goOn.await();
            ended.set(true);
        });
        registry.start();
        timers.start("k", Duration.ZERO);
        backend.pump();
        Race.thread(hand::runNext);
        inside.await();
        AtomicReference<Boolean> answer = new AtomicReference<>();
        Thread stopper = Race.thread(() -> {
            boolean quiescent = registry.stop(LONG);
            answer.set(quiescent && ended.get());
        });
        await().until(() -> stopper.getState() == Thread.State.TIMED_WAITING || !stopper.isAlive());
        goOn.countDown();
        stopper.join(10_000);
        assertThat(answer).as("long before the limit").hasValue(true);
    }

    /**
     * T1: stop: notes "stopped". T2: start: notes "running", starts the backends. T1: stops the backends.
     *
     * <p>What the registry says and what its backends do must agree in the end.
     */
    @Test
    void startInTheMiddleOfAStop_leavesARunningRegistry() throws Exception {
        AtomicReference<Runnable> beforeStop = new AtomicReference<>(() -> {});
        JvmBackend inner = JvmBackend.manual();
        AtomicInteger runs = new AtomicInteger();
        try (AsyncSlotRegistry both = new AsyncSlotRegistryBuilder(Runnable::run)
                .ticker(ticker)
                .backend(new SlowBackend("slow", inner, beforeStop, () -> {}))
                .build()) {
            TimerSlots<String> timers = both.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> runs.incrementAndGet())
                    .build());
            both.start();
            AtomicInteger reached = new AtomicInteger();
            beforeStop.set(() -> {
                if (reached.getAndIncrement() == 0) {
                    both.start();
                }
            });
            both.stop(Duration.ZERO);
            assertThat(reached.get()).isPositive();
            assertThat(both.isRunning()).isTrue();
            timers.start("k", Duration.ZERO);
            inner.pump();
            assertThat(runs).hasValue(1);
        }
    }

    /** A JVM backend that lets something happen before it stops or closes. */
    private record SlowBackend(
            String name, JvmBackend inner, AtomicReference<Runnable> beforeStop, Runnable beforeClose)
            implements SlotBackend {

        @Override
        public BackendReport report() {
            return inner.report();
        }

        @Override
        public void init(BackendContext context) {
            inner.init(context);
        }

        @Override
        public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
            return inner.open(spec);
        }

        @Override
        public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
            return inner.open(spec);
        }

        @Override
        public void start() {
            inner.start();
        }

        @Override
        public boolean stop(Duration limit) throws InterruptedException {
            beforeStop.get().run();
            return inner.stop(limit);
        }

        @Override
        public void close() {
            beforeClose.run();
            inner.close();
        }
    }

    @Test
    void backendThatFailsToClose_keepsNoOtherOpen_andIsClosedByTheNextClose() {
        List<String> closes = new ArrayList<>();
        AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(Runnable::run).ticker(ticker);
        for (String name : List.of("one", "two")) {
            builder.backend(new SlowBackend(name, JvmBackend.manual(), new AtomicReference<>(() -> {}), () -> {
                closes.add(name);
                if (closes.size() == 1) {
                    throw new OutOfMemoryError("as on a full heap");
                }
            }));
        }
        AsyncSlotRegistry both = builder.build();
        for (String name : List.of("one", "two")) {
            both.register(TimerMapSpec.named("map-of-" + name, String.class)
                    .backend(name)
                    .callback((key, firing) -> {})
                    .build());
        }
        assertThatThrownBy(both::close).isInstanceOf(OutOfMemoryError.class);
        assertThat(closes).hasSize(2).containsExactlyInAnyOrder("one", "two");
        both.close();
        assertThat(closes).as("backends told to close by the next one").hasSize(4);
        both.close();
        assertThat(closes).as("by one after a close that went well").hasSize(4);
    }

    @Test
    void restart_afterAMapOfALazyHandleWasClosed_goesOn() throws Exception {
        TimerSlots<String> handle = registry.timers("a", String.class);
        TimerSlots<String> a = timers("a", (key, firing) -> {});
        registry.start();
        handle.start("k", Duration.ZERO);
        a.close(Duration.ZERO);
        timers("b", (key, firing) -> {});
        registry.stop(Duration.ZERO);
        registry.start();
        assertThat(registry.isRunning()).isTrue();
    }

    @Test
    void start_withAHandleOfAMapNobodyRegistered_namesIt() {
        registry.timers("ghost", String.class);
        registry.works("phantom", String.class);
        timers("real", (key, firing) -> {});
        assertThatExceptionOfType(UnknownSlotMapException.class)
                .isThrownBy(registry::start)
                .withMessageContaining("ghost")
                .withMessageContaining("phantom")
                .withMessageContaining("real");
        assertThat(registry.isRunning()).isFalse();
        timers("ghost", (key, firing) -> {});
        works("phantom", (key, firing) -> {});
        registry.start();
        assertThat(registry.isRunning()).isTrue();
    }

    @Test
    void close_freesEverySlot_andNothingCanBeStarted() {
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> timers = timers("t", (key, firing) -> runs.incrementAndGet());
        WorkSlots<String> works = works("w", (key, firing) -> runs.incrementAndGet());
        registry.start();
        timers.start("k", Duration.ZERO);
        works.submit("k");
        registry.close();
        registry.close();
        assertThat(registry.isRunning()).isFalse();
        assertThat(registry.maps()).isEmpty();
        assertThat(timers.isClosed()).isTrue();
        assertThat(timers.start("k", Duration.ZERO)).isEqualTo(StartOutcome.CLOSED);
        assertThat(works.submit("k")).isEqualTo(SubmitOutcome.CLOSED);
        hand.runAll();
        assertThat(runs).hasValue(0);
        assertThatIllegalStateException().isThrownBy(registry::start).withMessageContaining("closed");
        assertThatIllegalStateException()
                .isThrownBy(() -> timers("x", (key, firing) -> {}))
                .withMessageContaining("closed")
                .withMessageContaining("'x'");
    }

    /**
     * T1: runs a callback of map t, which closes the registry.
     *
     * <p>Closing a registry does not wait, so it is no deadlock: map t is closed too.
     */
    @Test
    void close_fromInsideACallback_closesItsMapToo() {
        AtomicReference<StartOutcome> after = new AtomicReference<>();
        AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
        TimerSlots<String> other = timers("other", (key, firing) -> {});
        map.set(timers("t", (key, firing) -> {
            registry.close();
            after.set(map.get().start("late", Duration.ZERO));
        }));
        registry.start();
        map.get().start("k", Duration.ZERO);
        backend.pump();
        hand.runAll();
        assertThat(other.isClosed()).isTrue();
        assertThat(map.get().isClosed()).isTrue();
        assertThat(after).hasValue(StartOutcome.CLOSED);
        assertThat(map.get().stats().slots()).isZero();
    }

    /** T1: the timer thread itself runs a callback, which stops and starts the registry: it must not wait for itself. */
    @Test
    void restart_fromACallbackOnTheTimerThread_doesNotHang() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        AtomicReference<Boolean> quiescent = new AtomicReference<>();
        try (AsyncSlotRegistry inline = new AsyncSlotRegistryBuilder(Runnable::run).build()) {
            TimerSlots<String> timers = inline.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> {
                        if (key.equals("first")) {
                            quiescent.set(inline.stop(Duration.ZERO));
                            inline.start();
                        } else {
                            second.countDown();
                        }
                    })
                    .build());
            inline.start();
            timers.start("first", Duration.ZERO);
            timers.start("second", Duration.ofMillis(50));
            assertThat(second.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
            assertThat(quiescent).hasValue(false);
        }
    }

    /** A callback that leaves its interrupt on the timer thread must not keep that thread from sleeping. */
    @Test
    void interruptLeftOnTheTimerThread_doesNotMakeItSpin() throws Exception {
        AtomicInteger readings = new AtomicInteger();
        Ticker counting = new Ticker() {
            @Override
            public long monotonicNanos() {
                readings.incrementAndGet();
                return SystemTicker.instance().monotonicNanos();
            }

            @Override
            public long realtimeNanos() {
                return SystemTicker.instance().realtimeNanos();
            }

            @Override
            public long boottimeNanos() {
                return monotonicNanos();
            }
        };
        CountDownLatch done = new CountDownLatch(1);
        CountDownLatch again = new CountDownLatch(1);
        try (AsyncSlotRegistry inline =
                new AsyncSlotRegistryBuilder(Runnable::run).ticker(counting).build()) {
            TimerSlots<String> timers = inline.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> {
                        if (key.equals("bad")) {
                            done.countDown();
                            throw new InterruptedException("left behind");
                        }
                        again.countDown();
                    })
                    .build());
            inline.start();
            timers.start("bad", Duration.ZERO);
            timers.start("good", Duration.ofMillis(150));
            done.await();
            assertThat(again.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
            assertThat(readings.get()).as("looks at the clock in 150 ms").isLessThan(1_000);
        }
    }

    @Test
    void stopAndStart_underLoad_loseNothing() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (AsyncSlotRegistry threaded = new AsyncSlotRegistryBuilder(command -> Race.thread(command::run)).build()) {
            WorkSlots<Integer> works = threaded.register(WorkMapSpec.named("w", Integer.class)
                    .callback((key, firing) -> runs.incrementAndGet())
                    .build());
            TimerSlots<Integer> timers = threaded.register(TimerMapSpec.named("t", Integer.class)
                    .callback((key, firing) -> runs.incrementAndGet())
                    .build());
            Thread toggler = Race.thread(() -> {
                for (int i = 0; i < 50; i++) {
                    threaded.start();
                    assertThat(threaded.stop(LONG)).isTrue();
                }
            });
            int expected = 0;
            for (int key = 0; key < 400; key++) {
                works.submit(key);
                timers.start(key, Duration.ofNanos(100_000));
                expected += 2;
                if (key % 20 == 0) {
                    Thread.yield();
                }
            }
            toggler.join();
            threaded.start();
            long until = System.nanoTime() + LONG.toNanos();
            while (runs.get() < expected && System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
            assertThat(threaded.stop(LONG)).isTrue();
            assertThat(runs).hasValue(expected);
        }
    }

    @Test
    void closeOfAMap_atRunTime_freesItsSlotsOnly() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        TimerSlots<String> a = timers("a", (key, firing) -> runs.incrementAndGet());
        TimerSlots<String> b = timers("b", (key, firing) -> runs.incrementAndGet());
        registry.start();
        a.start("k", Duration.ZERO);
        b.start("k", Duration.ZERO);
        assertThat(a.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
        assertThat(a.close(LONG)).as("again").isEqualTo(CloseOutcome.CLOSED);
        settle();
        assertThat(runs).hasValue(1);
        assertThat(registry.map("a")).isEmpty();
        assertThat(registry.maps()).extracting("name").containsExactly("b");
    }
}

package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nobody waits for itself, nor under a lock that the awaited needs. A wait that must not be lasts an hour here. */
@Timeout(20)
class SelfWaitTests {

    private static final Duration ENDLESS = Duration.ofHours(1);

    @Test
    void awaitsOfTheOwnKey_inOnRelease_areRefused() {
        AtomicReference<CancelOutcome> cancelled = new AtomicReference<>();
        AtomicReference<AwaitOutcome> awaited = new AtomicReference<>();
        AtomicReference<CloseOutcome> closed = new AtomicReference<>();
        AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
        try (Bench bench = new Bench()) {
            map.set(bench.timers(String.class, (key, firing) -> {}));
            map.get()
                    .rebind(
                            (key, firing) -> map.get().rebind((other, later) -> {}),
                            () -> Race.unchecked(() -> {
                                cancelled.set(map.get().cancelAndAwait("key", ENDLESS));
                                awaited.set(map.get().awaitRun("key", ENDLESS));
                                closed.set(map.get().close(ENDLESS));
                            }));
            map.get().start("key", Duration.ZERO);
            bench.settle();
            assertThat(cancelled).hasValue(CancelOutcome.WOULD_DEADLOCK);
            assertThat(awaited).hasValue(AwaitOutcome.WOULD_DEADLOCK);
            assertThat(closed).hasValue(CloseOutcome.WOULD_DEADLOCK);
            map.get().start("key", Duration.ZERO);
            assertThat(bench.settle()).as("the slot goes on").isOne();
        }
    }

    @Test
    void stop_inACallback_doesNotWaitForIt() {
        AtomicReference<Boolean> quiescent = new AtomicReference<>();
        try (Bench bench = new Bench()) {
            TimerSlots<String> map =
                    bench.timers(String.class, (key, firing) -> quiescent.set(bench.registry.stop(ENDLESS)));
            map.start("key", Duration.ZERO);
            bench.settle();
            assertThat(quiescent).hasValue(false);
            map.start("key", Duration.ZERO);
            assertThat(bench.settle()).as("callbacks after the stop").isZero();
            assertThat(bench.registry.isRunning()).isFalse();
        }
    }

    /** T1, the timer thread: runs a callback. T2: stop(0), start. T1: registers a map. */
    @Test
    void start_whileACallbackOnTheTimerThreadRegistersAMap_waitsForNobody() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch registered = new CountDownLatch(1);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build()) {
            TimerSlots<String> map = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> {
                        inside.countDown();
                        started.await();
                        registry.register(TimerMapSpec.named("another", String.class)
                                .callback((other, later) -> {})
                                .build());
                        registered.countDown();
                    })
                    .build());
            registry.start();
            map.start("key", Duration.ZERO);
            inside.await();
            registry.stop(Duration.ZERO);
            Thread starter = Race.thread(() -> {
                registry.start();
                started.countDown();
            });
            boolean ended = started.await(20, TimeUnit.SECONDS);
            started.countDown(); // lets the callback go on in any case
            assertThat(ended).as("the start returned while the callback ran").isTrue();
            assertThat(registered.await(20, TimeUnit.SECONDS)).isTrue();
            starter.join();
        }
    }

    @Test
    void rebind_ofNoCallback_isRefused_andTheOldOneStays() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
            map.start("key", Duration.ZERO);
            SlotCallback<String> none = null;
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> map.rebind(none))
                    .withMessageContaining("'callback' must not be null");
            assertThatIllegalArgumentException().isThrownBy(() -> map.rebind(none, () -> {}));
            assertThatIllegalArgumentException().isThrownBy(() -> map.rebind("key", none));
            bench.settle();
            assertThat(map.stats().fired()).isOne();
            assertThat(map.stats().failed()).isZero();
        }
    }
}

package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** Only what is due earlier than the driver would look wakes it, and only once. */
class WakeTests {

    private final ManualTicker ticker = new ManualTicker();
    private final List<String> fired = new ArrayList<>();

    @Test
    void laterStart_doesNotWake_earlierOneDoesOnce() {
        AtomicInteger parks = new AtomicInteger();
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            parks.incrementAndGet();
            assertThat(nanos).isEqualTo(10_000_000);
            setup.start("later", 10_001);
            setup.start("same", 10_000);
            setup.start("first", 20_000);
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(isUnparked()).isFalse();
            setup.start("earlier", 9_999);
            assertThat(setup.engine().isAsleep()).isFalse();
            assertThat(isUnparked()).isTrue();
            setup.start("earliest", 1_000);
            assertThat(isUnparked()).isFalse();
        });
        assertThat(parks).hasValue(1);
        setup.close();
    }

    @Test
    void earlierStart_ofASlotWhoseCommandLiesInNoHurry_wakes() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            setup.start("key", 20_000);
            assertThat(setup.engine().isAsleep()).isTrue();
            setup.start("key", 15_000);
            assertThat(setup.engine().isAsleep()).isTrue();
            setup.start("key", 1_000);
            assertThat(setup.engine().isAsleep()).isFalse();
            assertThat(isUnparked()).isTrue();
        });
        ticker.advance(Duration.ofNanos(1_000_000));
        setup.backend.pump();
        assertThat(fired).containsExactly("key");
        setup.close();
    }

    @Test
    void startThatFillsAChunk_wakesThoughItIsInNoHurry() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 10_000);
        AtomicInteger started = new AtomicInteger();
        setup.sleepWhile(nanos -> {
            while (setup.engine().isAsleep() && started.get() < 2 * IntakeChunk.CELLS) {
                setup.start("later" + started.incrementAndGet(), 20_000);
            }
            assertThat(isUnparked()).isTrue();
        });
        assertThat(started).hasValue(IntakeChunk.CELLS - 1);
        setup.backend.pump();
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(IntakeChunk.CELLS);
        setup.close();
    }

    /** What a deadline of another clock is by the driver's own is not known: that clock may jump. */
    @Test
    void startOnAnotherClock_wakes() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        TimerSlots<String> wall = setup.registry.register(TimerMapSpec.named("wall", String.class)
                .clock(SlotClock.REALTIME)
                .callback((key, firing) -> {})
                .build());
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            wall.start("later", Duration.ofSeconds(1));
            assertThat(setup.engine().isAsleep()).isFalse();
            assertThat(isUnparked()).isTrue();
        });
        setup.close();
    }

    @Test
    void startAndDelete_leaveNothingToADriverThatSleeps() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        TimerSlots<Object> plain = setup.registry.register(TimerMapSpec.named("plain", Object.class)
                .historySize(0)
                .callback((key, firing) -> {})
                .build());
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            WeakReference<Object> key = startAndDelete(plain);
            await().until(() -> {
                System.gc();
                return key.get() == null; // no command holds it
            });
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(plain.stats().references()).isZero();
        });
        setup.close();
    }

    private static WeakReference<Object> startAndDelete(TimerSlots<Object> slots) {
        Object key = new Object();
        slots.start(key, Duration.ofMillis(20));
        slots.delete(key);
        return new WeakReference<>(key);
    }

    /** Commands in no hurry are nobody's operation: their slots are at rest, and a look wakes nobody. */
    @Test
    void slotsWhoseCommandsLie_areAtRestAtTheFirstLook() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            for (int i = 0; i < 1_000; i++) {
                setup.start("later" + i, 20_000);
            }
            assertThat(setup.slots.stats().references()).isEqualTo(1_001);
            int shown = setup.slots.scan(2_000, null, slot -> {
                assertThat(slot.references()).isOne();
                assertThat(slot.state()).isEqualTo(SlotState.READY);
            });
            assertThat(shown).isEqualTo(1_001);
            SlotSnapshot found = setup.slots.find("later7").orElseThrow();
            assertThat(found.references()).isOne();
            assertThat(found.state()).isEqualTo(SlotState.READY);
            setup.slots.delete("first"); // it is filed, so its command lies there too
            assertThat(setup.slots.stats().references()).isEqualTo(1_000);
            assertThat(EngineProbe.hasCommands(setup.backend)).isTrue();
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(isUnparked()).isFalse();
        });
        setup.backend.pump();
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(1_000);
        assertThat(setup.slots.stats().references()).isEqualTo(1_000);
        assertThat(setup.slots.find("later7").orElseThrow().references()).isOne(); // the command's has gone with it
        setup.close();
    }

    @Test
    void attemptLater_wakesADriverThatSleepsLonger() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 10_000);
        setup.sleepWhile(nanos -> {
            setup.engine().attemptLater(() -> fired.add("attempt"), 1_000);
            assertThat(setup.engine().isAsleep()).isFalse();
            assertThat(isUnparked()).isTrue();
        });
        ticker.advance(Duration.ofNanos(1_000_000));
        setup.backend.pump();
        assertThat(fired).containsExactly("attempt");
        setup.close();
    }

    @Test
    void cancel_doesNotWake() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("key", 10_000);
        setup.sleepWhile(nanos -> {
            setup.slots.cancel("key");
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(isUnparked()).isFalse();
        });
        setup.close();
    }

    @Test
    void merging_startWithinTheInterval_doesNotWakeAndFiresAtItsEnd() {
        Setup setup = new Setup(JvmOptions.defaults().withWakeInterval(Duration.ofMillis(1)), nanos -> {});
        setup.start("a", 5_000);
        setup.sleepWhile(nanos -> ticker.advance(Duration.ofNanos(nanos)));
        setup.backend.pump();
        assertThat(fired).containsExactly("a");
        setup.start("b", 600);
        setup.sleepWhile(nanos -> {
            assertThat(nanos).isEqualTo(1_000_000);
            setup.start("c", 100);
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(isUnparked()).isFalse();
            ticker.advance(Duration.ofNanos(nanos));
        });
        setup.backend.pump();
        assertThat(fired).containsExactly("a", "c", "b");
        setup.close();
    }

    @Test
    void close_endsASpin() {
        JvmBackend backend =
                new JvmBackend(true, JvmOptions.defaults().withSpin(JvmOptions.MAX_SPIN), LockSupport::parkNanos);
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .ticker(ticker)
                .backend(backend)
                .build();
        TimerSlots<String> slots = registry.register(
                TimerMapSpec.named("map", String.class).callback((key, f) -> {}).build());
        slots.start("key", Duration.ofNanos(500_000)); // spins for ever: this clock stands still
        registry.start();
        await().until(() -> EngineProbe.filed(backend) == 1 && backend.engine().isAsleep());
        registry.close();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("asyncslot-timer") && spins(thread)));
    }

    private static boolean spins(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals(DriverSleep.class.getName())
                    && frame.getMethodName().equals("spin")) {
                return true;
            }
        }
        return false;
    }

    /** Whether somebody unparked this thread, which is the driver here, since the last look. */
    private static boolean isUnparked() {
        long before = System.nanoTime();
        LockSupport.parkNanos(50_000_000);
        return System.nanoTime() - before < 40_000_000;
    }

    /** A backend without a thread: the test is its driver. */
    private final class Setup {

        private LongConsumer during;
        final JvmBackend backend;
        final AsyncSlotRegistry registry;
        final TimerSlots<String> slots;

        Setup(JvmOptions options, LongConsumer during) {
            this.during = during;
            backend = new JvmBackend(false, options, nanos -> this.during.accept(nanos));
            registry = new AsyncSlotRegistryBuilder(Runnable::run)
                    .ticker(ticker)
                    .backend(backend)
                    .build();
            slots = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> fired.add(key))
                    .build());
            registry.start();
        }

        void start(String key, long micros) {
            slots.start(key, Duration.ofNanos(micros * 1_000));
        }

        void sleepWhile(LongConsumer action) {
            backend.pump();
            during = action;
            engine().sleep();
            assertThat(engine().isAsleep()).isFalse();
        }

        JvmEngine engine() {
            return backend.engine();
        }

        void close() {
            registry.close();
        }
    }
}

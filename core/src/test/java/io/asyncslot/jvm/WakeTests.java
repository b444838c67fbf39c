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
        setup.drive();
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
        setup.drive();
        assertThat(EngineProbe.filed(setup.backend)).isZero(); // they may be withdrawn still
        setup.sleepWhile(nanos -> {
            while (setup.engine().isAsleep() && started.get() < 4 * IntakeChunk.CELLS) {
                setup.start("later" + started.incrementAndGet(), 20_000);
            }
            assertThat(isUnparked()).isTrue();
        });
        assertThat(started).hasValue(2 * IntakeChunk.CELLS - 1);
        setup.drive();
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(IntakeChunk.CELLS);
        setup.close();
    }

    /** The driver and who starts and deletes keep out of each other's way. */
    @Test
    void commandsInNoHurry_areLeftAlone_untilOneOfThemIsNear() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("soon", 5_000);
        setup.start("later", 50_000);
        setup.sleepWhile(nanos -> assertThat(nanos).isEqualTo(5_000_000));
        assertThat(EngineProbe.filed(setup.backend)).isZero();
        setup.slots.delete("later");
        setup.start("last", 90_000);
        ticker.advance(Duration.ofNanos(5_000_000));
        setup.drive();
        assertThat(fired).containsExactly("soon");
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(1);
        assertThat(EngineProbe.hasCommands(setup.backend)).isFalse();
        ticker.advance(Duration.ofNanos(85_000_000));
        setup.drive();
        assertThat(fired).containsExactly("soon", "last");
        setup.close();
    }

    /** So many that to take them takes a while: the driver begins before the first of them is due. */
    @Test
    void manyCommandsInNoHurry_areTakenSomewhatBeforeTheFirstIsDue() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        for (int i = 0; i < 100; i++) {
            setup.start("key" + i, 20_000);
        }
        setup.sleepWhile(nanos -> {
            assertThat(nanos).isEqualTo(18_000_000);
            ticker.advance(Duration.ofNanos(nanos));
        });
        setup.drive();
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(100);
        assertThat(fired).isEmpty();
        setup.close();
    }

    /** A push that comes while the driver is awake wakes nobody, and is not slept through. */
    @Test
    void commandPushedWhileTheDriverIsAwake_boundsItsSleep() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("first", 50_000);
        setup.drive();
        List<Long> parks = new ArrayList<>();
        setup.start("nearer", 30_000);
        setup.sleepWhile(parks::add);
        setup.start("first", 10_000); // its command lies there already
        setup.sleepWhile(parks::add);
        assertThat(parks).containsExactly(30_000_000L, 10_000_000L);
        setup.close();
    }

    /** A slot that was filed and then deleted is held by a command no longer than it would have been by its bucket. */
    @Test
    void deletedSlotThatIsFiled_isHeldNoLongerThanItWasPromisedToBeLookedAt() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        setup.start("key", 20_000);
        EngineProbe.wake(setup.backend);
        setup.drive();
        assertThat(EngineProbe.filed(setup.backend)).isEqualTo(1);
        setup.slots.delete("key");
        ticker.advance(Duration.ofNanos(20_000_000));
        setup.drive();
        assertThat(EngineProbe.filed(setup.backend)).isZero();
        assertThat(EngineProbe.hasCommands(setup.backend)).isFalse();
        setup.close();
    }

    /** Requests under way are withdrawn from the chunk before the newest one as well. */
    @Test
    void deleteOfASlotWhoseChunkIsFull_leavesNothingToTheDriver() {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        TimerSlots<Object> plain = setup.registry.register(TimerMapSpec.named("plain", Object.class)
                .historySize(0)
                .callback((key, firing) -> {})
                .build());
        Object[] last = {new Object()};
        plain.start(last[0], Duration.ofMillis(20));
        for (int i = 0; i < IntakeChunk.CELLS; i++) {
            setup.start("later" + i, 20_000);
        }
        plain.delete(last[0]);
        WeakReference<Object> key = new WeakReference<>(last[0]);
        last[0] = null;
        await().until(() -> {
            System.gc();
            return key.get() == null;
        });
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
        EngineProbe.wake(setup.backend);
        setup.drive();
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
        setup.drive();
        assertThat(fired).containsExactly("attempt");
        setup.close();
    }

    @Test
    void startOfTheRegistry_wakesADriverThatHandsNothingOver() throws Exception {
        Setup setup = new Setup(JvmOptions.defaults(), nanos -> {});
        assertThat(setup.registry.stop(Duration.ZERO)).isTrue();
        setup.start("due", 0);
        setup.sleepWhile(nanos -> {
            setup.registry.start();
            assertThat(setup.engine().isAsleep()).isFalse();
            assertThat(isUnparked()).isTrue();
        });
        setup.drive();
        assertThat(fired).containsExactly("due");
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
        for (int i = 0; i <= DriverSleep.FREE; i++) { // as often as is not put off
            setup.start("a", 1);
            setup.sleepWhile(nanos -> ticker.advance(Duration.ofNanos(nanos)));
            setup.drive();
        }
        assertThat(fired).hasSize(DriverSleep.FREE + 1);
        fired.clear();
        setup.start("b", 600);
        setup.sleepWhile(nanos -> {
            assertThat(nanos).isEqualTo(1_000_000 - 1_000 * DriverSleep.FREE);
            setup.start("c", 100);
            assertThat(setup.engine().isAsleep()).isTrue();
            assertThat(isUnparked()).isFalse();
            ticker.advance(Duration.ofNanos(nanos));
        });
        setup.drive();
        assertThat(fired).containsExactly("c", "b");
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
        LockSupport.parkNanos(600_000_000);
        return System.nanoTime() - before < 500_000_000; // this thread may well be held up for some of that
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

        /** What a driver does until it sleeps. */
        void drive() {
            boolean more = true;
            while (more) {
                more = engine().pass() || engine().isDue();
            }
        }

        void sleepWhile(LongConsumer action) {
            drive();
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

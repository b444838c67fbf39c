package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTicker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Touches by BPF programs of others, on a simulated kernel: when a slot is due, whatever they meet. */
class KernelTouchTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration DELAY = SECOND.multipliedBy(10);
    private static final Instant WALL = Instant.parse("2026-01-01T00:00:00Z");

    private final ManualTicker ticker = new ManualTicker(WALL);
    private SimulatedKernel kernel = new SimulatedKernel(ticker, 64, 32);

    private SimulatedApplication process(boolean pinned) {
        return new SimulatedApplication(kernel, ticker, touchable(), pinned);
    }

    private static KernelOptions touchable() {
        return KernelOptions.defaults().withTouchable(Set.of("t"));
    }

    private static TimerMapSpec.Builder<String> spec(SimulatedApplication process) {
        return process.spec("t").delay(DELAY);
    }

    private static TimerSlots<String> map(SimulatedApplication process) {
        return process.registry.register(spec(process).build());
    }

    private boolean touch(String key) {
        return kernel.touch("t", key.getBytes(StandardCharsets.UTF_8));
    }

    private long header(long offset) {
        return (long) Layout.LONG.get(kernel.header, offset);
    }

    /** Slot "a" does not fire within a span, and does within another one after it. */
    private static void assertFires(SimulatedApplication process, Duration notWithin, Duration within) {
        process.pass(notWithin);
        assertThat(process.fired).isEmpty();
        process.pass(within);
        assertThat(process.firedKeys()).containsExactly("a");
    }

    /** For an hour a packet each second: the application hears nothing, and of the end once, ten seconds after the last. */
    @Test
    void touch_putsTheSlotOff_andTheApplicationHearsOfTheEndOnly() {
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map = map(process);
            assertThat(map.start("a")).isEqualTo(StartOutcome.STARTED);
            process.settle();
            long commands = kernel.commandsRun;
            for (int i = 0; i < 3_600; i++) {
                ticker.advance(SECOND);
                assertThat(touch("a")).isTrue();
                kernel.tick();
            }
            assertThat(header(Layout.HEADER_FIRED)).isZero();
            assertThat(kernel.commandsRun).isEqualTo((int) commands);
            assertThat(header(Layout.HEADER_TOUCH_REARMS)).isBetween(350L, 3_600L);
            assertFires(process, DELAY.minusNanos(1_000), SECOND);
            assertThat(process.fired.get(0).lateMicros()).isZero();
            assertThat(header(Layout.HEADER_FIRED)).isEqualTo(1);
        }
    }

    @Test
    void view_showsTheDeadlineOfTheTouch_andTheKernelAsItsCause() {
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map =
                    process.registry.register(spec(process).historySize(16).build());
            map.start("a");
            process.pass(SECOND.multipliedBy(4));
            Instant touched = Instant.ofEpochSecond(0, ticker.realtimeNanos());
            assertThat(touch("a")).isTrue();
            process.pass(SECOND);
            SlotSnapshot seen = map.find("a").orElseThrow();
            assertThat(seen.deadline()).isEqualTo(touched.plus(DELAY));
            assertThat(seen.timeLeft()).isEqualTo(DELAY.minus(SECOND));
            assertThat(seen.history()).last().satisfies(event -> {
                assertThat(event.kind()).isEqualTo(SlotEvent.Kind.MOVED);
                assertThat(event.time()).isEqualTo(touched);
                assertThat(event.detail()).isEqualTo(DELAY);
                assertThat(event.cause()).isEqualTo(new SlotCause(SlotCause.Type.KERNEL, null));
            });
            assertThat(map.find("a").orElseThrow().generation()).isEqualTo(seen.generation());
            process.pass(DELAY);
            assertThat(map.find("a").orElseThrow().history())
                    .extracting(SlotEvent::kind)
                    .containsExactly(
                            SlotEvent.Kind.STARTED,
                            SlotEvent.Kind.MOVED,
                            SlotEvent.Kind.FIRED,
                            SlotEvent.Kind.COMPLETED);
            SlotSnapshot.LastFiring last = map.find("a").orElseThrow().lastFiring();
            assertThat(last).isNotNull();
            assertThat(last.lateness()).isZero();
        }
    }

    /** Touches of what is not pending, or not there, mean nothing; neither do those of before a start. */
    @Test
    void touch_neverStartsASlot_andEndsWithTheStartAfterIt() {
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map = map(process);
            assertThat(touch("a")).isFalse();
            map.start("a");
            process.pass(SECOND);
            assertThat(touch("a")).isTrue();
            assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.REARMED);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(touch("a")).as("idle, and kept").isTrue();
            process.pass(DELAY.multipliedBy(2));
            assertThat(process.fired).hasSize(1);
            assertThat(map.find("a").orElseThrow().deadline()).isNull();
            touch("a");
            map.start("a", SECOND);
            process.pass(SECOND);
            assertThat(process.fired).hasSize(2);
            map.start("a");
            touch("a");
            map.touch("a", SECOND);
            process.pass(SECOND);
            assertThat(process.fired).hasSize(3);
            map.start("a");
            process.pass(SECOND);
            touch("a");
            assertThat(map.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            touch("a");
            process.pass(DELAY.multipliedBy(2));
            assertThat(process.fired).hasSize(3);
            assertThat(map.delete("a")).isEqualTo(DeleteOutcome.DELETED);
            process.settle();
            assertThat(touch("a")).isFalse();
            assertThat(kernel.indexed()).isZero();
        }
    }

    /** A ticker whose reader is held up, once, before it gets a reading. */
    private static final class HeldUpTicker implements Ticker {
        private final Ticker clock;
        private int left = -1;
        private Runnable meanwhile = () -> {};

        HeldUpTicker(Ticker clock) {
            this.clock = clock;
        }

        /** What happens between the taking of a reading and its arrival, after so many others. */
        void after(int readings, Runnable happening) {
            left = readings;
            meanwhile = happening;
        }

        @Override
        public long monotonicNanos() {
            long reading = clock.monotonicNanos();
            if (left-- == 0) {
                meanwhile.run();
            }
            return reading;
        }

        @Override
        public long realtimeNanos() {
            return clock.realtimeNanos();
        }

        @Override
        public long boottimeNanos() {
            return clock.boottimeNanos();
        }
    }

    /** The thread of an operation gets no CPU once it has read the clock, and a packet comes: it is not older than the operation. */
    @Test
    void touchWhileAnOperationIsHeldUp_counts() {
        Map<String, Consumer<TimerSlots<String>>> operations = Map.of(
                "start", map -> map.start("a"),
                "start for earlier", map -> map.start("a", SECOND),
                "start at", map -> map.startAt("a", WALL.plus(DELAY)),
                "startAll", map -> map.startAll(List.of("a"), SECOND),
                "touch", map -> map.touch("a"),
                "touch for earlier", map -> map.touch("a", SECOND));
        operations.forEach((name, operation) -> {
            kernel = new SimulatedKernel(ticker, 64, 32);
            HeldUpTicker heldUp = new HeldUpTicker(ticker);
            try (SimulatedApplication process =
                    new SimulatedApplication(kernel, ticker, heldUp, touchable(), false, firing -> {}).start()) {
                TimerSlots<String> map = map(process);
                map.start("a");
                process.settle();
                heldUp.after(0, () -> {
                    ticker.advance(SECOND.multipliedBy(3));
                    assertThat(touch("a")).isTrue();
                });
                operation.accept(map);
                process.pass(DELAY.minusNanos(1_000));
                assertThat(process.fired).as(name).isEmpty();
                process.pass(SECOND);
                assertThat(process.firedKeys()).as(name).containsExactly("a");
            }
        });
    }

    /** The same of a retry, and of a restart by the slot's own callback. */
    @Test
    void touchWhileACallbackIsHeldUp_counts() {
        Map<String, Consumer<SlotFiring>> operations =
                Map.of("retry", firing -> firing.retry(SECOND), "restart", firing -> firing.restart(SECOND));
        operations.forEach((name, operation) -> {
            kernel = new SimulatedKernel(ticker, 64, 32);
            HeldUpTicker heldUp = new HeldUpTicker(ticker);
            try (SimulatedApplication process =
                    new SimulatedApplication(kernel, ticker, heldUp, touchable(), false, firing -> {}).start()) {
                process.callback = firing -> {
                    if (process.fired.size() == 1) {
                        heldUp.after(0, () -> {
                            ticker.advance(SECOND);
                            assertThat(touch("a")).isTrue();
                        });
                        operation.accept(firing);
                    }
                };
                map(process).start("a");
                process.pass(DELAY);
                assertThat(process.fired).as(name).hasSize(1);
                process.pass(DELAY.minusNanos(1_000));
                assertThat(process.fired).as(name).hasSize(1);
                process.pass(SECOND);
                assertThat(process.fired).as(name).hasSize(2);
            }
        });
    }

    /** The engine gets no CPU for a while after each reading of the clock, and packets come: none of them is taken for damage. */
    @Test
    void touchesWhileTheEngineIsHeldUp_areNoDamage() {
        HeldUpTicker heldUp = new HeldUpTicker(ticker);
        try (SimulatedApplication process =
                new SimulatedApplication(kernel, ticker, heldUp, touchable(), false, firing -> {}).start()) {
            TimerSlots<String> map = map(process);
            map.start("a");
            process.settle();
            for (int i = 0; i < 1_000; i++) {
                for (int readings = 0; readings < 10; readings++) {
                    heldUp.after(readings, () -> {
                        ticker.advance(Duration.ofMillis(2));
                        assertThat(touch("a")).isTrue();
                    });
                    process.settle();
                }
            }
            assertThat(process.backend.report().details()).containsEntry("recordsRepaired", 0L);
            assertFires(process, DELAY.minusNanos(1_000), SECOND);
        }
    }

    /** A start that is refused, because the slot carries as many values as it may, leaves the touches as they are. */
    @Test
    void startThatIsRefused_keepsWhatTouchesPutOff() {
        try (SimulatedApplication process = process(false).start()) {
            process.registry.register(spec(process)
                    .values(SlotValues.collect(Integer.class).maxValues(1))
                    .build());
            ValueTimerSlots<String, Integer> map = process.registry.timers("t", String.class, Integer.class);
            assertThat(map.startWith("a", 1)).isEqualTo(StartOutcome.STARTED);
            process.pass(SECOND.multipliedBy(4));
            assertThat(touch("a")).isTrue();
            process.pass(SECOND.multipliedBy(4));
            assertThat(map.startWith("a", 2)).isEqualTo(StartOutcome.REJECTED);
            assertFires(process, SECOND.multipliedBy(6).minusNanos(1_000), SECOND);
        }
    }

    /** A start that is longer than the map's delay is not shortened. */
    @Test
    void touch_onlyPutsOff() {
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map = map(process);
            map.start("a", DELAY.multipliedBy(3));
            process.pass(SECOND);
            touch("a");
            process.pass(DELAY.multipliedBy(3).minus(SECOND).minusNanos(1_000));
            assertThat(process.fired).isEmpty();
            process.pass(SECOND);
            assertThat(process.fired).hasSize(1);
        }
    }

    /** The event is in the ring, or the slot in the executor's queue, when the packet comes. */
    @Test
    void touchBetweenEventAndRun_putsTheRunOff() {
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map = map(process);
            map.start("a");
            process.settle();
            ticker.advance(DELAY);
            kernel.tick();
            assertThat(kernel.waitingEvents()).isEqualTo(1);
            touch("a");
            process.settle();
            assertThat(process.fired).isEmpty();
            ticker.advance(DELAY);
            process.backend.pump();
            assertThat(process.tasks).hasSize(1);
            touch("a");
            process.settle();
            assertThat(process.fired).isEmpty();
            process.pass(DELAY);
            assertThat(process.firedKeys()).containsExactly("a");
        }
    }

    /** A kernel that refuses the timer, and an executor that refuses the run: the application measures, by the touch. */
    @Test
    void touchOfASlotThatTheKernelRefused_counts() {
        kernel.memory = index -> -SimulatedKernel.ENOMEM;
        try (SimulatedApplication process = process(false).start()) {
            TimerSlots<String> map = map(process);
            map.start("a");
            process.pass(SECOND.multipliedBy(5));
            assertThat(touch("a")).isTrue();
            assertFires(process, DELAY.minusNanos(1_000_000), SECOND);
        }
    }

    /** The process ends; packets go on: the next one finds the slot where the last touch left it. */
    @Test
    void touchWhileNobodyIsThere_isFoundByTheNextProcess() {
        SimulatedApplication first = process(true).start();
        TimerSlots<String> before = map(first);
        before.start("a");
        before.start("b");
        first.settle();
        kernel = kernel.image();
        for (int i = 0; i < 30; i++) {
            ticker.advance(SECOND);
            assertThat(touch("a")).isTrue();
            kernel.tick();
        }
        Instant due = Instant.ofEpochSecond(0, ticker.realtimeNanos()).plus(DELAY);
        try (SimulatedApplication second = process(true)) {
            TimerSlots<String> map = map(second);
            assertThat(map.find("a").orElseThrow().deadline()).isEqualTo(due);
            second.start();
            second.settle();
            assertThat(second.firedKeys()).containsExactly("b");
            assertThat(second.fired.get(0).whileAway()).isTrue();
            second.pass(SECOND.multipliedBy(4));
            assertThat(touch("a")).isTrue();
            second.pass(DELAY.minusNanos(1_000));
            assertThat(second.fired).hasSize(1);
            second.pass(SECOND);
            assertThat(second.firedKeys()).containsExactly("b", "a");
            assertThat(second.fired.get(1).whileAway()).isFalse();
            assertThat(second.fired.get(1).lateMicros()).isZero();
        }
        first.close();
    }

    /** What a hostile toucher writes can put a slot off by the map's delay, and then only as long as he keeps at it. */
    @Test
    void hostileStamps_areBounded_andMadeGood() {
        long[] stamps = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1, 0, 1L << 40};
        for (long stamp : stamps) {
            kernel = new SimulatedKernel(ticker, 64, 32);
            try (SimulatedApplication process = process(false).start()) {
                TimerSlots<String> map = map(process);
                map.start("a");
                process.pass(SECOND);
                int place = 0;
                while ((byte) Layout.BYTE.get(kernel.control, Layout.controlAt(place) + Layout.CONTROL_KIND) == 0) {
                    place++;
                }
                Layout.LONG.setVolatile(kernel.touches, Layout.touchAt(place) + Layout.TOUCH_AT, stamp);
                Layout.LONG.setVolatile(kernel.touches, Layout.touchAt(place) + Layout.TOUCH_INCARNATION, stamp);
                Layout.LONG.setVolatile(kernel.since, Layout.sinceAt(place) + Layout.SINCE_DELAY, stamp);
                Layout.LONG.setVolatile(kernel.since, Layout.sinceAt(place) + Layout.SINCE_SINCE, stamp);
                process.pass(SECOND.multipliedBy(3));
                assertThat(touch("a")).as("made good after %d", stamp).isTrue();
                process.pass(DELAY.minusNanos(1_000));
                assertThat(process.fired).as("stamp %d", stamp).isEmpty();
                process.pass(SECOND.multipliedBy(2));
                assertThat(process.firedKeys()).as("stamp %d", stamp).containsExactly("a");
                assertThat((long) process.backend.report().details().get("recordsRepaired"))
                        .isPositive();
            }
        }
    }

    /**
     * Random bytes and times of now in all records of touches, while the application runs and before a restart: each slot fires
     * once, none before its deadline, and none later than the delay after the last of that. Seeds as in {@link KernelDamageTests}.
     */
    @Test
    void damagedRecordsOfTouches_whileRunningAndBeforeARestart_eachSlotFiresOnce() {
        long repaired = 0;
        for (long seed : KernelDamageTests.seeds()) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            String story = "-Dasyncslot.damage.seed=" + seed;
            kernel = new SimulatedKernel(ticker, 64, 32);
            List<String> keys = new ArrayList<>();
            List<Object> fired = new ArrayList<>();
            try (SimulatedApplication first = process(true).start()) {
                TimerSlots<String> map = map(first);
                for (int i = 0; i < 20; i++) {
                    keys.add("key" + i);
                    map.start("key" + i, DELAY.plusMillis(random.nextInt(5_000)));
                }
                first.settle();
                for (int round = 0; round < 4; round++) {
                    spoilTouches(random);
                    first.pass(Duration.ofMillis(random.nextInt(4_000)));
                    map.scan(
                            100,
                            slot -> true,
                            slot -> assertThat(slot.toString()).contains("key"));
                }
                fired.addAll(first.firedKeys());
                assertThat(first.fired).as(story).allMatch(each -> each.lateMicros() >= 0);
                repaired += (long) first.backend.report().details().get("recordsRepaired");
                kernel = kernel.image();
            }
            spoilTouches(random);
            try (SimulatedApplication second = process(true)) {
                map(second);
                second.start().pass(DELAY.plusSeconds(10));
                fired.addAll(second.firedKeys());
                assertThat(second.fired).as(story).allMatch(each -> each.lateMicros() >= 0);
            }
            assertThat(fired).as(story).containsExactlyInAnyOrderElementsOf(keys);
        }
        assertThat(repaired).isPositive();
    }

    private void spoilTouches(Random random) {
        for (var memory : List.of(kernel.since, kernel.touches)) {
            for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
                switch (random.nextInt(4)) {
                    case 0 -> Layout.LONG.set(memory, at, random.nextLong());
                    case 1 -> Layout.LONG.set(memory, at, ticker.monotonicNanos() - random.nextInt(1_000_000_000));
                    default -> {}
                }
            }
        }
    }

    /** Random episodes against a model of two lines: due is the later of the operation's deadline and last touch + delay. */
    @Test
    void randomEpisodes_fireAsTheModelSays() {
        long touches = 0;
        long fires = 0;
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            kernel = new SimulatedKernel(ticker, 64, 32);
            WhenIdle idle = random.nextBoolean() ? WhenIdle.FREE : WhenIdle.KEEP;
            try (SimulatedApplication process = process(false).start()) {
                TimerSlots<String> map =
                        process.registry.register(spec(process).whenIdle(idle).build());
                long due = Long.MAX_VALUE;
                int expected = 0;
                List<String> story = new ArrayList<>();
                for (int step = 0; step < 40; step++) {
                    long micros = random.nextInt(6_000_000);
                    long now = ticker.monotonicNanos() / 1_000 + micros;
                    if (due <= now) {
                        expected++;
                        due = Long.MAX_VALUE;
                    }
                    process.pass(Duration.ofNanos(micros * 1_000));
                    long delay = DELAY.toNanos() / 1_000;
                    long own = 1 + random.nextInt(20_000_000);
                    int what = random.nextInt(10);
                    story.add(now + ": " + what + " " + own);
                    switch (what) {
                        case 0 -> {
                            map.start("a");
                            due = now + delay;
                        }
                        case 1 -> {
                            map.start("a", Duration.ofNanos(own * 1_000));
                            due = now + own;
                        }
                        case 2 -> {
                            map.touch("a", Duration.ofNanos(own * 1_000));
                            due = due == Long.MAX_VALUE ? due : now + own;
                        }
                        case 3 -> {
                            if (random.nextBoolean()) {
                                map.cancel("a");
                            } else {
                                map.delete("a");
                            }
                            due = Long.MAX_VALUE;
                        }
                        default -> {
                            boolean touched = touch("a");
                            touches++;
                            if (due != Long.MAX_VALUE) {
                                assertThat(touched)
                                        .as("seed %d %s", seed, story)
                                        .isTrue();
                                due = Math.max(due, now + delay);
                            }
                        }
                    }
                    assertThat(process.fired).as("seed %d %s", seed, story).hasSize(expected);
                    assertThat(process.fired).allMatch(fired -> fired.lateMicros() == 0);
                }
                fires += expected;
            }
        }
        assertThat(touches).isGreaterThan(5_000);
        assertThat(fires).isGreaterThan(300);
    }

    @Test
    void whatCannotBeTouched_isRefusedWithTheReason() {
        try (SimulatedApplication process = process(false)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> process.registry.register(process.spec("t").build()))
                    .withMessageContaining("'t'")
                    .withMessageContaining("delay");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> process.registry.register(
                            process.spec("t").every(SECOND).build()))
                    .withMessageContaining("period");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> process.registry.register(
                            spec(process).clock(SlotClock.REALTIME).build()))
                    .withMessageContaining("REALTIME");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> process.works("t"))
                    .withMessageContaining("timer map");
            TimerSlots<String> map = map(process);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> map.start("k".repeat(Layout.TOUCH_KEY_BYTES + 1)))
                    .withMessageContaining("28 bytes");
            assertThat(map.start("k".repeat(Layout.TOUCH_KEY_BYTES))).isEqualTo(StartOutcome.STARTED);
        }
    }
}

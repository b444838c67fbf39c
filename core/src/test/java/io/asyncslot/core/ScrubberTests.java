package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.BackendContext;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Slots that are armed behind everybody's back: nobody has been told of them, as after a fault of ours. */
class ScrubberTests {

    private static final Duration PERIOD = Duration.ofNanos(Scrubber.PERIOD_MICROS * 1_000);

    private final ManualTicker ticker = new ManualTicker();
    private final JvmBackend backend = JvmBackend.manual();
    private final AtomicInteger runs = new AtomicInteger();
    private LocalTimerSlots<String> map;
    private ControlBlock<String> block;

    @BeforeEach
    void open() {
        backend.init(new BackendContext(ticker, Runnable::run, (firing, took, failure) -> {}, 100));
        map = (LocalTimerSlots<String>) backend.open(TimerMapSpec.named("map", String.class)
                .whenIdle(WhenIdle.KEEP)
                .callback((key, firing) -> runs.incrementAndGet())
                .build());
        backend.start();
        map.start("key", Duration.ZERO);
        backend.pump();
        assertThat(runs).hasValue(1);
        block = map.lookUp("key");
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private void pass(Duration span) {
        ticker.advance(span);
        backend.pump();
    }

    private void assertRecovered(long count) {
        assertThat(backend.report().details()).containsEntry("recovered", count);
    }

    @Test
    void slotThatNobodyWasToldOf_firesOnceAndIsCounted() {
        block.arm(map.now());
        pass(Duration.ofMillis(1));
        assertThat(runs).as("runs before anybody has looked").hasValue(1);
        for (int i = 0; i < 4; i++) {
            pass(PERIOD);
        }
        assertThat(runs).hasValue(2);
        assertRecovered(1);
        assertThat(map.stats().references()).isEqualTo(1);
    }

    @Test
    void slotThatIsNotDue_isLeftAlone() {
        block.arm(map.now() + 10 * Scrubber.PERIOD_MICROS);
        for (int i = 0; i < 4; i++) {
            pass(PERIOD);
        }
        assertThat(runs).hasValue(1);
        assertRecovered(0);
    }

    @Test
    void slotThatIsPaused_isNoStray() {
        map.pause("key");
        block.arm(map.now());
        for (int i = 0; i < 4; i++) {
            pass(PERIOD);
        }
        assertThat(runs).hasValue(1);
        assertRecovered(0);
        map.resume("key");
        backend.pump();
        assertThat(runs).hasValue(2);
    }

    @Test
    void strayThatSomebodyHasTold_firesAtOnceAndIsNotCounted() {
        block.arm(map.now());
        map.scrubber.strayed();
        backend.pump();
        assertThat(runs).hasValue(2);
        assertRecovered(0);
    }

    /** As when the thread that claimed the inbox for another command finds no room for it, after the slot was returned. */
    @Test
    void slotOnItsWayBack_whoseCommandWasGivenUp_firesAtOnce() {
        block.arm(map.now());
        block.promise(Custody.RETURNED);
        map.scrubber.strayed();
        backend.pump();
        assertThat(runs).hasValue(2);
        assertRecovered(0);
        assertThat(map.stats().references()).isEqualTo(1);
    }

    @Test
    void slotOnItsWayBack_thatNobodyTellsOf_isFoundThoughPausedAndCounted() {
        block.promise(Custody.RETURNED);
        map.pause("key");
        for (int i = 0; i < 4; i++) {
            pass(PERIOD);
        }
        assertRecovered(1);
        assertThat(block.lookAt()).isEqualTo(Custody.NOBODY);
        map.start("key", Duration.ZERO);
        map.resume("key");
        backend.pump();
        assertThat(runs).hasValue(2);
    }

    @Test
    void slotWithAPromiseThatIsTooLate_isLookedAtInTime() {
        map.start("key", Duration.ofHours(1));
        backend.pump();
        block.arm(map.now() + 1_000);
        map.scrubber.strayed();
        backend.pump();
        pass(Duration.ofMillis(1));
        assertThat(runs).hasValue(2);
    }

    /** A user's function changes nothing when it throws: all slots of the process need not be looked at for that. */
    @Test
    @SuppressWarnings("unchecked") // what the backend makes of a map with values
    void mergeFunctionThatThrows_asksForNoWalk() {
        SlotValues<Integer> values = SlotValues.merging(Integer.class, (pending, added) -> {
            throw new IllegalStateException("the function fails");
        });
        LocalValueTimerSlots<String, Integer> timers =
                (LocalValueTimerSlots<String, Integer>) backend.<String>open(TimerMapSpec.named("timers", String.class)
                        .callback(values, (key, value, firing) -> runs.addAndGet(value))
                        .build());
        LocalValueWorkSlots<String, Integer> works =
                (LocalValueWorkSlots<String, Integer>) backend.<String>open(WorkMapSpec.named("works", String.class)
                        .callback(values, (key, value, firing) -> runs.addAndGet(value))
                        .build());
        timers.start("key", PERIOD, 10);
        works.pause();
        works.submit("key", 100);
        backend.pump();
        assertThatIllegalStateException().isThrownBy(() -> timers.start("key", PERIOD, 1));
        assertThatIllegalStateException().isThrownBy(() -> works.submit("key", 1));
        assertThat(map.scrubber.hasStrays()).isFalse();
        works.resume();
        pass(PERIOD);
        assertThat(runs).hasValue(111);
    }

    /** A pool whose thread dies with a task in hand, before it has begun to run it. */
    @Test
    void slotThatAnExecutorHasLost_isHandedOverAgainAndCounted() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> slots = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            slots.start("lost", Duration.ZERO);
            slots.start("not lost", Duration.ZERO);
            bench.backend.pump();
            bench.hand.take(); // and forgotten
            for (int i = 0; i < 4; i++) {
                bench.advance(PERIOD);
            }
            assertThat(bench.hand.size()).as("what is not lost, and a probe").isEqualTo(2);
            bench.hand.runAll();
            assertThat(runs).as("runs of the other one").hasValue(2);
            bench.advance(PERIOD);
            bench.advance(PERIOD);
            bench.settle();
            assertThat(runs).hasValue(3);
            assertThat(bench.backend.report().details())
                    .containsEntry("lostByExecutor", 1L)
                    .containsEntry("recovered", 0L)
                    .containsEntry("inFlight", 0L);
            assertThat(slots.stats().references()).isZero();
        }
    }

    @Test
    void slotThatWaitsInAnExecutorForLong_isLeftThere() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> slots = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            slots.start("first", Duration.ZERO);
            slots.start("second", Duration.ZERO);
            bench.backend.pump();
            for (int i = 0; i < 10; i++) {
                bench.advance(PERIOD);
            }
            assertThat(bench.hand.size()).as("two slots, and one probe").isEqualTo(3);
            bench.hand.runAll();
            for (int i = 0; i < 4; i++) {
                bench.advance(PERIOD);
                bench.settle();
            }
            assertThat(runs).hasValue(3);
            assertThat(bench.backend.report().details()).containsEntry("lostByExecutor", 0L);
        }
    }

    /** A probe that is lost with the slots is followed by another one; one that a full executor runs itself tells nothing. */
    @Test
    void probeThatIsLostToo_isFollowedByAnotherOne() {
        Deque<Runnable> taken = new ArrayDeque<>();
        AtomicBoolean runsInTheCaller = new AtomicBoolean();
        try (Bench bench = new Bench(task -> {
            if (runsInTheCaller.get()) {
                task.run();
            } else {
                taken.add(task);
            }
        })) {
            TimerSlots<String> slots = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            slots.start("lost", Duration.ZERO);
            bench.backend.pump();
            taken.clear();
            runsInTheCaller.set(true);
            for (int i = 0; i < 4; i++) {
                bench.advance(PERIOD);
            }
            runsInTheCaller.set(false);
            assertThat(runs).hasValue(1);
            int probes = 0;
            for (int i = 0; i < 40; i++) {
                bench.advance(PERIOD);
                probes += taken.size();
                taken.clear();
            }
            assertThat(probes).as("probes, all of them lost").isBetween(2, 4);
            for (int i = 0; i < 16; i++) {
                bench.advance(PERIOD);
                while (!taken.isEmpty()) {
                    taken.poll().run();
                }
            }
            assertThat(runs).hasValue(2);
        }
    }

    /** The probe runs on another thread, and the executor answers only then. */
    @Test
    void probeThatRunsBeforeItsHandOverHasEnded_tells() {
        AtomicBoolean loses = new AtomicBoolean(true);
        try (Bench bench = new Bench(task -> {
            if (!loses.get()) {
                Thread thread = Race.thread(task::run);
                Race.unchecked(thread::join);
            }
        })) {
            TimerSlots<String> slots = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            slots.start("lost", Duration.ZERO);
            bench.backend.pump();
            loses.set(false);
            for (int i = 0; i < 4; i++) {
                bench.advance(PERIOD);
            }
            assertThat(runs).hasValue(2);
            assertThat(bench.backend.report().details())
                    .containsEntry("lostByExecutor", 1L)
                    .containsEntry("inFlight", 0L);
        }
    }

    @Test
    void slotsInOrder_areNeverCounted() {
        for (int i = 0; i < 20; i++) {
            map.start("key" + i, PERIOD.dividedBy(2).multipliedBy(i));
        }
        for (int i = 0; i < 24; i++) {
            pass(PERIOD.dividedBy(2));
        }
        assertThat(runs).hasValue(21);
        assertRecovered(0);
    }
}

package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotSnapshot.LatenessSplit;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pausing slots and maps, on time that the test moves. */
class PauseTests {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> ran = new ArrayList<>();

    private TimerSlots<String> timers(Bench bench) {
        return bench.timers(
                String.class,
                (key, firing) -> ran.add(key),
                spec -> spec.historySize(16).whenIdle(WhenIdle.KEEP));
    }

    private static Instant wall(Bench bench) {
        return Instant.ofEpochSecond(0, bench.ticker.realtimeNanos());
    }

    private static void assertAtRest(SlotMap<?> map) {
        assertThat(map.stats().references())
                .as("references")
                .isEqualTo(map.stats().slots());
        assertThat(map.stats().queued()).as("queued").isZero();
    }

    @Test
    void slot_thatFallsDueWhilePaused_waitsAtRestAndRunsOnceAfterResume() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("key", SECOND);
            map.start("other", SECOND);
            assertThat(map.pause("key")).isEqualTo(PauseOutcome.PAUSED);
            assertThat(map.pause("key")).isEqualTo(PauseOutcome.ALREADY_PAUSED);
            assertThat(map.stats().paused()).isOne();
            bench.advanceAndRun(SECOND.multipliedBy(10));
            assertThat(ran).containsExactly("other");
            SlotSnapshot waiting = map.find("key").orElseThrow();
            assertThat(waiting.runState()).isEqualTo(RunState.ARMED);
            assertThat(waiting.timeLeft()).isZero();
            assertThat(waiting.references()).isOne();
            assertThat(waiting.pausedSince()).isEqualTo(wall(bench).minusSeconds(10));
            assertAtRest(map);
            assertThat(map.resume("key")).isEqualTo(ResumeOutcome.RESUMED);
            assertThat(map.resume("key")).isEqualTo(ResumeOutcome.NOT_PAUSED);
            bench.settle();
            assertThat(ran).containsExactly("other", "key");
            bench.advanceAndRun(SECOND.multipliedBy(100));
            assertThat(ran).hasSize(2);
            assertThat(map.find("key").orElseThrow().pausedSince()).isNull();
            assertThat(map.stats().paused()).isZero();
            assertAtRest(map);
        }
    }

    /** By its begin one tells whether it is still the same pause. */
    @Test
    void beginOfAPause_staysTheSame_alsoWhenTheWallClockIsSet() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("key", SECOND);
            Instant begin = wall(bench);
            map.pause("key");
            map.pause();
            bench.ticker.advance(SECOND);
            bench.ticker.setWall(SECOND.multipliedBy(-100));
            assertThat(map.pausedSince()).contains(begin);
            assertThat(map.find("key").orElseThrow().pausedSince()).isEqualTo(begin);
        }
    }

    @Test
    void slot_withTimeLeftAtResume_firesAtItsDeadline() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("key", SECOND.multipliedBy(3));
            map.pause("key");
            bench.advanceAndRun(SECOND);
            map.resume("key");
            bench.advanceAndRun(SECOND);
            assertThat(ran).isEmpty();
            bench.advanceAndRun(SECOND);
            assertThat(ran).containsExactly("key");
        }
    }

    @Test
    void slot_heldBack_canBeMovedCancelledStartedAndDeleted() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            for (String key : List.of("moved", "cancelled", "started", "deleted")) {
                map.start(key, SECOND);
                map.pause(key);
            }
            bench.advanceAndRun(SECOND.multipliedBy(2));
            assertThat(map.touch("moved", SECOND.multipliedBy(5))).isEqualTo(TouchOutcome.MOVED);
            assertThat(map.cancel("cancelled")).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(map.start("started", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
            assertThat(map.delete("deleted")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            bench.advanceAndRun(SECOND);
            assertThat(ran).isEmpty();
            assertThat(map.stats().paused()).isEqualTo(3);
            assertThat(map.stats().slots()).isEqualTo(3);
            assertAtRest(map);
            for (String key : List.of("moved", "cancelled", "started")) {
                assertThat(map.resume(key)).isEqualTo(ResumeOutcome.RESUMED);
            }
            assertThat(map.resume("deleted")).isEqualTo(ResumeOutcome.ABSENT);
            bench.settle();
            assertThat(ran).containsExactly("started");
            bench.advanceAndRun(SECOND.multipliedBy(4));
            assertThat(ran).containsExactly("started", "moved");
            assertAtRest(map);
        }
    }

    @Test
    void slot_deletedAndMadeAnew_isNotPaused() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("key", SECOND);
            map.pause("key");
            map.delete("key");
            map.start("key", SECOND);
            bench.advanceAndRun(SECOND);
            assertThat(ran).containsExactly("key");
        }
    }

    @Test
    void map_paused_holdsBackSlotsMadeBeforeAndAfter() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("before", SECOND);
            assertThat(map.pause()).isEqualTo(PauseOutcome.PAUSED);
            assertThat(map.pause()).isEqualTo(PauseOutcome.ALREADY_PAUSED);
            assertThat(map.isPaused()).isTrue();
            assertThat(map.pausedSince()).contains(wall(bench));
            map.start("after", SECOND);
            map.start("own", SECOND);
            map.pause("own");
            bench.advanceAndRun(SECOND.multipliedBy(2));
            assertThat(ran).isEmpty();
            assertAtRest(map);
            assertThat(map.resume()).isEqualTo(ResumeOutcome.RESUMED);
            assertThat(map.resume()).isEqualTo(ResumeOutcome.NOT_PAUSED);
            assertThat(map.isPaused()).isFalse();
            bench.settle();
            assertThat(ran).containsExactlyInAnyOrder("before", "after");
            map.resume("own");
            bench.settle();
            assertThat(ran).hasSize(3).endsWith("own");
        }
    }

    @Test
    void run_thatGoesOn_isNotAffected_andItsNextPeriodWaits() {
        try (Bench bench = new Bench()) {
            List<PauseOutcome> paused = new ArrayList<>();
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> {
                        ran.add(key);
                        if (ran.size() == 1) {
                            paused.add(
                                    bench.registry.timers("map1", String.class).pause(key));
                        }
                    },
                    spec -> spec.every(SECOND));
            map.start("key");
            bench.advanceAndRun(SECOND);
            assertThat(paused).containsExactly(PauseOutcome.PAUSED);
            bench.advanceAndRun(SECOND.multipliedBy(5));
            assertThat(ran).hasSize(1);
            assertAtRest(map);
            map.resume("key");
            bench.settle();
            assertThat(ran).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"ONCE, 1", "SKIP, 0", "ALL, 5"})
    void periods_missedInAPause_followTheLatePolicy(LatePolicy late, int expected) {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> ran.add(key),
                    spec -> spec.every(SECOND).late(late));
            map.start("key");
            bench.advanceAndRun(SECOND);
            ran.clear();
            map.pause("key");
            bench.advanceAndRun(SECOND.multipliedBy(5).plusMillis(500));
            assertThat(ran).isEmpty();
            map.resume("key");
            bench.settle();
            assertThat(ran).hasSize(expected);
            bench.advanceAndRun(Duration.ofMillis(500));
            assertThat(ran).as("the series goes on").hasSize(expected + 1);
        }
    }

    @Test
    void work_submittedWhilePaused_runsOnceAfterResume() {
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> ran.add(key));
            map.pause();
            assertThat(map.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
            assertThat(map.submit("key")).isEqualTo(SubmitOutcome.COALESCED);
            bench.settle();
            assertThat(map.submit("key")).isEqualTo(SubmitOutcome.COALESCED);
            assertThat(ran).isEmpty();
            assertAtRest(map);
            map.resume();
            bench.settle();
            assertThat(ran).containsExactly("key");
        }
    }

    @Test
    void absentKeysAndClosedMaps_sayThatTheyAre() throws Exception {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            assertThat(map.pause("key")).isEqualTo(PauseOutcome.ABSENT);
            assertThat(map.resume("key")).isEqualTo(ResumeOutcome.ABSENT);
            assertThat(map.stats().slots()).isZero();
            map.start("key", SECOND);
            map.pause("key");
            map.pause();
            bench.advanceAndRun(SECOND);
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            assertThat(map.pausedSince()).isEmpty();
            assertThat(map.pause("key")).isEqualTo(PauseOutcome.CLOSED);
            assertThat(map.resume("key")).isEqualTo(ResumeOutcome.CLOSED);
            assertThat(map.pause()).isEqualTo(PauseOutcome.CLOSED);
            assertThat(map.resume()).isEqualTo(ResumeOutcome.CLOSED);
            bench.settle();
            assertThat(map.stats().references()).isZero();
            assertThat(map.stats().paused()).isZero();
            assertThat(ran).isEmpty();
        }
    }

    @Test
    void lateness_isSplitIntoWakeUpQueueAndGate() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            map.start("key", SECOND);
            bench.advance(SECOND.plusMillis(20)); // noticed 20 ms late
            bench.ticker.advance(Duration.ofMillis(300)); // lies in the executor's queue
            bench.settle();
            assertThat(split(map)).isEqualTo(split(20, 300, 0));
            map.start("key", SECOND);
            map.pause("key");
            bench.advance(SECOND.plusMillis(10));
            bench.settle();
            bench.advance(SECOND.multipliedBy(4));
            map.resume("key");
            bench.advance(Duration.ofMillis(5));
            bench.settle();
            assertThat(split(map)).isEqualTo(split(10, 5, 4_000));
            map.start("key", Duration.ZERO);
            bench.settle();
            assertThat(split(map)).isEqualTo(split(0, 0, 0));
        }
    }

    @Test
    void lateness_waitingForTheMapsConcurrency_isGate() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> bench.ticker.advance(SECOND),
                    spec -> spec.historySize(4).concurrency(1).whenIdle(WhenIdle.KEEP));
            map.start("first", SECOND);
            map.start("key", SECOND);
            bench.advanceAndRun(SECOND);
            List<LatenessSplit> splits = List.of(
                    map.find("first").orElseThrow().lastFiring().split(),
                    map.find("key").orElseThrow().lastFiring().split());
            assertThat(splits).containsExactlyInAnyOrder(split(0, 0, 0), split(0, 0, 1_000));
        }
    }

    private static LatenessSplit split(SlotMap<String> map) {
        return map.find("key").orElseThrow().lastFiring().split();
    }

    private static LatenessSplit split(long wakeUp, long queue, long gate) {
        return new LatenessSplit(Duration.ofMillis(wakeUp), Duration.ofMillis(queue), Duration.ofMillis(gate));
    }

    @Test
    void history_ofADeletedSlot_isRememberedWithPauses() {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = timers(bench);
            assertThat(map.findDeparted("key")).isEmpty();
            map.start("key", SECOND);
            map.pause("key");
            map.resume("key");
            map.delete("key");
            assertThat(map.findDeparted("key").orElseThrow().history())
                    .extracting(SlotEvent::kind)
                    .containsExactly(Kind.STARTED, Kind.PAUSED, Kind.RESUMED, Kind.DELETED);
            for (int i = 0; i < 256; i++) {
                map.start("other" + i, SECOND);
                map.delete("other" + i);
            }
            assertThat(map.findDeparted("key")).as("forgotten").isEmpty();
            assertThat(map.findDeparted("other0").orElseThrow().history()).hasSize(2);
        }
    }

    /**
     * T1: finds the slot paused and lets go of it. T2: resumes it.
     *
     * <p>Whatever comes first, the slot runs, once.
     */
    @Test
    void resume_againstTheWorkerThatLetsGo_losesNothing() throws Exception {
        AtomicInteger heldBack = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            AtomicInteger runs = new AtomicInteger();
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            for (int round = 0; race.goesOn(round, 20_000, heldBack, begun); round++) {
                map.start("key", Duration.ZERO);
                map.pause("key");
                bench.backend.pump();
                Runnable worker = bench.hand.take();
                int before = runs.get();
                race.run(worker::run, () -> map.resume("key"));
                (runs.get() == before ? heldBack : begun).incrementAndGet();
                bench.settle();
                assertThat(runs).as("round %s", round).hasValue(before + 1);
            }
            assertAtRest(map);
        }
        Race.reached("the worker held the slot back", heldBack.get());
        Race.reached("the worker began the run", begun.get());
    }
}

package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The races about what callers see and where they may call from: O1, O2, O3, O4, F1, F2. */
class ReentryRaceTests {

    private static final Duration DELAY = Duration.ofMillis(1);

    /**
     * O1: start without a binding answers success. A map cannot be made without a callback; a rebound one is used, and
     * a closed map, whose binding is gone, refuses.
     */
    @Test
    void O1_startWithoutABinding_isNeverASuccess() throws Exception {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class).build())
                .withMessageContaining("needs a callback");
        try (Bench bench = new Bench()) {
            AtomicInteger runs = new AtomicInteger();
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            map.start("k", DELAY);
            assertThat(map.cancel("k")).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(map.start("k", DELAY)).as("a cancel keeps the binding").isEqualTo(StartOutcome.STARTED);
            bench.advanceAndRun(DELAY);
            assertThat(runs).hasValue(1);
            map.close(Duration.ZERO);
            assertThat(map.start("k", DELAY)).isEqualTo(StartOutcome.CLOSED);
            bench.advanceAndRun(DELAY);
            assertThat(runs).hasValue(1);
        }
    }

    /**
     * T1: close: sets "closed", frees every slot, takes the binding out. T2: start(k) again and again.
     *
     * <p>O1 in a race: whatever T2 is answered before the close ends, nothing runs after it, and once it has ended the
     * answer is CLOSED.
     */
    @Test
    void O1_startAgainstClose_leavesNothingArmedWithoutABinding() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        AtomicInteger rearmed = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 10_000, rearmed, closed); round++) {
                TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> runs.incrementAndGet());
                map.start(1, Duration.ZERO);
                race.run(
                        () -> {
                            for (int key = 1; key < 5; key++) {
                                (map.start(key, Duration.ZERO) == StartOutcome.CLOSED ? closed : rearmed)
                                        .incrementAndGet();
                            }
                        },
                        () -> assertThat(map.close(Duration.ofSeconds(30))).isEqualTo(CloseOutcome.CLOSED));
                assertThat(map.start(1, Duration.ZERO)).isEqualTo(StartOutcome.CLOSED);
                bench.settle();
                assertThat(map.stats().armed()).isZero();
                assertThat(map.stats().references()).isZero();
            }
        }
        assertThat(runs).hasValue(0);
        Race.reached("start before close", rearmed.get());
        Race.reached("start after close", closed.get());
    }

    /**
     * T1: k is due and handed over, its worker has not come: BUSY. T2: every operation on k.
     *
     * <p>O2: BUSY is something to look at, never an answer: no operation fails or waits because another is in flight.
     */
    @Test
    void O2_operationsOnABusySlot_answerAsOnAReadyOne() throws Exception {
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
            List<String> ready = new ArrayList<>();
            List<String> busy = new ArrayList<>();
            for (List<String> answers : List.of(ready, busy)) {
                map.start("k", answers == ready ? DELAY : Duration.ZERO);
                bench.backend.pump();
                assertThat(map.find("k").orElseThrow().state())
                        .isEqualTo(answers == ready ? SlotState.READY : SlotState.BUSY);
                Thread other = Race.thread(() -> {
                    answers.add(map.start("k", DELAY).name());
                    answers.add(map.touch("k", DELAY).name());
                    answers.add("" + map.rebind("k", (key, firing) -> {}));
                    answers.add(map.cancel("k").name());
                    answers.add(map.cancelAndAwait("k", Duration.ofSeconds(30)).name());
                    answers.add(map.start("k", DELAY).name());
                    answers.add(map.delete("k").name());
                });
                other.join(20_000);
                bench.backend.pump();
            }
            assertThat(busy).isEqualTo(ready);
            assertThat(ready)
                    .containsExactly("REARMED", "MOVED", "true", "CANCELLED", "ABSENT", "STARTED", "DELETED_ARMED");
        }
    }

    /** O2 in a race: T1 starts and cancels k, the timekeeper drains, T2 does the same: each answer is of the table. */
    @Test
    void O2_operationsAtOnce_neverAnswerBusy() throws Exception {
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger notArmed = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
            map.start("k", Duration.ofHours(1));
            Race.Action use = () -> {
                for (int i = 0; i < 5; i++) {
                    assertThat(map.start("k", Duration.ofMinutes(1))).isIn(StartOutcome.REARMED, StartOutcome.STARTED);
                    CancelOutcome cancel = map.cancel("k");
                    assertThat(cancel).isIn(CancelOutcome.CANCELLED, CancelOutcome.ABSENT);
                    (cancel == CancelOutcome.CANCELLED ? cancelled : notArmed).incrementAndGet();
                    assertThat(map.find("k").map(SlotSnapshot::state)).isNotEqualTo(Optional.of(SlotState.FREED));
                }
            };
            for (int round = 0; race.goesOn(round, 30_000, notArmed, cancelled); round++) {
                race.run(use, use);
                bench.backend.pump();
            }
        }
        Race.reached("one cancel for both starts", notArmed.get());
        Race.reached("a cancel that found a start", cancelled.get());
    }

    /**
     * T1: cancel(k). T2: rebind(k). T3 (T1 afterwards): start(k).
     *
     * <p>O3: neither takes the other's effect back: after both, nothing is armed and the new callback is the one used.
     */
    @Test
    void O3_cancelAgainstRebind_bothTakeEffect() throws Exception {
        AtomicInteger fresh = new AtomicInteger();
        AtomicInteger stale = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        int rounds = 0;
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> stale.incrementAndGet());
            for (; race.goesOn(rounds, 20_000); rounds++) {
                map.rebind((key, firing) -> stale.incrementAndGet(), released::incrementAndGet);
                map.start("k", DELAY);
                race.run(
                        () -> assertThat(map.cancel("k")).isEqualTo(CancelOutcome.CANCELLED),
                        () -> map.rebind((key, firing) -> fresh.incrementAndGet()));
                bench.advanceAndRun(DELAY);
                assertThat(map.cancel("k")).isEqualTo(CancelOutcome.ABSENT);
                map.start("k", DELAY);
                bench.advanceAndRun(DELAY);
            }
        }
        assertThat(stale).hasValue(0);
        assertThat(fresh).hasValue(rounds);
        assertThat(released).hasValue(rounds);
    }

    /**
     * T1: runs k's callback. T2: delete(k): not the last reference. T3: start(k), cancel(k), touch(k), find(k), each of
     * which may be the one to give the last reference back.
     *
     * <p>O4: none of them waits for T1's callback; the last release only counts.
     */
    @Test
    void O4_operationsDuringARun_neverWaitForIt() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {
                if (runs.incrementAndGet() == 1) {
                    inside.countDown();
                    goOn.await();
                }
            });
            map.start("k", DELAY);
            bench.advance(DELAY);
            Thread running = Race.thread(bench.hand::runNext);
            inside.await();
            List<Object> answers = new ArrayList<>();
            Thread caller = Race.thread(() -> {
                answers.add(map.start("k", DELAY));
                answers.add(map.touch("k", DELAY));
                answers.add(map.cancel("k"));
                answers.add(map.cancel("k"));
                answers.add(map.delete("k"));
                answers.add(map.start("k", DELAY));
                answers.add(map.delete("k"));
                answers.add(map.start("k", DELAY));
                answers.add(map.cancelAndAwait("k", Duration.ZERO));
                answers.add(map.start("k", DELAY));
                answers.add(map.find("k").isPresent());
                bench.backend.pump();
            });
            caller.join(20_000);
            assertThat(caller.isAlive()).as("some operation waits for the run").isFalse();
            assertThat(running.isAlive()).isTrue();
            assertThat(answers)
                    .hasToString(
                            "[STARTED, MOVED, CANCELLED, RUNNING, DELETED_WHILE_RUNNING, STARTED, DELETED_ARMED, STARTED,"
                                    + " TIMED_OUT, STARTED, true]");
            goOn.countDown();
            running.join();
            bench.advanceAndRun(DELAY);
            assertThat(runs).as("the restart runs after the old run has ended").hasValue(2);
            map.delete("k");
            bench.settle();
            assertThat(map.stats().references()).isZero();
        }
    }

    /**
     * F1: a listener or a callback, called on the way of an operation, starts the same slot: no lock, no deadlock.
     *
     * <p>Here the executor runs in the caller, so that the callback comes from inside submit, and the listener from
     * inside that; both call back into the same key.
     */
    @Test
    void F1_reentryFromInsideSubmit_neitherDeadlocksNorRecurs() {
        AtomicReference<WorkSlots<String>> map = new AtomicReference<>();
        List<Object> answers = new ArrayList<>();
        AtomicInteger told = new AtomicInteger();
        JvmBackend backend = JvmBackend.manual();
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(new ManualTicker())
                .listener((firing, took, failure) -> {
                    if (told.incrementAndGet() <= 2) {
                        answers.add(map.get().submit("k"));
                    }
                })
                .build()) {
            registry.start();
            AtomicInteger depth = new AtomicInteger();
            AtomicInteger runs = new AtomicInteger();
            map.set(registry.register(io.asyncslot.WorkMapSpec.named("m", String.class)
                    .callback((key, firing) -> {
                        assertThat(depth.incrementAndGet()).as("depth").isEqualTo(1);
                        if (runs.incrementAndGet() == 1) {
                            answers.add(map.get().submit(key));
                            answers.add(map.get().submit(key));
                            answers.add(map.get().cancelAndAwait(key, Duration.ofSeconds(30)));
                        }
                        depth.decrementAndGet();
                    })
                    .build()));
            answers.add(map.get().submit("k"));
            assertThat(map.get().stats().failed()).isZero();
            assertThat(runs).hasValue(3);
            assertThat(answers)
                    .containsExactly(
                            SubmitOutcome.SUBMITTED,
                            SubmitOutcome.COALESCED,
                            CancelOutcome.WOULD_DEADLOCK,
                            SubmitOutcome.COALESCED,
                            SubmitOutcome.SUBMITTED,
                            SubmitOutcome.SUBMITTED);
        }
    }

    /**
     * F2: the timekeeper hands over, the callback runs inside that very hand-over and starts the slot again with no
     * delay, and even drives the timekeeper once more.
     *
     * <p>It is taken up in a later turn, not inside this one, and the drain comes to an end.
     */
    @Test
    void F2_restartFromInsideTheDrain_isTakenUpInALaterTurn() {
        AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench(Runnable::run)) {
            map.set(bench.timers(String.class, (key, firing) -> {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                if (runs.incrementAndGet() < 50_000) {
                    assertThat(map.get().start(key, Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
                    if (runs.get() % 1_000 == 0) {
                        bench.backend.pump();
                    }
                }
                depth.decrementAndGet();
            }));
            map.get().start("k", Duration.ZERO);
            bench.backend.pump();
            assertThat(runs).hasValue(50_000);
            assertThat(deepest).hasValue(1);
            assertThat(map.get().stats().failed()).isZero();
            map.get().delete("k");
            bench.backend.pump();
            assertThat(map.get().stats().references()).isZero();
        }
    }

    /**
     * F2 with other keys: callbacks inside the drain delete, create and re-arm slots that the timekeeper files right
     * then. Nothing is lost and nothing fires twice.
     */
    @Test
    void F2_changesFromInsideTheDrain_keepTheBooks() {
        AtomicReference<TimerSlots<Integer>> map = new AtomicReference<>();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench(Runnable::run)) {
            map.set(bench.timers(Integer.class, (key, firing) -> {
                int run = runs.incrementAndGet();
                map.get().delete(key + 1);
                if (run < 5_000) {
                    map.get().start(key + 7, Duration.ZERO);
                    map.get().start(key + 11, DELAY);
                    map.get().delete(key);
                    if (run % 5 == 0) {
                        bench.backend.pump();
                    }
                }
            }));
            for (int key = 0; key < 20; key++) {
                map.get().start(key, DELAY);
            }
            for (int i = 0; i < 2_000; i++) {
                bench.advance(DELAY);
            }
            var stats = map.get().stats();
            assertThat(stats.failed()).isZero();
            assertThat(stats.started())
                    .isEqualTo(stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.armed());
            assertThat(runs.get()).isEqualTo(stats.fired());
            assertThat(stats.armed()).isZero();
            assertThat(stats.references()).isEqualTo(stats.slots());
        }
    }

    /** A key is deleted while everything about it is asked for from inside its own callback. */
    @Test
    void ownCallback_neverWaitsForItself() {
        try (Bench bench = new Bench()) {
            AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
            List<Object> answers = new ArrayList<>();
            map.set(bench.timers(String.class, (key, firing) -> {
                answers.add(map.get().cancel(key));
                answers.add(map.get().start(key, DELAY));
                answers.add(map.get().cancelAndAwait(key, Duration.ofSeconds(30)));
                answers.add(map.get().cancel(key));
                answers.add(map.get().close(Duration.ofSeconds(30)));
                answers.add(map.get().isClosed());
                answers.add(map.get().delete(key));
                answers.add(map.get().delete(key));
            }));
            map.get().start("k", DELAY);
            bench.advanceAndRun(DELAY);
            assertThat(answers)
                    .containsExactly(
                            CancelOutcome.RUNNING,
                            StartOutcome.STARTED,
                            CancelOutcome.WOULD_DEADLOCK,
                            CancelOutcome.CANCELLED,
                            CloseOutcome.WOULD_DEADLOCK,
                            false,
                            DeleteOutcome.DELETED_WHILE_RUNNING,
                            DeleteOutcome.ABSENT);
        }
    }

    /** A due slot is in one pair of hands: however often the timekeeper looks, it is offered once. */
    @Test
    void handOver_isOfferedOncePerRun() {
        HandExecutor hand = new HandExecutor();
        try (Bench bench = new Bench(hand)) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
            map.start("k", DELAY);
            bench.advance(DELAY);
            bench.backend.pump();
            bench.backend.pump();
            assertThat(hand.offered()).isEqualTo(1);
            hand.runNext();
            bench.backend.pump();
            assertThat(hand.offered()).isEqualTo(1);
        }
    }
}

package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.HookedKey;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The races about the life of a control block: R1, R2, R4, R10, R11, R15, F3, F4. */
class LifetimeRaceTests {

    private static final Duration DELAY = Duration.ofMillis(1);
    private static final Duration RETRY = Duration.ofMillis(2);

    /** How often a start hashes its key before it asks for the generation inside the map's atomic step. */
    private static final int BEFORE_ATOMIC_STEP = 2;

    private static void assertNothingLeft(Bench bench, io.asyncslot.SlotMap<?> map) {
        bench.advanceAndRun(Duration.ofHours(1));
        assertThat(map.stats().slots()).as("slots").isZero();
        assertThat(map.stats().references()).as("references").isZero();
        assertThat(map.stats().armed()).as("armed").isZero();
        assertThat(map.stats().queued()).as("queued").isZero();
    }

    /**
     * T1: start(k): has found that there is none. T2: find(k), cancel(k), touch(k), delete(k). T1: makes and publishes
     * the block.
     *
     * <p>Nobody sees a block whose construction is not complete: to T2 the key is absent until T1 publishes.
     */
    @Test
    void R1_useBeforeConstructionIsComplete_seesNothing() throws Exception {
        try (Bench bench = new Bench()) {
            TimerSlots<HookedKey> map = bench.timers(HookedKey.class, (key, firing) -> {});
            HookedKey key = new HookedKey(1);
            HookedKey neighbour = new HookedKey(2);
            map.start(neighbour, DELAY);
            AtomicInteger reached = new AtomicInteger();
            neighbour.onComparison(BEFORE_ATOMIC_STEP, () -> {
                reached.incrementAndGet();
                Thread other = Race.thread(() -> {
                    HookedKey same = new HookedKey(1);
                    assertThat(map.find(same)).isEmpty();
                    assertThat(map.cancel(same)).hasToString("ABSENT");
                    assertThat(map.touch(same, DELAY)).hasToString("ABSENT");
                    assertThat(map.delete(same)).isEqualTo(DeleteOutcome.ABSENT);
                    assertThat(map.rebind(same, (k, f) -> {})).isFalse();
                    reached.incrementAndGet();
                });
                join(other);
            });
            assertThat(map.start(key, DELAY)).isEqualTo(StartOutcome.STARTED);
            assertThat(reached)
                    .as("T2 ran before T1's atomic step, and its assertions held")
                    .hasValue(2);
            assertThat(map.find(key)).isPresent();
        }
    }

    /**
     * T1: start(k). T2: find(k) over and over.
     *
     * <p>The first look that finds the slot finds all of it: armed, its deadline, its generation, its references.
     */
    @Test
    void R1_firstLookAtANewSlot_findsItComplete() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        AtomicInteger busy = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> {}, spec -> spec.historySize(2));
            for (int round = 0; race.goesOn(round, 50_000, seen, busy); round++) {
                int key = round;
                race.run(() -> map.start(key, DELAY), () -> {
                    for (int i = 0; i < 500; i++) {
                        Optional<SlotSnapshot> found = map.find(key);
                        if (found.isPresent()) {
                            SlotSnapshot snapshot = found.get();
                            assertThat(snapshot.runState().isArmed()).isTrue();
                            assertThat(snapshot.timeLeft()).isEqualTo(DELAY);
                            assertThat(snapshot.generation()).isPositive();
                            assertThat(snapshot.references()).isBetween(1, 2);
                            seen.incrementAndGet();
                            if (snapshot.history().isEmpty()) {
                                busy.incrementAndGet();
                            }
                            return;
                        }
                    }
                });
                map.delete(key);
                bench.backend.pump();
            }
            assertNothingLeft(bench, map);
        }
        Race.reached("a look at a slot just made", seen.get());
        Race.reached("a look before the start had noted itself", busy.get());
    }

    /**
     * T1: start(k): has looked at "open", and that there is none. T2: close: sets "closed", walks the map, finds a
     * neighbour only, ends. T1: makes the block, publishes, looks again, unwinds.
     *
     * <p>No armed slot survives in a closed map, and nothing fires.
     */
    @Test
    void R2_closeBeforeThePublication_isSeenByTheCreator() {
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<HookedKey> map = bench.timers(HookedKey.class, (key, firing) -> runs.incrementAndGet());
            HookedKey key = new HookedKey(1);
            HookedKey neighbour = new HookedKey(2);
            map.start(neighbour, DELAY);
            AtomicReference<CloseOutcome> closing = new AtomicReference<>();
            AtomicReference<Thread> closer = new AtomicReference<>();
            neighbour.onComparison(BEFORE_ATOMIC_STEP, () -> {
                closer.set(Race.thread(() -> closing.set(map.close(Duration.ofMinutes(1)))));
                join(closer.get()); // it waits for nobody who has published nothing
                assertThat(closing).hasValue(CloseOutcome.CLOSED);
            });
            assertThat(map.start(key, DELAY)).isEqualTo(StartOutcome.CLOSED);
            assertNothingLeft(bench, map);
            assertThat(runs).hasValue(0);
        }
    }

    /**
     * T1: start(k): publishes the block. T2: close. T3 (this one too): re-arms, deletes and restarts the published
     * block. T1: sees "closed", unwinds.
     *
     * <p>The unwinding is the ordinary free: whoever else uses the block meanwhile, it is freed once, every reference
     * comes back, and nothing fires in the closed map.
     */
    @Test
    void R2_unwindingABlockThatOthersUse_freesItOnce() throws Exception {
        AtomicInteger unwound = new AtomicInteger();
        AtomicInteger startedFirst = new AtomicInteger();
        AtomicInteger used = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 20_000, unwound, startedFirst, used); round++) {
                TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> runs.incrementAndGet());
                AtomicReference<StartOutcome> first = new AtomicReference<>();
                race.run(() -> first.set(map.start(1, Duration.ZERO)), () -> {
                    if (map.start(1, Duration.ZERO) == StartOutcome.REARMED) {
                        used.incrementAndGet();
                    }
                    map.close(Duration.ZERO);
                    map.delete(1);
                });
                (first.get() == StartOutcome.CLOSED ? unwound : startedFirst).incrementAndGet();
                assertThat(map.find(1)).isEmpty();
                bench.settle();
                assertThat(map.stats().slots()).isZero();
                assertThat(map.stats().references()).isZero();
                assertThat(map.stats().armed()).isZero();
            }
        }
        assertThat(runs).hasValue(0);
        Race.reached("the creator unwinds or is too late", unwound.get());
        Race.reached("the start was first", startedFirst.get());
        Race.reached("the other side used the block", used.get());
    }

    /**
     * T1: start(k): has looked up the block. T2: delete(k): frees it. T1: arms.
     *
     * <p>The central race. T1's step meets FREED and makes a new incarnation: an outcome of STARTED is followed by one
     * fire, no dead timer fires, nothing of the freed incarnation stays.
     */
    @Test
    void R4_startAfterFree_armsNoDeadTimer() throws Exception {
        AtomicInteger startFirst = new AtomicInteger();
        AtomicInteger deleteFirst = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(
                    Integer.class, (key, firing) -> runs.incrementAndGet(), spec -> spec.whenIdle(WhenIdle.KEEP));
            for (int round = 0; race.goesOn(round, 50_000, startFirst, deleteFirst); round++) {
                int key = round & 3;
                map.start(key, Duration.ofHours(1));
                long before = map.find(key).orElseThrow().generation();
                AtomicReference<StartOutcome> start = new AtomicReference<>();
                AtomicReference<DeleteOutcome> delete = new AtomicReference<>();
                runs.set(0);
                race.run(() -> start.set(map.start(key, DELAY)), () -> delete.set(map.delete(key)));
                assertThat(delete).hasValue(DeleteOutcome.DELETED_ARMED);
                bench.advanceAndRun(DELAY);
                if (start.get() == StartOutcome.REARMED) {
                    startFirst.incrementAndGet();
                    assertThat(map.find(key)).isEmpty();
                    assertThat(runs).hasValue(0);
                } else {
                    deleteFirst.incrementAndGet();
                    assertThat(start).hasValue(StartOutcome.STARTED);
                    assertThat(map.find(key).orElseThrow().generation()).isGreaterThan(before);
                    assertThat(runs).hasValue(1);
                    map.delete(key);
                }
            }
            assertNothingLeft(bench, map);
        }
        Race.reached("start, then delete", startFirst.get());
        Race.reached("delete, then start", deleteFirst.get());
    }

    /**
     * T1: start(k): has looked up the freed block, makes the next one. T2: delete(k): frees, leaves the
     * index.
     *
     * <p>Forced: T2 has freed the block and has not left the index when T1 replaces it.
     */
    @Test
    void R4_startWhileTheFormerBlockLeaves_makesANewIncarnation() {
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<Integer> map =
                    bench.timers(Integer.class, (key, firing) -> runs.incrementAndGet(), spec -> spec.historySize(1));
            Integer key = 1;
            map.start(key, Duration.ofHours(1));
            long generation = map.find(key).orElseThrow().generation();
            AtomicReference<StartOutcome> start = new AtomicReference<>();
            // a delete reads the clock for the history: freed already, still in the index
            bench.ticker.onRead(() -> {
                bench.ticker.onRead(() -> {});
                join(Race.thread(() -> start.set(map.start(key, DELAY))));
            });
            assertThat(map.delete(key)).isEqualTo(DeleteOutcome.DELETED_ARMED);
            assertThat(start).hasValue(StartOutcome.STARTED);
            assertThat(map.find(key).orElseThrow().generation()).isEqualTo(generation + 1);
            bench.advanceAndRun(DELAY);
            assertThat(runs).hasValue(1);
            map.delete(key);
            assertNothingLeft(bench, map);
        }
    }

    /**
     * T1: start(k) and T2: delete(k) leave commands for the timekeeper while it holds the slot or drains.
     *
     * <p>R10: the free is never lost among the commands, R15: commands neither refuse nor replace each other: after
     * every round the timekeeper has let go of everything.
     */
    @Test
    void R10_R15_commandsOfOneSlot_areNeitherLostNorRefused() throws Exception {
        AtomicInteger inOneDrain = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger expected = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> runs.incrementAndGet());
            for (int round = 0; race.goesOn(round, 50_000); round++) {
                int key = round & 3;
                map.start(key, Duration.ofHours(2));
                if ((round & 1) == 0) {
                    bench.backend.pump();
                }
                AtomicReference<StartOutcome> last = new AtomicReference<>();
                race.run(
                        () -> {
                            map.start(key, Duration.ofHours(1));
                            map.cancel(key);
                            map.start(key, Duration.ofMinutes(1));
                            map.delete(key);
                            last.set(map.start(key, DELAY));
                        },
                        () -> {
                            bench.backend.pump();
                            bench.backend.pump();
                        });
                assertThat(last).hasValue(StartOutcome.STARTED);
                inOneDrain.incrementAndGet();
                expected.incrementAndGet();
                bench.advanceAndRun(DELAY);
                assertThat(runs.get()).as("round %d", round).isEqualTo(expected.get());
                map.delete(key);
            }
            assertNothingLeft(bench, map);
        }
        assertThat(inOneDrain.get()).isPositive();
    }

    /**
     * T1: runs the callback. T2: delete(k): the last reference goes. T1: ends, tries to use the block again.
     *
     * <p>The count is 0 for ever: restart on the handle is FREED, by key it makes another incarnation.
     */
    @Test
    void R11_restartOfAFreedIncarnation_neverRevivesIt() {
        try (Bench bench = new Bench()) {
            AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
            AtomicReference<StartOutcome> byHandle = new AtomicReference<>();
            AtomicReference<StartOutcome> byKey = new AtomicReference<>();
            AtomicLong generation = new AtomicLong();
            AtomicInteger runs = new AtomicInteger();
            map.set(bench.timers(String.class, (key, firing) -> {
                if (runs.incrementAndGet() == 1) {
                    generation.set(firing.generation());
                    assertThat(map.get().delete(key)).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                    assertThat(firing.cancelled()).isTrue();
                    byHandle.set(firing.restart(DELAY));
                    byKey.set(map.get().start(key, DELAY));
                } else {
                    assertThat(firing.generation()).isEqualTo(generation.get() + 1);
                    assertThat(firing.cancelled()).isFalse();
                }
            }));
            map.get().start("k", DELAY);
            bench.advanceAndRun(DELAY);
            assertThat(byHandle).hasValue(StartOutcome.FREED);
            assertThat(byKey).hasValue(StartOutcome.STARTED);
            bench.advanceAndRun(DELAY);
            assertThat(runs).hasValue(2);
            assertThat(map.get().stats().failed()).isZero();
            map.get().delete("k");
            assertNothingLeft(bench, map.get());
        }
    }

    /** R15: any number of submits from two threads at once: each is SUBMITTED or COALESCED, and a run sees the last. */
    @Test
    void R15_submitsAtOnce_areCoalescedNotRefused() throws Exception {
        AtomicInteger written = new AtomicInteger();
        AtomicInteger read = new AtomicInteger(-1);
        AtomicInteger coalesced = new AtomicInteger();
        AtomicInteger again = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> read.set(written.get()));
            for (int round = 0; race.goesOn(round, 30_000, coalesced, again); round++) {
                map.submit("k");
                race.run(bench.hand::runNext, () -> {
                    written.incrementAndGet();
                    SubmitOutcome outcome = map.submit("k");
                    assertThat(outcome).isIn(SubmitOutcome.SUBMITTED, SubmitOutcome.COALESCED);
                    (outcome == SubmitOutcome.COALESCED ? coalesced : again).incrementAndGet();
                });
                bench.settle();
                assertThat(read.get())
                        .as("a run saw what was written before the submit")
                        .isEqualTo(written.get());
            }
        }
        Race.reached("coalesced with the pending run", coalesced.get());
        Race.reached("one more run", again.get());
    }

    /** F3: a work slot that was never handed over is freed and closed without waiting for a run that never comes. */
    @Test
    void F3_neverStartedWork_isNotAwaited() throws Exception {
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> {});
            bench.hand.refuseNext(1);
            map.submit("refused");
            map.submit("queued");
            assertThat(map.cancelAndAwait("refused", Duration.ofSeconds(30))).hasToString("CANCELLED");
            assertThat(map.cancelAndAwait("queued", Duration.ofSeconds(30))).hasToString("CANCELLED");
            map.submit("queued");
            map.submit("refused");
            assertThat(map.delete("refused")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            assertThat(map.close(Duration.ofSeconds(30))).isEqualTo(CloseOutcome.CLOSED);
            bench.settle();
            assertNothingLeft(bench, map);
            assertThat(map.stats().fired()).isZero();
        }
    }

    /**
     * T1: engine: hands k over. T2: delete(k), returns. T3: executor: runs what was handed over.
     *
     * <p>After the delete returned no run starts, also not the one that was queued already.
     */
    @Test
    void F4_queuedCallback_doesNotRunAfterFree() {
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            WorkSlots<String> works = bench.works(String.class, (key, firing) -> runs.incrementAndGet());
            timers.start("k", DELAY);
            works.submit("k");
            bench.advance(DELAY);
            assertThat(bench.hand.size()).isEqualTo(2);
            assertThat(timers.delete("k")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            assertThat(works.delete("k")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            bench.settle();
            assertThat(runs).hasValue(0);
            assertNothingLeft(bench, timers);
            assertNothingLeft(bench, works);
        }
    }

    /**
     * T1: engine: hands k over, the executor refuses. T2: delete(k) right then: the slot is in the worker's hands, so
     * T2 releases the last reference. T1: takes the refused slot back.
     *
     * <p>The slot is dead: the engine lets go of it and goes on with the others.
     */
    @Test
    void F4_deleteWhileTheExecutorRefuses_isLetGo() {
        AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench(task -> {
            if (map.get().delete("doomed") == DeleteOutcome.DELETED_ARMED) {
                refused.incrementAndGet();
                throw new RejectedExecutionException("full");
            }
            task.run();
        })) {
            map.set(bench.timers(String.class, (key, firing) -> runs.incrementAndGet()));
            map.get().start("doomed", Duration.ZERO);
            map.get().start("other", DELAY);
            bench.backend.pump();
            bench.advance(RETRY);
            bench.advance(RETRY);
            assertThat(refused).hasValue(1);
            assertThat(runs).hasValue(1);
            map.get().delete("other");
            assertNothingLeft(bench, map.get());
        }
    }

    /** T1: worker begins the queued run. T2: delete(k). Both orders: a run that began is told of, no other begins. */
    @Test
    void F4_deleteAgainstABeginningRun_saysWhetherItRuns() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger deletedFirst = new AtomicInteger();
        AtomicInteger whileRunning = new AtomicInteger();
        AtomicInteger after = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            AtomicInteger deleted = new AtomicInteger();
            AtomicInteger late = new AtomicInteger();
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> {
                if (deleted.get() == key) {
                    late.incrementAndGet();
                }
                ran.incrementAndGet();
                Thread.onSpinWait();
            });
            for (int round = 1; race.goesOn(round, 50_000, deletedFirst, whileRunning, after); round++) {
                int key = round;
                map.start(key, Duration.ZERO);
                bench.backend.pump();
                ran.set(0);
                late.set(0);
                AtomicReference<DeleteOutcome> outcome = new AtomicReference<>();
                race.run(bench.hand::runNext, () -> {
                    DeleteOutcome delete = map.delete(key);
                    if (delete == DeleteOutcome.DELETED_ARMED) {
                        deleted.set(key);
                    }
                    outcome.set(delete);
                });
                assertThat(late)
                        .as("a run that began after the delete returned")
                        .hasValue(0);
                if (outcome.get() == DeleteOutcome.DELETED_WHILE_RUNNING) {
                    assertThat(ran).hasValue(1);
                    whileRunning.incrementAndGet();
                } else {
                    (ran.get() == 0 ? deletedFirst : after).incrementAndGet();
                }
            }
            assertNothingLeft(bench, map);
        }
        Race.reached("deleted before the run", deletedFirst.get());
        Race.reached("deleted while running", whileRunning.get());
        Race.reached("deleted after the run", after.get());
    }

    private static void join(Thread thread) {
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(thread.isAlive()).as("the other side hangs").isFalse();
    }
}

package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CloseOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The races about who holds a callback and its owner: R6, R8, O1, O2, O3, O5. */
class BindingRaceTests {

    private static final Duration DELAY = Duration.ofMillis(1);

    /**
     * T1: rebind: exchange the binding, release the displaced one. T2: close: give the installed binding back.
     *
     * <p>Both orders; whichever is last, each owner is released once: neither twice by both, nor never by none.
     */
    @Test
    void R6_rebindAgainstClose_releasesEachOwnerOnce() throws Exception {
        AtomicInteger rebindFirst = new AtomicInteger();
        AtomicInteger closeFirst = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 5_000, rebindFirst, closeFirst); round++) {
                TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
                AtomicInteger first = new AtomicInteger();
                AtomicInteger second = new AtomicInteger();
                map.rebind((key, firing) -> {}, first::incrementAndGet);
                race.run(
                        () -> {
                            boolean closed = map.isClosed();
                            map.rebind((key, firing) -> {}, second::incrementAndGet);
                            (closed ? closeFirst : map.isClosed() ? closeFirst : rebindFirst).incrementAndGet();
                        },
                        () -> map.close(Duration.ZERO));
                assertThat(first).as("first owner, round %d", round).hasValue(1);
                assertThat(second).as("second owner, round %d", round).hasValue(1);
            }
        }
        Race.reached("rebind first", rebindFirst.get());
        Race.reached("close first", closeFirst.get());
    }

    /**
     * T1: runs callback A. T2: close(0), gives the binding back. T2: rebind(B): displaces A.
     *
     * <p>A's owner may go only when T1's run has ended; B is never installed, so its owner goes at once.
     */
    @Test
    void R6_rebindAfterClose_doesNotReleaseTheOwnerOfTheRunUnderWay() throws Exception {
        try (Bench bench = new Bench()) {
            AtomicInteger releasedA = new AtomicInteger();
            AtomicInteger releasedB = new AtomicInteger();
            AtomicInteger releasedDuringRun = new AtomicInteger(-1);
            AtomicReference<TimerSlots<String>> map = new AtomicReference<>();
            map.set(bench.timers(String.class, (key, firing) -> {}));
            map.get()
                    .rebind(
                            (key, firing) -> {
                                Thread closer = Race.thread(() -> {
                                    assertThat(map.get().close(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
                                    map.get().rebind((k, f) -> {}, releasedB::incrementAndGet);
                                });
                                closer.join();
                                releasedDuringRun.set(releasedA.get());
                            },
                            releasedA::incrementAndGet);
            map.get().start("k", DELAY);
            bench.advanceAndRun(DELAY);
            assertThat(releasedDuringRun).hasValue(0);
            assertThat(releasedA).hasValue(1);
            assertThat(releasedB).hasValue(1);
        }
    }

    /**
     * T1: worker: reads binding A. T2: rebind(B), returns. T1: begins the run.
     *
     * <p>A rebind that has returned is in force for every run that begins later: T1 must call B.
     */
    @Test
    void R8_rebindWhileTheWorkerIsAboutToBegin_usesTheNewCallback() {
        try (Bench bench = new Bench()) {
            StringBuilder calls = new StringBuilder();
            AtomicInteger releasedA = new AtomicInteger();
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {});
            map.rebind((key, firing) -> calls.append('A'), releasedA::incrementAndGet);
            map.start("k", DELAY);
            bench.advance(DELAY);
            AtomicInteger reached = new AtomicInteger();
            bench.ticker.onRead(() -> {
                if (reached.getAndIncrement() == 0) {
                    map.rebind((key, firing) -> calls.append('B'));
                    assertThat(map.find("k").orElseThrow().runState().isRunning())
                            .isFalse();
                }
            });
            bench.hand.runNext();
            bench.ticker.onRead(() -> {});
            assertThat(reached.get()).isPositive();
            assertThat(calls).hasToString("B");
            assertThat(releasedA).hasValue(1);
        }
    }

    /**
     * T1: worker: reads the published reference to the binding and uses it. T2: rebind over and over.
     *
     * <p>The reference is read once into a local and retained: no run ever sees a released owner (also O5), and every
     * owner but the last is released once.
     */
    @Test
    void R8_O5_rebindWhileFiring_neverCallsWithoutOwner() throws Exception {
        AtomicInteger installed = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        AtomicInteger orphaned = new AtomicInteger();
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> runs.incrementAndGet());
            int round = 0;
            for (; race.goesOn(round, 3_000, overlaps); round++) {
                map.start(round, Duration.ZERO);
                bench.backend.pump();
                race.run(
                        () -> {
                            for (int i = 0; i < 4; i++) {
                                AtomicInteger gone = new AtomicInteger();
                                installed.incrementAndGet();
                                map.rebind(
                                        (key, firing) -> {
                                            runs.incrementAndGet();
                                            overlaps.incrementAndGet();
                                            if (gone.get() != 0) {
                                                orphaned.incrementAndGet();
                                            }
                                        },
                                        () -> {
                                            gone.incrementAndGet();
                                            released.incrementAndGet();
                                        });
                            }
                        },
                        bench.hand::runNext);
                map.delete(round);
            }
            assertThat(runs).hasValue(round);
            assertThat(orphaned).hasValue(0);
            assertThat(released).hasValue(installed.get() - 1);
            map.close(Duration.ZERO);
            assertThat(released).hasValue(installed.get());
        }
        Race.reached("run with a binding installed meanwhile", overlaps.get());
    }
}

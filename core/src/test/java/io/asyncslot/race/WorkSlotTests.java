package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Work slots: delayed restarts, refusals at birth, executors that run in the caller. */
class WorkSlotTests {

    private static final Duration RETRY = Duration.ofMillis(2);

    @Test
    void restart_withDelay_waitsForItInTheEngine() {
        try (Bench bench = new Bench()) {
            AtomicInteger runs = new AtomicInteger();
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> {
                if (runs.incrementAndGet() == 1) {
                    firing.restart(Duration.ofSeconds(10));
                }
            });
            map.submit("k");
            for (int i = 0; i < 20 && bench.hand.size() != 0; i++) {
                bench.hand.runNext();
                bench.backend.pump();
            }
            assertThat(bench.hand.offered()).as("hand-overs").isEqualTo(1);
            bench.advanceAndRun(Duration.ofSeconds(9));
            assertThat(runs).hasValue(1);
            bench.advanceAndRun(Duration.ofSeconds(1));
            assertThat(runs).hasValue(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void submit_afterCancelOfADelayedRestart_runsAtOnce(WhenIdle whenIdle) {
        try (Bench bench = new Bench()) {
            AtomicInteger runs = new AtomicInteger();
            WorkSlots<String> map = bench.works(
                    String.class,
                    (key, firing) -> {
                        if (runs.incrementAndGet() == 1) {
                            firing.restart(Duration.ofSeconds(10));
                        }
                    },
                    spec -> spec.whenIdle(whenIdle));
            map.submit("k");
            bench.hand.runNext();
            bench.backend.pump();
            assertThat(map.cancel("k")).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(map.submit("k")).isEqualTo(SubmitOutcome.SUBMITTED);
            bench.settle();
            assertThat(runs).hasValue(2);
        }
    }

    /**
     * T1: submit: publishes the slot with the inbox claim of its birth. T2: cancel, submit; the executor refuses; the
     * slot is to go back to the timekeeper, but the inbox claim is taken. T1: lets go of the claim.
     *
     * <p>The second submit must not be lost.
     */
    @Test
    void R10_refusalOfASlotBeingBorn_isNotLost() throws Exception {
        AtomicInteger overtaken = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            AtomicInteger runs = new AtomicInteger();
            WorkSlots<Integer> map = bench.works(Integer.class, (key, firing) -> runs.incrementAndGet());
            for (int round = 0; race.goesOn(round, 20_000, overtaken); round++) {
                int key = round;
                AtomicReference<SubmitOutcome> second = new AtomicReference<>();
                bench.hand.refuseNext(Integer.MAX_VALUE);
                runs.set(0);
                race.run(() -> map.submit(key), () -> {
                    for (int i = 0; i < 2_000; i++) {
                        if (map.cancel(key) == CancelOutcome.CANCELLED) {
                            second.set(map.submit(key));
                            return;
                        }
                    }
                });
                bench.hand.refuseNext(0);
                bench.backend.pump();
                bench.advanceAndRun(RETRY);
                assertThat(runs).as("round %d, second submit %s", round, second).hasValue(1);
                map.delete(key);
                if (second.get() == SubmitOutcome.SUBMITTED) {
                    overtaken.incrementAndGet();
                }
            }
            bench.settle();
            assertThat(Bench.references(map)).isZero();
        }
        Race.reached("cancel and submit of a slot just born", overtaken.get());
    }

    @Test
    void refusal_isInTheHistory() {
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(
                    String.class,
                    (key, firing) -> {},
                    spec -> spec.historySize(8).whenIdle(WhenIdle.KEEP));
            bench.hand.refuseNext(1);
            map.submit("k");
            bench.backend.pump();
            bench.advanceAndRun(RETRY);
            assertThat(map.find("k").orElseThrow().history())
                    .extracting(SlotEvent::kind)
                    .containsExactly(Kind.SUBMITTED, Kind.DEFERRED, Kind.FIRED, Kind.COMPLETED);
            assertThat(map.stats().deferred()).isEqualTo(1);
        }
    }

    @Test
    void submit_fromTheOwnCallback_onACallerRunsExecutor_doesNotNest() {
        try (Bench bench = new Bench(Runnable::run)) {
            AtomicInteger runs = new AtomicInteger();
            AtomicReference<WorkSlots<String>> map = new AtomicReference<>();
            map.set(bench.works(String.class, (key, firing) -> {
                if (runs.incrementAndGet() < 100_000) {
                    map.get().submit(key);
                }
            }));
            map.get().submit("k");
            assertThat(runs).hasValue(100_000);
        }
    }

    @Test
    void concurrencyLimit_onACallerRunsExecutor_runsAllThatWaitedWithoutNesting() throws Exception {
        try (Bench bench = new Bench(Runnable::run)) {
            int keys = 50_000;
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch filled = new CountDownLatch(1);
            AtomicInteger runs = new AtomicInteger();
            AtomicBoolean overlap = new AtomicBoolean();
            AtomicInteger inside = new AtomicInteger();
            WorkSlots<Integer> map = bench.works(
                    Integer.class,
                    (key, firing) -> {
                        if (inside.incrementAndGet() != 1) {
                            overlap.set(true);
                        }
                        runs.incrementAndGet();
                        if (key == -1) {
                            begun.countDown();
                            filled.await();
                        }
                        inside.decrementAndGet();
                    },
                    spec -> spec.concurrency(1));
            Thread first = Race.thread(() -> map.submit(-1));
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            for (int key = 0; key < keys; key++) {
                map.submit(key);
            }
            filled.countDown();
            first.join();
            bench.backend.pump();
            assertThat(runs).hasValue(keys + 1);
            assertThat(overlap).isFalse();
            assertThat(map.stats().deferred()).isZero();
        }
    }
}

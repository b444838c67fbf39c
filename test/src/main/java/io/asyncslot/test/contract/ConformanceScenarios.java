package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** The conformance list: what the kernel's own tests of timers and work items ask, asked of slots. */
interface ConformanceScenarios {

    @Scenario(id = "C01", clause = "C01", says = "a callback runs once and re-arms itself far ahead")
    default void rearmsItselfFarAhead(ContractRig rig) throws Exception {
        Queue<StartOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs =
                rig.<String>runs().doing((key, firing) -> outcomes.add(firing.restart(Duration.ofSeconds(35))));
        TimerSlots<String> slots = rig.timers(runs);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(outcomes).containsExactly(StartOutcome.STARTED);
        assertThat(runs.count()).isOne();
        rig.untilState(slots, "key", RunState.ARMED);
    }

    @Scenario(
            id = "C02",
            clause = "C02",
            says = "a callback fills the map until its own slot has gone; its cancel finds none then")
    default void fillsTheMap(ContractRig rig) throws Exception {
        Queue<Object> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.maxEntries(8));
        runs.doing((key, firing) -> {
            int further = 0;
            while (slots.start("further" + further, Duration.ofHours(1)) == StartOutcome.STARTED) {
                further++;
            }
            seen.add(further);
            seen.add(slots.delete(key)); // nothing is evicted by itself here: a full map rejects
            seen.add(slots.start("further" + further, Duration.ofHours(1)));
            seen.add(slots.cancel(key));
            seen.add(firing.restart(Duration.ZERO));
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        assertThat(List.copyOf(seen))
                .isEqualTo(List.of(
                        7,
                        DeleteOutcome.DELETED_WHILE_RUNNING,
                        StartOutcome.STARTED,
                        CancelOutcome.ABSENT,
                        StartOutcome.FREED));
    }

    @Scenario(id = "C03", clause = "C03, P9", says = "closing a map whose slots never fired leaves nothing")
    default void closingLeavesNothing(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(String.class, rig.runs(), spec -> spec.whenIdle(WhenIdle.KEEP));
        for (int i = 0; i < 64; i++) {
            slots.start("key" + i, Duration.ofHours(1 + i));
            if (i % 2 == 0) {
                slots.cancel("key" + i);
            }
        }
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        rig.atRest(slots);
        assertThat(slots.stats().references()).isZero();
        assertThat(slots.stats().deleted()).isEqualTo(64);
    }

    @Scenario(
            id = "C04",
            clause = "C04",
            says = "a slot that is replaced while armed is freed, and its successor starts afresh")
    default void replaced(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        long generation = 0;
        for (int i = 0; i < 50; i++) {
            assertThat(slots.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
            long next = slots.find("key").orElseThrow().generation();
            assertThat(next).isGreaterThan(generation);
            generation = next;
            assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        }
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
    }

    @Scenario(id = "C05", clause = "C05", says = "two callbacks that re-arm themselves ten times run eleven times each")
    default void rearmsItselfTenTimes(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            if (runs.count(key) <= 10) {
                firing.restart(Duration.ofNanos(1_000));
            }
        });
        slots.start("a", Duration.ZERO);
        slots.start("b", Duration.ZERO);
        runs.awaitEnded(22);
        rig.settle(rig.steps(1));
        assertThat(runs.count("a")).isEqualTo(11);
        assertThat(runs.count("b")).isEqualTo(11);
    }

    @Scenario(id = "C06", clause = "C06", says = "a callback cancels another armed slot")
    default void cancelsAnother(ContractRig rig) throws Exception {
        Queue<CancelOutcome> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            seen.add(slots.cancel("other"));
            seen.add(slots.cancel("other"));
            seen.add(slots.cancelAndAwait("third", rig.patience()));
        });
        slots.start("other", Duration.ofHours(1));
        slots.start("third", Duration.ofHours(1));
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        assertThat(seen).containsExactly(CancelOutcome.CANCELLED, CancelOutcome.ABSENT, CancelOutcome.CANCELLED);
    }

    @Scenario(id = "C08", clause = "C08", says = "a callback deletes its own slot: no deadlock, and its handle is dead")
    default void deletesItself(ContractRig rig) throws Exception {
        Queue<Object> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            seen.add(slots.delete(key));
            seen.add(firing.restart(Duration.ZERO));
            seen.add(slots.touch(key, Duration.ZERO));
            seen.add(slots.delete(key));
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(List.copyOf(seen))
                .isEqualTo(List.of(
                        DeleteOutcome.DELETED_WHILE_RUNNING,
                        StartOutcome.FREED,
                        TouchOutcome.ABSENT,
                        DeleteOutcome.ABSENT));
        assertThat(slots.find("key")).isEmpty();
    }

    @Scenario(
            id = "C09",
            clause = "C09",
            says = "absolute deadlines on the boot-time clock: two runs, one after the other, then one far ahead")
    default void boottimeAbsolute(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.clock(SlotClock.BOOTTIME));
        runs.doing((key, firing) -> {
            if (runs.count() == 1) {
                slots.startAt(key, Instant.now().plusNanos(1_000));
            } else {
                slots.startAt(key, Instant.now().plusSeconds(35));
            }
        });
        long now = System.nanoTime();
        slots.startAt("key", Instant.now().plus(rig.steps(2)));
        runs.awaitEnded(2);
        assertThat(runs.get(0).beganNanos() - now)
                .as("time to the first run, less what two clocks may differ by")
                .isGreaterThanOrEqualTo(rig.steps(1.9).toNanos());
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(2);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
    }

    @Scenario(
            id = "C11",
            clause = "C11, C12, P4, P9",
            says =
                    "eight threads start, cancel, await and delete one key whose callback re-arms itself: nothing is lost or doubled")
    default void manyThreadsOneKey(ContractRig rig) throws Exception {
        for (boolean awaiting : new boolean[] {true, false}) {
            Runs<String> runs = rig.<String>runs().doing((key, firing) -> firing.restart(Duration.ofMillis(1)));
            TimerSlots<String> slots = rig.timers(runs);
            List<Strand> strands = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                strands.add(rig.strand("thread " + i + " of eight", () -> {
                    for (int n = 0; n < 300; n++) {
                        StartOutcome started = slots.start("key", Duration.ofNanos((n & 3) * 20_000L));
                        assertThat(started).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
                        if (!awaiting) {
                            slots.cancel("key");
                        } else if (n % 10 == number) {
                            assertThat(slots.cancelAndAwait("key", rig.patience()))
                                    .isNotIn(CancelOutcome.TIMED_OUT, CancelOutcome.WOULD_DEADLOCK);
                        }
                        if ((n & 15) == number) {
                            slots.delete("key");
                        }
                    }
                }));
            }
            for (Strand strand : strands) {
                strand.join();
            }
            slots.start("key", Duration.ZERO);
            rig.until("the slot runs at last", () -> runs.count() > 0);
            slots.delete("key");
            rig.atRest(slots);
            int before = runs.count();
            rig.settle(rig.steps(1));
            assertThat(runs.count()).as("runs after the last delete").isEqualTo(before);
        }
    }

    @Scenario(
            id = "C13",
            clause = "C13, P1",
            says = "a cancel right after the start: where it says CANCELLED the callback never runs")
    default void cancelledAtOnce(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int late = 0;
        for (int i = 0; i < 200; i++) {
            slots.start("key", Duration.ofNanos(100_000));
            late += slots.cancel("key") == CancelOutcome.CANCELLED ? 0 : 1;
        }
        rig.settle(rig.steps(1));
        rig.atRest(slots);
        assertThat(runs.count()).isEqualTo(late);
        ContractRig.reached("the cancel before the firing", 200 - late);
    }

    @Scenario(
            id = "C18",
            clause = "C18, P1",
            says = "two slots that start each other stop for good when their map is closed")
    default void closedInFullFlight(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> slots.start(key.equals("a") ? "b" : "a", Duration.ofNanos(1_000)));
        slots.start("a", Duration.ZERO);
        slots.start("b", Duration.ZERO);
        runs.awaitBegun(50);
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        int before = runs.count();
        rig.settle(rig.steps(2));
        assertThat(runs.count()).as("runs after closing").isEqualTo(before);
    }

    @Scenario(
            id = "C22",
            clause = "C22, R4",
            says = "starts against deletes of one key, in batches, leave nothing behind")
    default void startsAgainstDeletes(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicInteger anew = new AtomicInteger();
        int interleaved = 0;
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 100, interleaved); round++) {
                anew.set(0);
                duel.run(
                        () -> {
                            for (int i = 0; i < 50; i++) {
                                Duel.giveWay(i);
                                StartOutcome outcome = slots.start("key", Duration.ofMillis(100));
                                anew.addAndGet(outcome == StartOutcome.STARTED ? 1 : 0);
                            }
                        },
                        () -> {
                            for (int i = 0; i < 50; i++) {
                                Duel.giveWay(i);
                                slots.delete("key");
                            }
                        });
                interleaved += anew.get() > 1 ? 1 : 0;
            }
            ContractRig.reached("a delete between two starts", interleaved);
        }
        slots.delete("key");
        rig.atRest(slots);
        assertThat(slots.stats().slots()).isZero();
        assertThat(slots.stats().references()).isZero();
    }

    @Scenario(
            id = "C24",
            clause = "C24",
            says = "work is submitted from anywhere, for every type of key, and may block")
    default void work(ContractRig rig) throws Exception {
        Runs<Long> blocking = rig.<Long>runs().doing((key, firing) -> Thread.sleep(2));
        WorkSlots<Long> longs = rig.works(Long.class, blocking, spec -> spec);
        Runs<String> submitting = rig.<String>runs().doing((key, firing) -> longs.submit(Long.valueOf(key)));
        TimerSlots<String> timers = rig.timers(submitting);
        WorkSlots<String> works = rig.works(submitting);
        assertThat(longs.submit(1L)).isEqualTo(SubmitOutcome.SUBMITTED);
        timers.start("2", Duration.ZERO);
        works.submit("3");
        blocking.awaitEnded(3);
        rig.settle(rig.steps(1));
        assertThat(blocking.list()).extracting(Runs.Run::key).containsExactlyInAnyOrder(1L, 2L, 3L);
    }

    @Scenario(
            id = "C26",
            clause = "C26, F3, F4, P8",
            says = "work that was never begun is deleted and closed without waiting, and its binding released")
    default void workNeverBegun(ContractRig rig) throws Exception {
        AtomicInteger released = new AtomicInteger();
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.works(runs);
        slots.rebind(runs, released::incrementAndGet);
        rig.crew().hold();
        slots.submit("deleted");
        slots.submit("closed");
        assertThat(slots.delete("deleted")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        rig.strand("close", () -> assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED))
                .join();
        rig.crew().release();
        rig.until("the binding is released", () -> released.get() == 1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isZero();
        assertThat(released).hasValue(1);
    }

    @Scenario(
            id = "C29",
            clause = "C29, I14",
            says = "when the registry is closed what was armed never fires, and nothing can be armed")
    default void registryClosed(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        WorkSlots<String> works = rig.works(runs);
        AsyncSlotRegistry registry = rig.registry();
        long due = System.nanoTime() + rig.steps(2).toNanos();
        slots.start("key", rig.steps(2));
        registry.close();
        int before = runs.count();
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.CLOSED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CLOSED);
        assertThat(works.submit("key")).isEqualTo(SubmitOutcome.CLOSED);
        assertThat(slots.find("key")).isEmpty();
        assertThat(slots.isClosed()).isTrue();
        while (System.nanoTime() - due < rig.steps(1).toNanos()) {
            Thread.sleep(1); // no timer is left that could tell when the time has passed
        }
        assertThat(runs.count()).as("runs after closing").isEqualTo(before);
    }

    @Scenario(id = "C30", clause = "C30", says = "a cancel keeps the callback: the next start runs it")
    default void cancelKeepsTheCallback(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        Runs<String> own = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        slots.start("key", Duration.ofHours(1));
        slots.start("own", Duration.ofHours(1));
        slots.rebind("own", own);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.cancelAndAwait("own", rig.patience())).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("own", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
        own.awaitEnded(1);
    }

    @Scenario(
            id = "C31",
            clause = "C31, I15",
            says = "operations on one key take effect in the order they were made, whoever is busy meanwhile")
    default void order(ContractRig rig) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        TimerSlots<String> noise = rig.timers(rig.runs());
        Strand busy = rig.strand("noise", () -> {
            for (int i = 0; !over.get(); i++) {
                noise.start("noise" + i % 16, Duration.ofNanos(i % 4 * 50_000L));
            }
        });
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        try {
            for (int i = 0; i < 50; i++) {
                String key = "key" + i;
                assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(slots.cancel(key)).isEqualTo(CancelOutcome.CANCELLED);
                assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(slots.delete(key)).isEqualTo(DeleteOutcome.DELETED_ARMED);
                assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(slots.touch(key, Duration.ofHours(2))).isEqualTo(TouchOutcome.MOVED);
                assertThat(slots.start(key, Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
            }
            runs.awaitEnded(50);
        } finally {
            over.set(true);
        }
        busy.join();
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(50);
    }

    @Scenario(
            id = "C32",
            clause = "C32",
            says = "when resources run short a start is kept or answered REJECTED, never lost; afterwards it succeeds")
    default void shortage(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        Shortage shortage = rig.shortage();
        Assumptions.assumeTrue(shortage != null, "the backend's author gives no way to make its resources run short");
        List<String> kept = new ArrayList<>();
        shortage.begin();
        try {
            for (int i = 0; i < 20; i++) {
                StartOutcome outcome = slots.start("key" + i, rig.steps(1));
                assertThat(outcome).isIn(StartOutcome.STARTED, StartOutcome.REJECTED);
                if (outcome == StartOutcome.STARTED) {
                    kept.add("key" + i);
                } else {
                    assertThat(slots.find("key" + i))
                            .as("a slot that was rejected")
                            .isEmpty();
                }
            }
            runs.awaitEnded(kept.size());
        } finally {
            shortage.end();
        }
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrderElementsOf(kept);
        rig.until(
                "a start succeeds",
                () -> slots.start("afterwards", Duration.ZERO) == StartOutcome.STARTED || runs.count("afterwards") > 0);
        rig.until("it runs", () -> runs.count("afterwards") > 0);
    }
}

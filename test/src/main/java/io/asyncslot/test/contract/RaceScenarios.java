package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** That operations that meet each other agree on one order. */
interface RaceScenarios {

    Duration HOUR = Duration.ofHours(1);
    int ROUNDS = 4_000;

    @Scenario(id = "P6a", clause = "P6", says = "of two racing cancels exactly one answers CANCELLED")
    default void twoCancels(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(rig.runs());
        try (Duel duel = new Duel(rig)) {
            Rivals<CancelOutcome> rivals = new Rivals<>(duel, CancelOutcome.CANCELLED, CancelOutcome.ABSENT);
            for (int round = 0; rivals.goOn(round); round++) {
                slots.start("key", HOUR);
                rivals.run(() -> slots.cancel("key"), () -> slots.cancel("key"));
            }
            rivals.reached("cancel");
        }
    }

    @Scenario(
            id = "P6b",
            clause = "P1, P2, P6",
            says = "a cancel against the fire: CANCELLED and no run, or else one run")
    default void cancelAgainstFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int cancelled = 0;
        int fired = 0;
        long until = System.nanoTime() + 800_000_000L;
        for (int round = 0; round < ROUNDS && System.nanoTime() - until < 0; round++) {
            String key = startAndLinger(slots, round);
            CancelOutcome outcome = slots.cancel(key);
            if (outcome == CancelOutcome.CANCELLED) {
                cancelled++;
            } else {
                assertThat(outcome).isIn(CancelOutcome.ABSENT, CancelOutcome.RUNNING);
                fired++;
            }
        }
        rig.atRest(slots);
        rig.settle(rig.steps(1));
        assertThat(runs.count())
                .as("runs; of %s cancels %s came too late", cancelled + fired, fired)
                .isEqualTo(fired);
        assertThat(slots.stats().cancelled()).isEqualTo(cancelled);
        ContractRig.reached("cancel before the fire", cancelled);
        ContractRig.reached("fire before the cancel", fired);
    }

    /** Starts a slot that fires at once or soon, and waits until it may have. */
    private static String startAndLinger(TimerSlots<String> slots, int round) {
        String key = "key" + round % 50;
        slots.start(key, Duration.ofNanos(round % 25 * 4_000L));
        linger(round);
        return key;
    }

    /** Up to some hundred microseconds, so that both orders come up. */
    private static void linger(int round) {
        long until = System.nanoTime() + round * 7_919L % 251_000L;
        while (System.nanoTime() - until < 0) {
            Thread.onSpinWait();
        }
    }

    @Scenario(id = "P6c", clause = "P2", says = "a touch against the fire: MOVED and no run yet, or else one run")
    default void touchAgainstFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int moved = 0;
        int fired = 0;
        long until = System.nanoTime() + 800_000_000L;
        for (int round = 0; round < ROUNDS && System.nanoTime() - until < 0; round++) {
            String key = startAndLinger(slots, round);
            if (slots.touch(key, HOUR) == TouchOutcome.MOVED) {
                moved++;
                assertThat(slots.cancel(key)).as("cancel after MOVED").isEqualTo(CancelOutcome.CANCELLED);
            } else {
                fired++;
            }
        }
        rig.atRest(slots);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).as("runs").isEqualTo(fired);
        ContractRig.reached("touch before the fire", moved);
        ContractRig.reached("fire before the touch", fired);
    }

    @Scenario(id = "P6d", clause = "P2, P5", says = "a start against the fire: REARMED and one run, or else two runs")
    default void startAgainstFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int rearmed = 0;
        int started = 0;
        long until = System.nanoTime() + 800_000_000L;
        for (int round = 0; round < ROUNDS && System.nanoTime() - until < 0; round++) {
            String key = "key" + round % 50;
            for (Duration delay : List.of(Duration.ofNanos(round % 25 * 4_000L), Duration.ofNanos(30_000))) {
                switch (slots.start(key, delay)) {
                    case STARTED -> started++;
                    case REARMED -> rearmed++;
                    default -> throw new AssertionError("neither STARTED nor REARMED");
                }
                linger(round);
            }
        }
        rig.withoutArmed(slots);
        rig.atRest(slots);
        assertThat(runs.count())
                .as("runs: one a STARTED, none a REARMED (of which %s)", rearmed)
                .isEqualTo(started);
        ContractRig.reached("start before the fire", rearmed);
    }

    @Scenario(
            id = "P10a",
            clause = "P10, R4, C22",
            says = "a start against a delete: there is a slot afterwards exactly if the delete came first")
    default void startAgainstDelete(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicReference<@Nullable StartOutcome> started = new AtomicReference<>();
        AtomicReference<@Nullable DeleteOutcome> deleted = new AtomicReference<>();
        int startFirst = 0;
        int deleteFirst = 0;
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, ROUNDS, startFirst, deleteFirst); round++) {
                boolean present = round % 2 == 0 && slots.start("key", HOUR) == StartOutcome.STARTED;
                duel.run(() -> started.set(slots.start("key", HOUR)), () -> deleted.set(slots.delete("key")));
                Optional<SlotSnapshot> after = slots.find("key");
                boolean rearmed = started.get() == StartOutcome.REARMED;
                boolean gone = deleted.get() == DeleteOutcome.DELETED_ARMED;
                assertThat(started.get()).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
                if (present) {
                    assertThat(gone).as("the slot was there: deleted").isTrue();
                    assertThat(after.isEmpty()).as("no slot after %s", started).isEqualTo(rearmed);
                } else {
                    assertThat(rearmed).isFalse();
                    assertThat(after.isEmpty()).as("no slot after %s", deleted).isEqualTo(gone);
                }
                if (after.isEmpty()) {
                    startFirst++;
                } else {
                    deleteFirst++;
                    assertThat(after.get().runState()).isEqualTo(RunState.ARMED);
                    slots.delete("key");
                }
            }
        }
        assertThat(slots.stats().slots()).isZero();
        ContractRig.reached("start before the delete", startFirst);
        ContractRig.reached("delete before the start", deleteFirst);
    }

    @Scenario(
            id = "P10b",
            clause = "P10, R15",
            says = "of two racing starts of a new key one answers STARTED, one REARMED")
    default void twoStarts(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(rig.runs());
        try (Duel duel = new Duel(rig)) {
            Rivals<StartOutcome> rivals = new Rivals<>(duel, StartOutcome.STARTED, StartOutcome.REARMED);
            for (int round = 0; rivals.goOn(round); round++) {
                rivals.run(() -> slots.start("key", HOUR), () -> slots.start("key", HOUR));
                assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            }
            rivals.reached("start");
        }
    }

    @Scenario(
            id = "P10c",
            clause = "table",
            says = "of two racing starts for the last place of a full map one is rejected")
    default void twoStartsForTheLastPlace(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(String.class, rig.runs(), spec -> spec.maxEntries(1));
        try (Duel duel = new Duel(rig)) {
            Rivals<StartOutcome> rivals = new Rivals<>(duel, StartOutcome.STARTED, StartOutcome.REJECTED);
            for (int round = 0; rivals.goOn(round); round++) {
                rivals.run(() -> slots.start("a", HOUR), () -> slots.start("b", HOUR));
                assertThat(slots.stats().slots()).isOne();
                slots.delete("a");
                slots.delete("b");
            }
            rivals.reached("start");
        }
    }

    @Scenario(
            id = "P10d",
            clause = "table",
            says = "a start against closing: no slot is left in a closed map, and none of it fires")
    default void startAgainstClose(ContractRig rig) throws Exception {
        List<Runs<String>> all = new ArrayList<>();
        AtomicReference<@Nullable StartOutcome> started = new AtomicReference<>();
        AtomicReference<@Nullable CloseOutcome> closed = new AtomicReference<>();
        int startFirst = 0;
        int closeFirst = 0;
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 60, startFirst, closeFirst); round++) {
                Runs<String> runs = rig.runs();
                all.add(runs);
                TimerSlots<String> slots = rig.timers(runs);
                duel.run(
                        () -> started.set(slots.start("key", Duration.ofMillis(1))),
                        () -> closed.set(slots.drop(rig.patience())));
                assertThat(closed.get()).isEqualTo(CloseOutcome.CLOSED);
                assertThat(started.get()).isIn(StartOutcome.STARTED, StartOutcome.CLOSED);
                assertThat(slots.find("key")).isEmpty();
                rig.atRest(slots);
                startFirst += started.get() == StartOutcome.STARTED ? 1 : 0;
                closeFirst += started.get() == StartOutcome.CLOSED ? 1 : 0;
            }
            int before = all.stream().mapToInt(Runs::count).sum();
            rig.settle(rig.steps(1));
            assertThat(all.stream().mapToInt(Runs::count).sum())
                    .as("runs after closing")
                    .isEqualTo(before);
            ContractRig.reached("start before closing", startFirst);
            ContractRig.reached("closing before the start", closeFirst);
        }
    }

    @Scenario(
            id = "P10e",
            clause = "P2, P10",
            says =
                    "submits against the end of a run: one run per SUBMITTED, and the last run sees what every submitter did")
    default void submitAgainstEndOfRun(ContractRig rig) throws Exception {
        AtomicLong produced = new AtomicLong();
        AtomicLong seen = new AtomicLong();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            seen.set(produced.get());
            linger(1); // so that submits meet the run itself too
        });
        WorkSlots<String> slots = rig.works(runs);
        AtomicInteger submitted = new AtomicInteger();
        Action submit = () -> {
            for (int i = 0; i < 20; i++) {
                produced.incrementAndGet();
                if (slots.submit("key") == SubmitOutcome.SUBMITTED) {
                    submitted.incrementAndGet();
                }
            }
        };
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 1_000); round++) {
                duel.run(submit, submit);
                if (round % 10 == 0) {
                    rig.untilIdle(slots, "key");
                    assertThat(seen.get()).as("what the last run saw").isEqualTo(produced.get());
                }
            }
            rig.untilIdle(slots, "key");
            assertThat(runs.count()).isEqualTo(submitted.get());
            ContractRig.reached("two submitters at once", duel.overlaps());
        }
    }

    @Scenario(
            id = "P9a",
            clause = "P9, P10, R11, O2",
            says = "who looks on meanwhile never sees a reference count below 1 nor a generation that falls")
    default void onlooker(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong looks = new AtomicLong();
        Strand onlooker = rig.strand("onlooker", () -> {
            long generation = 0;
            while (!over.get()) {
                Optional<SlotSnapshot> seen = slots.find("key");
                if (seen.isPresent()) {
                    assertThat(seen.get().references()).as("references").isPositive();
                    assertThat(seen.get().generation()).as("generation").isGreaterThanOrEqualTo(generation);
                    assertThat(slots.stats().references())
                            .as("sum of references")
                            .isNotNegative();
                    generation = seen.get().generation();
                    looks.incrementAndGet();
                }
            }
        });
        try {
            for (int round = 0; round < 2_000 || looks.get() < 100 && round < 200_000; round++) {
                slots.start("key", round % 3 == 0 ? Duration.ZERO : HOUR);
                if (round % 5 == 0) {
                    slots.cancel("key");
                } else if (round % 7 == 0) {
                    slots.delete("key");
                }
            }
        } finally {
            over.set(true);
        }
        onlooker.join();
        slots.delete("key");
        ContractRig.reached("a look meanwhile", (int) looks.get());
    }

    @Scenario(
            id = "P8d",
            clause = "P8, R6",
            says = "of rebinds that race with each other and with closing each binding is released once")
    default void rebindAgainstClose(ContractRig rig) throws Exception {
        Queue<AtomicInteger> releases = new ConcurrentLinkedQueue<>();
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 60); round++) {
                Runs<String> runs = rig.runs();
                TimerSlots<String> slots = rig.timers(runs);
                releases.add(rebound(slots, runs));
                slots.start("key", Duration.ZERO);
                boolean close = round % 2 == 0;
                duel.run(
                        () -> {
                            for (int i = 0; i < 20; i++) {
                                releases.add(rebound(slots, runs));
                            }
                        },
                        () -> {
                            for (int i = 0; i < 10; i++) {
                                releases.add(rebound(slots, runs));
                            }
                            if (close) {
                                slots.drop(rig.patience());
                            }
                        });
                slots.drop(rig.patience());
            }
            ContractRig.reached("two of them at once", duel.overlaps());
        }
        rig.until("every binding is released", () -> releases.stream().allMatch(count -> count.get() > 0));
        rig.settle(rig.steps(1));
        assertThat(releases).allSatisfy(count -> assertThat(count).hasValue(1));
    }

    private static AtomicInteger rebound(TimerSlots<String> slots, Runs<String> runs) {
        Duel.giveWay(7);
        AtomicInteger released = new AtomicInteger();
        slots.rebind(runs, released::incrementAndGet);
        return released;
    }
}

package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** That runs of a work map with {@code minInterval} keep their distance, and that none which was asked for is left out. */
interface IntervalScenarios {

    @Scenario(
            id = "I1",
            clause = "minInterval",
            says = "the first submit runs immediately; further ones are one run, an interval after the last one began")
    default void throttled(ContractRig rig) throws Exception {
        Duration interval = rig.steps(20);
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.shapedWorks(runs, spec -> spec.minInterval(interval));
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        slots.submit("key");
        slots.submit("key");
        assertThat(slots.submit("other")).isEqualTo(SubmitOutcome.SUBMITTED);
        rig.until("both have run", () -> runs.count("other") == 1 && runs.count("key") == 2);
        assertApart(interval, runs, "key");
        rig.settle(interval.multipliedBy(2));
        assertThat(runs.count()).as("nothing more was asked for").isEqualTo(3);
    }

    @Scenario(
            id = "I2",
            clause = "minInterval, whenIdle",
            says = "a slot stays until its interval is over, and is freed then where idle slots are")
    default void staysForTheInterval(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.shapedWorks(runs, spec -> spec.minInterval(Duration.ofHours(1)));
        slots.submit("key");
        runs.awaitEnded(1);
        rig.untilState(slots, "key", RunState.IDLE);
        Runs<String> quickRuns = rig.runs(); // generations rise by key and map
        WorkSlots<String> quick = rig.shapedWorks(quickRuns, spec -> spec.minInterval(rig.steps(2)));
        quick.submit("key");
        quickRuns.awaitEnded(1);
        rig.until("the slot is freed", () -> quick.find("key").isEmpty());
        Runs<String> keptRuns = rig.runs();
        WorkSlots<String> kept =
                rig.shapedWorks(keptRuns, spec -> spec.minInterval(rig.steps(2)).whenIdle(WhenIdle.KEEP));
        kept.submit("key");
        keptRuns.awaitEnded(1);
        rig.settle(rig.steps(6));
        assertThat(kept.find("key")).isPresent();
    }

    @Scenario(
            id = "I3",
            clause = "minInterval, cancel, delete",
            says = "a cancel takes the trailing run away and leaves the interval; a delete ends the interval too")
    default void cancelAndDelete(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.shapedWorks(runs, spec -> spec.minInterval(Duration.ofHours(1)));
        slots.submit("key");
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
        Duration left = slots.find("key").orElseThrow().timeLeft();
        assertThat(left).isNotNull().isGreaterThan(Duration.ofMinutes(50));
        slots.delete("key");
        slots.submit("key");
        runs.awaitEnded(2);
    }

    @Scenario(
            id = "I4",
            clause = "minInterval, ledger",
            says = "submits from two sides: runs keep their distance, and the last one sees what every submitter did")
    default void trailingRunSeesAll(ContractRig rig) throws Exception {
        Duration interval = rig.steps(1);
        AtomicInteger stored = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> seen.set(stored.get()));
        WorkSlots<String> slots = rig.shapedWorks(runs, spec -> spec.minInterval(interval));
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 2_000); rounds++) {
                duel.run(() -> submit(slots, stored), () -> submit(slots, stored));
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        int last = 2 * rounds;
        rig.until("the last run has seen all", () -> seen.get() == last);
        assertApart(interval, runs, "key");
    }

    private static void submit(WorkSlots<String> slots, AtomicInteger stored) {
        stored.incrementAndGet();
        assertThat(slots.submit("key")).isIn(SubmitOutcome.SUBMITTED, SubmitOutcome.COALESCED);
    }

    @Scenario(
            id = "I5",
            clause = "minInterval, values, take",
            says = "values gather during the interval, and each is handed to one run or to one take")
    default void values(ContractRig rig) throws Exception {
        Duration interval = rig.steps(0.2);
        Runs<String> runs = rig.runs();
        ValueWorkSlots<String, Integer> slots =
                rig.works(SlotValues.collect(Integer.class), runs, spec -> spec.minInterval(interval));
        List<Integer> taken = new ArrayList<>();
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 500); rounds++) {
                int first = 8 * rounds;
                duel.run(() -> submit(slots, first), () -> take(slots, taken));
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        int accepted = 8 * rounds;
        rig.until("all are handed over", () -> ShapeScenarios.handed(runs).size() + taken.size() == accepted);
        List<Integer> booked = new ArrayList<>(ShapeScenarios.handed(runs));
        booked.addAll(taken);
        assertThat(booked)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, accepted).boxed().toList());
        assertApart(interval, runs, "key");
    }

    private static void submit(ValueWorkSlots<String, Integer> slots, int first) {
        for (int i = first; i < first + 8; i++) {
            slots.submit("key", i);
            Duel.giveWay(i);
        }
    }

    private static void take(ValueWorkSlots<String, Integer> slots, List<Integer> taken) {
        for (int i = 0; i < 8; i++) {
            taken.addAll(slots.takeAll("key"));
            Duel.giveWay(i);
        }
    }

    @Scenario(
            id = "I6",
            clause = "minInterval, ends",
            says = "a submit against the end of its interval: SUBMITTED and one run, whether the slot was freed or not")
    default void submitAgainstTheEndOfTheInterval(ContractRig rig) throws Exception {
        Duration interval = rig.steps(0.05);
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.shapedWorks(runs, spec -> spec.minInterval(interval));
        int submitted = 0;
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 500); round++) {
                AtomicInteger accepted = new AtomicInteger();
                duel.run(
                        () -> accepted.set(slots.submit("key") == SubmitOutcome.SUBMITTED ? 1 : 0),
                        () -> slots.find("key"));
                submitted += accepted.get();
                int expected = submitted;
                rig.until("the run of a submit has ended", () -> runs.ended() == expected);
            }
        }
        assertApart(interval, runs, "key");
        rig.until("the slot is freed", () -> slots.find("key").isEmpty());
    }

    /**
     * A run reads its two clocks one after the other, and a thread that loses its processor in between shows a later time of day:
     * so two runs may seem to be nearer to each other than they are, and all of them together by no more than one such pause.
     */
    private static void assertApart(Duration interval, Runs<String> runs, String key) {
        List<Instant> own = runs.list().stream()
                .filter(run -> run.key().equals(key))
                .map(Runs.Run::firedAt)
                .toList();
        Duration pause = interval.dividedBy(2);
        for (int i = 1; i < own.size(); i++) {
            assertThat(Duration.between(own.get(i - 1), own.get(i)))
                    .as("from the beginning of run %s to that of the next", i)
                    .isGreaterThanOrEqualTo(interval.minus(pause));
        }
        if (!own.isEmpty()) {
            assertThat(Duration.between(own.get(0), own.get(own.size() - 1)))
                    .as("from the first of %s runs to the last", own.size())
                    .isGreaterThanOrEqualTo(
                            interval.multipliedBy(own.size() - 1).minus(pause));
        }
    }
}

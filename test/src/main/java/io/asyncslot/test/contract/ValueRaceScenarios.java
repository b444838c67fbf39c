package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** That values are neither lost nor doubled, nor mixed up, whatever happens at the same time. */
interface ValueRaceScenarios {

    @Scenario(
            id = "V20",
            clause = "values, one step",
            says = "of two starts that race, a firing has the value of the one whose deadline it has")
    default void valueAndDeadlineBelongTogether(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.last(String.class), runs);
        int soonWon = 0;
        int farWon = 0;
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 2_000, soonWon, farWon); rounds++) {
                String key = "key-" + rounds;
                int before = runs.count();
                AtomicReference<StartOutcome> soon = new AtomicReference<>();
                AtomicReference<StartOutcome> far = new AtomicReference<>();
                duel.run(
                        () -> soon.set(slots.start(key, Duration.ZERO, "soon " + key)),
                        () -> far.set(slots.start(key, ValueScenarios.FAR, "far " + key)));
                if (far.get() == StartOutcome.REARMED) { // it has taken the place of the other one
                    assertThat(slots.take(key)).contains("far " + key);
                    assertThat(runs.count(key)).isZero();
                    farWon++;
                } else {
                    runs.awaitEnded(before + 1);
                    Optional<String> left = slots.take(key);
                    assertThat(left).isIn(Optional.empty(), Optional.of("far " + key));
                    assertThat(runs.last(key).value()).isEqualTo("soon " + key);
                    assertThat(left.isPresent()).isEqualTo(soon.get() == StartOutcome.STARTED);
                    soonWon++;
                }
            }
        }
        ContractRig.reached("the start that is due at once came last", soonWon);
        ContractRig.reached("the start that is due later came last", farWon);
    }

    @Scenario(
            id = "V21",
            clause = "values, ledger",
            says = "of values accepted while runs begin and others take, each is handed over once or taken once")
    default void ledgerOfValues(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> timers = rig.timers(SlotValues.collect(Integer.class), runs);
        ValueWorkSlots<String, Integer> works = rig.works(SlotValues.collect(Integer.class), runs);
        List<Integer> taken = new ArrayList<>();
        int accepted = 0;
        int takes = 0;
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 1_000, takes, runs.count(), duel.overlaps()); rounds++) {
                int first = accepted;
                accepted += 16;
                duel.run(
                        () -> {
                            for (int i = first; i < first + 16; i += 2) {
                                assertThat(timers.start("timer", Duration.ZERO, i))
                                        .isIn(StartOutcome.STARTED, StartOutcome.REARMED);
                                assertThat(works.submit("work", i + 1))
                                        .isIn(SubmitOutcome.SUBMITTED, SubmitOutcome.COALESCED);
                                Duel.giveWay(i);
                            }
                        },
                        () -> {
                            for (int i = 0; i < 6; i++) {
                                taken.addAll(timers.takeAll("timer"));
                                taken.addAll(works.takeAll("work"));
                                Duel.giveWay(i);
                            }
                        });
                takes = taken.size();
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        rig.untilIdle(timers, "timer");
        rig.untilIdle(works, "work");
        rig.until("all runs have ended", () -> runs.ended() == runs.count());
        List<Integer> booked = new ArrayList<>(taken);
        for (Runs.Run run : runs.list()) {
            if (run.value() instanceof List<?> values) {
                List<Integer> handed = values.stream().map(Integer.class::cast).toList();
                assertThat(handed).isSorted();
                booked.addAll(handed);
            }
        }
        assertThat(booked)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, accepted).boxed().toList());
        ContractRig.reached("a value was taken", takes);
        ContractRig.reached("a value was handed over", accepted - takes);
    }

    @Scenario(
            id = "V22",
            clause = "values, ledger",
            says = "a delete against the run: the value is gone exactly when the delete says that it prevented the run")
    default void valueDeletedAgainstFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots = rig.timers(SlotValues.last(Integer.class), runs);
        int prevented = 0;
        int came = 0;
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 2_000, prevented, came); rounds++) {
                int round = rounds;
                int before = came;
                AtomicReference<DeleteOutcome> outcome = new AtomicReference<>(DeleteOutcome.ABSENT);
                duel.run(() -> slots.start("key", Duration.ZERO, round), () -> {
                    for (int i = 0; i < 50 && !outcome.get().prevented() && runs.count() == before; i++) {
                        outcome.set(slots.delete("key"));
                    }
                });
                if (outcome.get().prevented()) {
                    prevented++;
                } else {
                    came++;
                }
                runs.awaitEnded(came);
                slots.awaitRun("key", rig.patience()); // else a start may arm the slot during the end of that run
            }
        }
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(came);
        assertThat(runs.list())
                .extracting(Runs.Run::value)
                .doesNotHaveDuplicates()
                .doesNotContainNull();
        ContractRig.reached("a delete that prevented the run", prevented);
        ContractRig.reached("a run that was there before", came);
    }

    @Scenario(
            id = "V23",
            clause = "values, function",
            says = "additions by a function from two sides while runs begin: nothing is lost and nothing counted twice")
    default void valuesMergedFromTwoSides(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueWorkSlots<String, Long> slots = rig.works(SlotValues.merging(Long.class, Long::sum), runs);
        long expected = 0;
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 1_000); rounds++) {
                Action adding = () -> {
                    for (int i = 0; i < 10; i++) {
                        slots.submit("key", 1L);
                        Duel.giveWay(i);
                    }
                };
                duel.run(adding, adding);
                expected += 20;
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        rig.untilIdle(slots, "key");
        rig.until("all runs have ended", () -> runs.ended() == runs.count());
        long sum = 0;
        for (Runs.Run run : runs.list()) {
            sum += run.value() instanceof Long value ? value : 0;
        }
        assertThat(sum).isEqualTo(expected);
    }
}

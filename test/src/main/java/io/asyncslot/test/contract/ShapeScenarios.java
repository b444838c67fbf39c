package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueTimerSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** That slots of a map with a shape are due when the shape says, and that outcomes stay as they are. */
interface ShapeScenarios {

    Duration FAR = Duration.ofHours(5);
    Duration CAP = Duration.ofHours(1);

    @Scenario(
            id = "S1",
            clause = "maxWait",
            says =
                    "the first start with nothing pending fixes a latest deadline, beyond which no start or touch moves it")
    default void latestDeadline(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.shaped(runs, spec -> spec.maxWait(CAP));
        assertThat(slots.start("key", FAR)).isEqualTo(StartOutcome.STARTED);
        assertThat(left(slots)).isBetween(CAP.minusMinutes(1), CAP);
        assertThat(slots.start("key", Duration.ofMinutes(30))).isEqualTo(StartOutcome.REARMED);
        assertThat(left(slots)).isLessThanOrEqualTo(Duration.ofMinutes(30));
        assertThat(slots.touch("key", FAR)).isEqualTo(TouchOutcome.MOVED);
        assertThat(left(slots)).isBetween(CAP.minusMinutes(1), CAP);
        assertThat(slots.start("key", FAR)).isEqualTo(StartOutcome.REARMED);
        assertThat(left(slots)).isBetween(CAP.minusMinutes(1), CAP);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        assertThat(runs.get(0).generation()).isPositive();
    }

    @Scenario(
            id = "S2",
            clause = "maxWait",
            says =
                    "a slot that is started again and again fires all the same, and has a new latest deadline after each run")
    default void postponedAgainAndAgain(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.shaped(runs, spec -> spec.maxWait(rig.steps(3)));
        long until = System.nanoTime() + rig.patience().toNanos();
        while (runs.count() < 3) {
            assertThat(System.nanoTime() - until)
                    .as("three firings, although each start asks for a far deadline")
                    .isNegative();
            assertThat(slots.start("key", FAR)).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
            Thread.sleep(1);
        }
        slots.cancel("key");
        rig.until("all runs have ended", () -> runs.ended() == runs.count());
        for (int i = 1; i < 3; i++) {
            assertThat(Duration.between(runs.get(i - 1).deadline(), runs.get(i).deadline()))
                    .as("from one deadline to that of what was started after it")
                    .isGreaterThanOrEqualTo(rig.steps(3).minusMillis(1));
        }
    }

    @Scenario(
            id = "S3",
            clause = "flushAt",
            says = "a slot is due as soon as it has collected so many values, however far its deadline was")
    default void flush(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots =
                rig.timers(SlotValues.collect(Integer.class), runs, spec -> spec.flushAt(3));
        for (int round = 0; round < 3; round++) {
            int first = 3 * round;
            assertThat(slots.start("key", FAR, first)).isEqualTo(StartOutcome.STARTED);
            assertThat(slots.start("key", FAR, first + 1)).isEqualTo(StartOutcome.REARMED);
            assertThat(left(slots)).isGreaterThan(CAP);
            assertThat(slots.start("key", FAR, first + 2)).isEqualTo(StartOutcome.REARMED);
            runs.awaitEnded(round + 1);
            rig.untilIdle(slots, "key");
            assertThat(runs.get(round).value()).isEqualTo(List.of(first, first + 1, first + 2));
        }
    }

    @Scenario(
            id = "S4",
            clause = "flushAt, pause",
            says =
                    "no later start or touch moves a slot away from its flush, and a flush of one value begins a run immediately")
    default void flushStays(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots =
                rig.timers(SlotValues.collect(Integer.class), runs, spec -> spec.flushAt(2));
        slots.pause();
        slots.start("key", FAR, 1);
        slots.start("key", FAR, 2);
        assertThat(slots.touch("key", FAR)).isEqualTo(TouchOutcome.MOVED);
        assertThat(slots.start("key", FAR)).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.start("key", FAR, 3)).isEqualTo(StartOutcome.REARMED);
        assertThat(left(slots)).isLessThan(rig.patience());
        slots.resume();
        runs.awaitEnded(1);
        assertThat(runs.get(0).value()).isEqualTo(List.of(1, 2, 3));
        ValueTimerSlots<String, Integer> each =
                rig.timers(SlotValues.collect(Integer.class), runs, spec -> spec.flushAt(1));
        assertThat(each.start("one", FAR, 1)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(2);
        assertThat(runs.last("one").value()).isEqualTo(List.of(1));
    }

    @Scenario(
            id = "S5",
            clause = "flushAt, retry",
            says =
                    "values of a failed firing are not counted again: the delay of its retry holds until enough others came")
    default void flushAfterARetry(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.value() instanceof List<?> values && values.size() == 2) {
                firing.retry(FAR);
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        ValueTimerSlots<String, Integer> slots =
                rig.timers(SlotValues.collect(Integer.class), runs, spec -> spec.flushAt(2));
        slots.start("key", FAR, 1);
        slots.start("key", FAR, 2);
        runs.awaitEnded(1);
        rig.untilState(slots, "key", RunState.ARMED);
        slots.start("key", FAR, 3);
        assertThat(left(slots)).isGreaterThan(CAP);
        slots.start("key", FAR, 4);
        runs.awaitEnded(2);
        assertThat(runs.get(1).value()).isEqualTo(List.of(1, 2, 3, 4));
    }

    @Scenario(
            id = "S6",
            clause = "flushAt, ledger",
            says = "values from two sides are all handed over, each once, in runs that begin without a deadline's help")
    default void flushFromTwoSides(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots =
                rig.timers(SlotValues.collect(Integer.class), runs, spec -> spec.flushAt(4));
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 500); rounds++) {
                int first = 16 * rounds;
                duel.run(() -> add(slots, first), () -> add(slots, first + 8));
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        int accepted = 16 * rounds;
        rig.until("less than a flush is left", () -> handed(runs).size() > accepted - 4);
        List<Integer> booked = new ArrayList<>(handed(runs));
        booked.addAll(slots.takeAll("key"));
        assertThat(booked)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, accepted).boxed().toList());
    }

    private static void add(ValueTimerSlots<String, Integer> slots, int first) {
        for (int i = first; i < first + 8; i++) {
            slots.start("key", FAR, i);
            Duel.giveWay(i);
        }
    }

    static List<Integer> handed(Runs<String> runs) {
        List<Integer> handed = new ArrayList<>();
        for (Runs.Run run : runs.list()) {
            if (run.value() instanceof List<?> values) {
                values.forEach(value -> handed.add((Integer) value));
            }
        }
        return handed;
    }

    private static Duration left(TimerSlots<String> slots) {
        Duration left = slots.find("key").map(SlotSnapshot::timeLeft).orElseThrow();
        assertThat(left).isNotNull();
        return left;
    }
}

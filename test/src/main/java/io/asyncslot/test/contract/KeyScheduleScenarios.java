package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** That a key which was started with a schedule of its own follows that one, and no other. */
interface KeyScheduleScenarios {

    @Scenario(
            id = "K1",
            clause = "keySchedules",
            says =
                    "a key follows the schedule that it was started with, and find shows that; other keys have one run each")
    default void ownSchedule(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots =
                rig.shaped(runs, spec -> spec.keySchedules(true).late(LatePolicy.ALL));
        GridSchedule grid = new GridSchedule(rig.steps(2), Duration.ZERO);
        assertThat(slots.start("key", grid)).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("rate", SlotSchedule.every(rig.steps(3)))).isEqualTo(StartOutcome.STARTED);
        slots.start("once", rig.steps(1));
        rig.until("each has run", () -> runs.count("key") >= 4 && runs.count("rate") >= 3 && runs.count("once") == 1);
        assertThat(slots.find("key").map(SlotSnapshot::schedule)).contains(grid);
        assertThat(slots.delete("key")).isIn(DeleteOutcome.DELETED_ARMED, DeleteOutcome.DELETED_WHILE_RUNNING);
        slots.delete("rate");
        rig.withoutArmed(slots);
        List<Runs.Run> own = of(runs, "key");
        assertThat(own).allMatch(run -> grid.has(run.deadline()));
        for (int i = 1; i < own.size(); i++) {
            assertThat(Duration.between(own.get(i - 1).deadline(), own.get(i).deadline()))
                    .isEqualTo(rig.steps(2));
        }
        List<Runs.Run> rate = of(runs, "rate");
        for (int i = 1; i < rate.size(); i++) {
            assertThat(Duration.between(rate.get(i - 1).deadline(), rate.get(i).deadline()))
                    .isEqualTo(rig.steps(3));
        }
        assertThat(runs.count("once")).isOne();
    }

    @Scenario(
            id = "K2",
            clause = "keySchedules, start, touch, cancel",
            says = "another start replaces the schedule, a touch moves one point of it, and a cancel ends it")
    default void endOfASchedule(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.shaped(runs, spec -> spec.keySchedules(true));
        GridSchedule far = new GridSchedule(Duration.ofDays(1), Duration.ZERO);
        slots.start("key", far);
        assertThat(slots.touch("key", rig.steps(1))).isEqualTo(TouchOutcome.MOVED);
        runs.awaitEnded(1);
        SlotSnapshot goesOn = slots.find("key").orElseThrow();
        assertThat(goesOn.schedule()).isEqualTo(far);
        assertThat(goesOn.deadline()).isNotNull().matches(far::has);
        assertThat(slots.start("key", rig.steps(1))).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.find("key").map(SlotSnapshot::schedule)).isEmpty();
        runs.awaitEnded(2);
        rig.untilIdle(slots, "key");
        assertThat(slots.start("key", far)).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        rig.untilIdle(slots, "key");
        assertThat(runs.count()).isEqualTo(2);
    }

    @Scenario(
            id = "K3",
            clause = "keySchedules, retry",
            says = "the retry of a failed firing keeps the points of the key's schedule")
    default void retryKeepsThePoints(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() == 1) {
                firing.retry(rig.steps(0.3));
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        TimerSlots<String> slots =
                rig.shaped(runs, spec -> spec.keySchedules(true).late(LatePolicy.ALL));
        GridSchedule grid = new GridSchedule(rig.steps(2), Duration.ZERO);
        slots.start("key", grid);
        runs.awaitEnded(6);
        slots.delete("key");
        assertThat(runs.list()).filteredOn(run -> run.attempt() == 1).allMatch(run -> grid.has(run.deadline()));
        assertThat(runs.list()).anyMatch(run -> run.attempt() == 2);
    }

    @Scenario(
            id = "K4",
            clause = "keySchedules, one step",
            says =
                    "of two starts with schedules that race, and of runs that begin meanwhile, the slot follows that of the last start")
    default void twoSchedules(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.shaped(runs, spec -> spec.keySchedules(true));
        GridSchedule first = new GridSchedule(Duration.ofNanos(200_000), Duration.ZERO);
        GridSchedule second = new GridSchedule(Duration.ofNanos(200_000), Duration.ofNanos(100_000));
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 300); round++) {
                duel.run(() -> slots.start("key", first), () -> slots.start("key", second));
                SlotSnapshot last = slots.find("key").orElseThrow();
                GridSchedule grid = (GridSchedule) Objects.requireNonNull(last.schedule());
                int before = runs.count();
                rig.until("two further runs", () -> runs.count() >= before + 2);
                assertThat(runs.list().subList(before + 1, before + 2))
                        .as("a run after both starts, of which %s came last", grid)
                        .allMatch(run -> grid.has(run.deadline()));
            }
            ContractRig.reached("both at once", duel.overlaps());
        }
        slots.delete("key");
    }

    private static List<Runs.Run> of(Runs<String> runs, String key) {
        return runs.list().stream().filter(run -> run.key().equals(key)).toList();
    }
}

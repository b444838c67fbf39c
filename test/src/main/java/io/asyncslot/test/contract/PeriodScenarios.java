package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotSchedule;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** That periodic slots keep to their grid and end when they are told to. */
interface PeriodScenarios {

    @Scenario(id = "E1", clause = "periodic", says = "a periodic slot fires on its grid, again and again")
    default void grid(ContractRig rig) throws Exception {
        Duration period = rig.steps(1);
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = periodic(rig, runs, period, LatePolicy.ALL);
        slots.start("key");
        runs.awaitEnded(8);
        slots.delete("key");
        for (int i = 1; i < 8; i++) {
            assertThat(Duration.between(runs.get(i - 1).deadline(), runs.get(i).deadline()))
                    .isEqualTo(period);
        }
        assertThat(runs.get(0).generation()).isLessThan(runs.get(7).generation());
    }

    /** On the wall clock, whose deadlines are exact. */
    private static TimerSlots<String> periodic(ContractRig rig, Runs<String> runs, Duration period, LatePolicy late)
            throws Exception {
        return rig.timers(
                String.class, runs, spec -> spec.every(period).late(late).clock(SlotClock.REALTIME));
    }

    @Scenario(
            id = "E2",
            clause = "periodic",
            says = "while the callback of a periodic slot runs the next period is armed, and a cancel ends the series")
    default void cancelEndsTheSeries(ContractRig rig) throws Exception {
        Queue<Object> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.every(rig.steps(1)));
        runs.doing((key, firing) -> {
            if (runs.count() == 3) {
                seen.add(slots.find(key).orElseThrow().runState());
                seen.add(slots.cancel(key));
                seen.add(slots.cancel(key));
            }
        });
        slots.start("key");
        runs.awaitEnded(3);
        rig.settle(rig.steps(3));
        assertThat(List.copyOf(seen))
                .isEqualTo(List.of(RunState.RUNNING_ARMED, CancelOutcome.CANCELLED, CancelOutcome.RUNNING));
        assertThat(runs.count()).isEqualTo(3);
        rig.untilIdle(slots, "key");
    }

    @Scenario(id = "E3", clause = "periodic", says = "a delete from outside or inside ends the series")
    default void deleteEndsTheSeries(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.every(rig.steps(0.5)));
        runs.doing((key, firing) -> {
            if (key.equals("inside")) {
                slots.delete(key);
            }
        });
        slots.start("inside");
        slots.start("outside");
        rig.until("both have run", () -> runs.count("outside") >= 2 && runs.count("inside") >= 1);
        assertThat(slots.delete("outside")).isIn(DeleteOutcome.DELETED_ARMED, DeleteOutcome.DELETED_WHILE_RUNNING);
        int before = runs.count("outside");
        rig.settle(rig.steps(2));
        assertThat(runs.count("outside")).isEqualTo(before);
        assertThat(runs.count("inside")).isOne();
    }

    @Scenario(id = "E4", clause = "P12, periodic", says = "a run that throws does not end the series")
    default void failureDoesNotEndTheSeries(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            throw new AssertionError("the kit's callback throws");
        });
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.every(rig.steps(0.5)));
        slots.start("key");
        runs.awaitEnded(4);
        assertThat(slots.delete("key")).isNotEqualTo(DeleteOutcome.ABSENT);
    }

    @Scenario(id = "E5", clause = "late policy", says = "missed periods run all, one after another, when asked")
    default void lateAll(ContractRig rig) throws Exception {
        List<Runs.Run> runs = overrun(rig, LatePolicy.ALL);
        for (int i = 1; i < runs.size(); i++) {
            assertThat(Duration.between(runs.get(i - 1).deadline(), runs.get(i).deadline()))
                    .isEqualTo(rig.steps(1));
        }
    }

    @Scenario(
            id = "E6",
            clause = "late policy",
            says = "missed periods run once together, unless the map sets another policy")
    default void lateOnce(ContractRig rig) throws Exception {
        List<Runs.Run> runs = overrun(rig, LatePolicy.ONCE);
        Duration first = Duration.between(runs.get(0).deadline(), runs.get(1).deadline());
        Duration second = Duration.between(runs.get(1).deadline(), runs.get(2).deadline());
        assertThat(first).as("the make-up run").isEqualTo(rig.steps(1));
        assertThat(second).as("what was missed is left out").isGreaterThanOrEqualTo(rig.steps(2));
        assertOnGrid(rig, runs);
    }

    @Scenario(id = "E7", clause = "late policy", says = "missed periods are left out when asked")
    default void lateSkip(ContractRig rig) throws Exception {
        List<Runs.Run> runs = overrun(rig, LatePolicy.SKIP);
        assertThat(Duration.between(runs.get(0).deadline(), runs.get(1).deadline()))
                .isGreaterThanOrEqualTo(rig.steps(3));
        assertOnGrid(rig, runs);
    }

    private static void assertOnGrid(ContractRig rig, List<Runs.Run> runs) {
        for (Runs.Run run : runs) {
            long off = Duration.between(runs.get(0).deadline(), run.deadline()).toNanos();
            assertThat(off % rig.steps(1).toNanos())
                    .as("distance to the grid of %s", run)
                    .isZero();
        }
    }

    /** The first run goes on for more than three periods. Anew when this machine was away for a whole one before it. */
    private static List<Runs.Run> overrun(ContractRig rig, LatePolicy late) throws Exception {
        for (int attempt = 0; attempt < 10; attempt++) {
            Gate gate = rig.gate();
            Runs<String> runs = rig.runsHeldBy(gate);
            TimerSlots<String> slots = periodic(rig, runs, rig.steps(1), late);
            slots.start("key");
            runs.awaitBegun(1);
            if (runs.get(0).lateness().compareTo(rig.steps(0.9)) >= 0) {
                gate.open();
                slots.drop(rig.patience());
                continue;
            }
            rig.settle(rig.steps(4));
            gate.open();
            runs.awaitEnded(6);
            slots.delete("key");
            return runs.list().subList(0, 6);
        }
        return Assumptions.abort("ten times this machine was away for a whole period before the first run");
    }

    @Scenario(id = "E8", clause = "periodic", says = "a slot with a schedule fires at its points until that has none")
    default void schedule(ContractRig rig) throws Exception {
        AtomicReference<@Nullable Instant> begin = new AtomicReference<>();
        SlotSchedule schedule = after -> {
            Instant first = begin.get();
            if (first == null) {
                return null;
            }
            for (int i = 1; i <= 5; i++) {
                Instant point = first.plus(rig.steps(i));
                if (point.isAfter(after)) {
                    return point;
                }
            }
            return null;
        };
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots =
                rig.timers(String.class, runs, spec -> spec.schedule(schedule).late(LatePolicy.ALL));
        Instant now = Instant.ofEpochSecond(0, Instant.now().toEpochMilli() * 1_000_000L);
        begin.set(now);
        slots.start("key");
        rig.untilIdle(slots, "key");
        assertThat(runs.count()).isBetween(1, 5);
        int last = 0;
        for (Runs.Run run : runs.list()) {
            Duration since = Duration.between(now, run.deadline());
            int point = (int) (since.toNanos() / rig.steps(1).toNanos());
            assertThat(since).as("a point of the schedule").isEqualTo(rig.steps(point));
            assertThat(point).isGreaterThan(last).isLessThanOrEqualTo(5);
            last = point;
        }
        assertThat(last).as("the last point of the schedule").isEqualTo(5);
        rig.untilIdle(slots, "key");
    }

    @Scenario(
            id = "E9",
            clause = "late policy, touch",
            says = "a period that was touched is a period no longer: however late, it is not left out")
    default void touchedPeriodIsNotLeftOut(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = periodic(rig, runs, rig.steps(2), LatePolicy.SKIP);
        slots.start("key", Duration.ZERO);
        runs.awaitBegun(1);
        assertThat(slots.touch("key", rig.steps(1))).isEqualTo(TouchOutcome.MOVED);
        Instant moved = slots.find("key").orElseThrow().deadline();
        rig.settle(rig.steps(7));
        gate.open();
        runs.awaitEnded(2);
        slots.delete("key");
        assertThat(runs.get(1).deadline()).isEqualTo(moved);
    }
}

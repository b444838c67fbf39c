package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** That a slot fires: once, not early, and not at all when it is told not to. */
interface FiringScenarios {

    @Scenario(id = "P1a", clause = "P1", says = "a timer cancelled before its deadline never fires")
    default void cancelledTimerNeverFires(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        for (int i = 0; i < 20; i++) {
            String key = "key" + i;
            int before = runs.count();
            slots.start(key, rig.steps(1));
            CancelOutcome outcome = slots.cancel(key);
            rig.settle(rig.steps(1.5));
            if (outcome == CancelOutcome.CANCELLED) {
                assertThat(runs.count(key)).as("runs after CANCELLED").isZero();
            } else { // this machine was away for a whole step
                assertThat(runs.count() - before).as("runs after %s", outcome).isOne();
            }
        }
        assertThat(slots.stats().cancelled())
                .as("at least one was cancelled in time")
                .isPositive();
    }

    @Scenario(id = "P1b", clause = "P1", says = "a timer deleted before its deadline never fires")
    default void deletedTimerNeverFires(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        for (int i = 0; i < 20; i++) {
            slots.start("key" + i, rig.steps(3));
        }
        int before = runs.count();
        for (int i = 0; i < 20; i++) {
            slots.delete("key" + i);
        }
        int after = runs.count();
        rig.settle(rig.steps(4));
        assertThat(runs.count()).as("runs after delete").isBetween(before, after + 1);
        assertThat(slots.stats().deletedArmed() + runs.count()).isEqualTo(20);
        assertThat(slots.stats().slots()).isZero();
    }

    @Scenario(
            id = "P1c",
            clause = "P1, F4",
            says = "a run that is due and in the executor's hands does not begin after a cancel or a delete")
    default void nothingBeginsAfterCancelOrDelete(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        rig.crew().hold();
        slots.start("cancelled", Duration.ZERO);
        slots.start("deleted", Duration.ZERO);
        slots.start("awaited", Duration.ZERO);
        slots.start("fires", Duration.ZERO);
        rig.crew().awaitHeld(4, rig.patience().toNanos());
        assertThat(slots.cancel("cancelled")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.delete("deleted")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(slots.cancelAndAwait("awaited", rig.patience())).isEqualTo(CancelOutcome.CANCELLED);
        rig.crew().release();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactly("fires");
    }

    @Scenario(
            id = "P1d",
            clause = "P1, P2",
            says = "a run in the executor's hands that is re-armed to later does not begin before the new deadline")
    default void rearmedWhileHandedOver(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        rig.crew().hold();
        slots.start("key", Duration.ZERO);
        rig.crew().awaitHeld(1, rig.patience().toNanos());
        long before = System.nanoTime();
        assertThat(slots.start("key", rig.steps(3))).isEqualTo(StartOutcome.REARMED);
        rig.crew().release();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
        assertThat(runs.get(0).beganNanos() - before)
                .isGreaterThanOrEqualTo(rig.steps(3).toNanos());
    }

    @Scenario(id = "P2a", clause = "P2, P3", says = "each of many started keys fires once, and not early")
    default void eachFiresOnce(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        SplittableRandom random = new SplittableRandom(42);
        Map<String, Long> notBefore = new TreeMap<>();
        for (int i = 0; i < 100; i++) {
            Duration delay = Duration.ofNanos(random.nextLong(rig.steps(5).toNanos()));
            long now = System.nanoTime();
            assertThat(slots.start("key" + i, delay)).isEqualTo(StartOutcome.STARTED);
            notBefore.put("key" + i, now + delay.toNanos());
        }
        runs.awaitEnded(100);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(100);
        for (Runs.Run run : runs.list()) {
            Long earliest = notBefore.remove(run.key());
            assertThat(earliest).as("key %s fires once", run.key()).isNotNull();
            assertThat(run.beganNanos() - (earliest == null ? 0 : earliest))
                    .as("%s", run)
                    .isNotNegative();
        }
    }

    @Scenario(id = "P2b", clause = "P2, P3", says = "a timer re-armed to later fires once, at the new deadline")
    default void rearmedLater(ContractRig rig) throws Exception {
        moved(rig, rig.steps(2), rig.steps(5), false);
    }

    @Scenario(id = "P2c", clause = "P2", says = "a timer re-armed to earlier fires once, at the new deadline")
    default void rearmedEarlier(ContractRig rig) throws Exception {
        moved(rig, Duration.ofHours(1), rig.steps(1), false);
    }

    @Scenario(id = "P2d", clause = "P2, P3", says = "a timer touched to later fires once, at the new deadline")
    default void touchedLater(ContractRig rig) throws Exception {
        moved(rig, rig.steps(2), rig.steps(5), true);
    }

    @Scenario(id = "P2e", clause = "P2", says = "a timer touched to earlier fires once, at the new deadline")
    default void touchedEarlier(ContractRig rig) throws Exception {
        moved(rig, Duration.ofHours(1), rig.steps(1), true);
    }

    private static void moved(ContractRig rig, Duration first, Duration second, boolean touch) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int rounds = 10;
        int inTime = 0;
        for (int i = 0; i < rounds; i++) {
            String key = "key" + i;
            slots.start(key, first);
            long generation = slots.find(key).map(SlotSnapshot::generation).orElse(0L); // 0: it has fired already
            long now = System.nanoTime();
            Enum<?> outcome = touch ? slots.touch(key, second) : slots.start(key, second);
            if (outcome == StartOutcome.REARMED || outcome == TouchOutcome.MOVED) {
                inTime++;
                rig.until(key + " fires", () -> runs.count(key) == 1);
                Runs.Run run = runs.last(key);
                assertThat(run.beganNanos() - now)
                        .as("time from the %s to the run", touch ? "touch" : "start")
                        .isGreaterThanOrEqualTo(second.toNanos());
                if (touch) {
                    assertThat(run.generation())
                            .as("a touch keeps the generation")
                            .isEqualTo(generation);
                } else {
                    assertThat(run.generation())
                            .as("a start takes the next generation")
                            .isGreaterThan(generation);
                }
            }
        }
        rig.settle(rig.steps(1));
        rig.atRest(slots);
        for (int i = 0; i < rounds; i++) {
            assertThat(runs.count("key" + i)).isLessThanOrEqualTo(2);
        }
        assertThat((long) runs.count()).isEqualTo(slots.stats().started());
        if (first.toHours() > 0) { // no machine is away for that long
            assertThat(inTime).as("moves before the firing").isEqualTo(rounds);
        }
        ContractRig.reached("the move before the firing", inTime);
    }

    private static long generation(TimerSlots<String> slots, String key) {
        return slots.find(key).orElseThrow().generation();
    }

    @Scenario(
            id = "P2f",
            clause = "P2, C04, C30",
            says =
                    "a start after a cancel, after a delete and after a run arms the slot again, with a higher generation")
    default void startsAnew(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", Duration.ofHours(1));
        long first = generation(slots, "key");
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        long second = generation(slots, "key");
        assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(2);
        assertThat(List.of(first, second, runs.get(0).generation(), runs.get(1).generation()))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Scenario(id = "P2g", clause = "P2", says = "a run that the executor refuses is not lost")
    default void refusedRunIsNotLost(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        rig.crew().refuse(3);
        slots.start("a", Duration.ZERO);
        slots.start("b", Duration.ZERO);
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrder("a", "b");
        WorkSlots<String> works = rig.works(runs);
        rig.crew().refuse(2);
        works.submit("c");
        runs.awaitEnded(3);
    }

    @Scenario(
            id = "P2h",
            clause = "P2",
            says =
                    "a timer moved to later, and to earlier again once its first deadline has passed, fires at the last one")
    default void movedDownAfterItsFirstDeadline(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int reached = 0;
        for (int ways = 0; ways < 4; ways++) {
            boolean touchLater = (ways & 1) != 0;
            boolean touchEarlier = (ways & 2) != 0;
            String key = "key" + ways;
            slots.start(key, rig.steps(3));
            Enum<?> later = touchLater ? slots.touch(key, Duration.ofHours(1)) : slots.start(key, Duration.ofHours(1));
            reached += later == TouchOutcome.MOVED || later == StartOutcome.REARMED ? 1 : 0;
            rig.settle(rig.steps(4)); // nobody is told when the first deadline passes
            int before = runs.count(key);
            long now = System.nanoTime();
            Enum<?> earlier = touchEarlier ? slots.touch(key, rig.steps(1)) : slots.start(key, rig.steps(1));
            if (earlier == TouchOutcome.NOT_ARMED) {
                continue; // this machine was away for the first three steps, and it fired then
            }
            rig.until(key + " fires", () -> runs.count(key) == before + 1);
            assertThat(runs.last(key).beganNanos() - now)
                    .as("time from the last move to the run")
                    .isGreaterThanOrEqualTo(rig.steps(1).toNanos());
        }
        rig.atRest(slots);
        assertThat((long) runs.count()).isEqualTo(slots.stats().started());
        ContractRig.reached("the move before the firing", reached);
    }

    @Scenario(id = "P3a", clause = "P3", says = "a delay that is not whole in the backend's unit is never cut short")
    default void oddDelaysAreNotCutShort(ContractRig rig) throws Exception {
        for (SlotClock clock : List.of(SlotClock.MONOTONIC, SlotClock.BOOTTIME)) {
            Runs<String> runs = rig.runs();
            TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.clock(clock));
            for (int i = 0; i < 40; i++) {
                Duration delay = Duration.ofNanos(1 + i * 20_011L);
                long now = System.nanoTime();
                slots.start("key" + i, delay);
                runs.awaitBegun(i + 1);
                assertThat(runs.get(i).beganNanos() - now)
                        .as("%s %s", clock, delay)
                        .isGreaterThanOrEqualTo(delay.toNanos());
            }
        }
    }

    @Scenario(id = "P3b", clause = "P3, clocks", says = "a deadline on the wall clock is met, not before and once")
    default void realtimeDeadline(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.clock(SlotClock.REALTIME));
        for (int i = 0; i < 5; i++) {
            Instant deadline = Instant.now().plus(rig.steps(i));
            slots.startAt("key" + i, deadline);
            runs.awaitEnded(i + 1);
            assertThat(Instant.now()).isAfterOrEqualTo(deadline);
            assertThat(runs.get(i).deadline())
                    .as("the firing's deadline, to the microsecond")
                    .isBetween(deadline.minusNanos(1_000), deadline.plusNanos(1_000));
            assertThat(runs.get(i).firedAt()).isAfterOrEqualTo(runs.get(i).deadline());
        }
    }

    @Scenario(
            id = "P3c",
            clause = "P2, P3",
            says = "a deadline in the past and a delay of zero fire immediately, and one of never does not")
    default void pastZeroAndNever(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        slots.startAt("past", Instant.now().minusSeconds(3_600));
        slots.start("zero", Duration.ZERO);
        slots.start("never", Duration.ofSeconds(Long.MAX_VALUE));
        slots.startAt("end of time", Instant.MAX);
        runs.awaitEnded(2);
        rig.settle(rig.steps(2));
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrder("past", "zero");
        assertThat(slots.cancel("never")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.cancel("end of time")).isEqualTo(CancelOutcome.CANCELLED);
    }

    @Scenario(id = "P5a", clause = "P5", says = "many starts without a fire in between make one fire")
    default void manyStartsOneFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        int started = 0;
        for (int i = 0; i < 500; i++) {
            started += slots.start("key", i % 2 == 0 ? rig.steps(3) : rig.steps(4)) == StartOutcome.STARTED ? 1 : 0;
        }
        rig.withoutArmed(slots);
        rig.atRest(slots);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).as("one fire a STARTED").isEqualTo(started);
    }

    @Scenario(id = "P5b", clause = "P5", says = "many submits while a run is pending make one run, which sees them all")
    default void manySubmitsOneRun(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.works(runs);
        rig.crew().hold();
        for (int i = 0; i < 500; i++) {
            slots.submit("key");
        }
        rig.crew().release();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
        assertThat(slots.stats().coalesced()).isEqualTo(499);
    }
}

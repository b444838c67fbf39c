package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How long a slot exists: while it is armed or runs, or until it is deleted. */
interface LifetimeScenarios {

    Duration HOUR = Duration.ofHours(1);

    private static void noSlot(ContractRig rig, SlotMap<String> slots) throws Exception {
        assertThat(slots.find("key")).as("slot of an idle key").isEmpty();
        rig.until("no slot is counted", () -> slots.stats().slots() == 0);
    }

    /** Waits for the end of a run that nothing is pending after, by the slot's going. */
    private static void untilGone(ContractRig rig, SlotMap<String> slots) throws Exception {
        rig.until("the slot is gone", () -> slots.find("key").isEmpty());
    }

    @Scenario(
            id = "L1",
            clause = "§7 lifetime",
            says = "a run that ends with nothing pending takes its slot with it, unless the map keeps idle slots")
    default void endOfRunFrees(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> timers = rig.timers(runs);
        Runs<String> workRuns = rig.runs();
        WorkSlots<String> works = rig.works(workRuns);
        Runs<String> keptRuns = rig.runs();
        TimerSlots<String> keeping = rig.timers(String.class, keptRuns, spec -> spec.whenIdle(WhenIdle.KEEP));
        assertThat(timers.whenIdle()).isEqualTo(WhenIdle.FREE);
        assertThat(works.whenIdle()).isEqualTo(WhenIdle.FREE);
        assertThat(keeping.whenIdle()).isEqualTo(WhenIdle.KEEP);
        timers.start("key", Duration.ZERO);
        works.submit("key");
        keeping.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        workRuns.awaitEnded(1);
        keptRuns.awaitEnded(1);
        untilGone(rig, timers);
        untilGone(rig, works);
        rig.untilState(keeping, "key", RunState.IDLE);
        noSlot(rig, timers);
        noSlot(rig, works);
        assertThat(timers.cancel("key")).isEqualTo(CancelOutcome.ABSENT);
        assertThat(timers.touch("key", HOUR)).isEqualTo(TouchOutcome.ABSENT);
        assertThat(timers.delete("key")).isEqualTo(DeleteOutcome.ABSENT);
        assertThat(timers.stats().deleted()).as("what nobody deleted").isZero();
        assertThat(keeping.cancel("key")).isEqualTo(CancelOutcome.NOT_ARMED);
        assertThat(keeping.touch("key", HOUR)).isEqualTo(TouchOutcome.NOT_ARMED);
        assertThat(keeping.delete("key")).isEqualTo(DeleteOutcome.DELETED);
    }

    @Scenario(id = "L2", clause = "§7 lifetime", says = "a cancel of what was pending takes the slot with it")
    default void cancelFrees(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", HOUR);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, slots);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.ABSENT);
        slots.start("key", HOUR);
        assertThat(slots.cancelAndAwait("key", rig.patience())).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, slots);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
        WorkSlots<String> works = rig.works(rig.<String>runs());
        rig.crew().hold();
        works.submit("key");
        assertThat(works.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, works);
        rig.crew().release();
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
    }

    @Scenario(
            id = "L3",
            clause = "§7 lifetime, B10",
            says = "a start or submit during the run keeps the slot: its end frees nothing, and the new deadline fires")
    default void startDuringTheRunKeeps(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        Runs<String> workRuns = rig.runsHeldBy(gate);
        WorkSlots<String> works = rig.works(workRuns);
        works.submit("key");
        workRuns.awaitBegun(1);
        assertThat(slots.start("key", HOUR)).isEqualTo(StartOutcome.STARTED);
        long generation = slots.find("key").orElseThrow().generation();
        assertThat(works.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
        gate.open();
        rig.untilState(slots, "key", RunState.ARMED);
        assertThat(slots.find("key").orElseThrow().generation()).isEqualTo(generation);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(2);
        workRuns.awaitEnded(2);
        untilGone(rig, slots);
        untilGone(rig, works);
    }

    @Scenario(
            id = "L4",
            clause = "§7 lifetime, P2",
            says = "a start against the end of a run: whichever comes first, the slot is there and armed afterwards")
    default void startAgainstEndOfRun(ContractRig rig) throws Exception {
        AtomicReference<Gate> gate = new AtomicReference<>(rig.gate());
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> gate.get().pass());
        TimerSlots<String> slots = rig.timers(runs);
        AtomicReference<@Nullable StartOutcome> started = new AtomicReference<>();
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, 400); round++) {
                Gate held = rig.gate();
                gate.set(held);
                assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
                runs.awaitBegun(round + 1);
                duel.run(held::open, () -> {
                    Duel.giveWay(runs.count());
                    started.set(slots.start("key", HOUR));
                });
                assertThat(started.get()).isEqualTo(StartOutcome.STARTED);
                runs.awaitEnded(round + 1);
                rig.untilState(slots, "key", RunState.ARMED);
                assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
                noSlot(rig, slots);
            }
            ContractRig.reached("start and end at once", duel.overlaps());
        }
    }

    @Scenario(
            id = "L5",
            clause = "§7 lifetime, P10",
            says = "a start against a cancel: there is a slot afterwards exactly if the cancel came first")
    default void startAgainstCancel(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(rig.runs());
        AtomicReference<@Nullable StartOutcome> started = new AtomicReference<>();
        AtomicReference<@Nullable CancelOutcome> cancelled = new AtomicReference<>();
        int startFirst = 0;
        int cancelFirst = 0;
        try (Duel duel = new Duel(rig)) {
            for (int round = 0; duel.goesOn(round, RaceScenarios.ROUNDS, startFirst, cancelFirst); round++) {
                assertThat(slots.start("key", HOUR)).isEqualTo(StartOutcome.STARTED);
                long before = slots.find("key").orElseThrow().generation();
                duel.run(() -> started.set(slots.start("key", HOUR)), () -> cancelled.set(slots.cancel("key")));
                assertThat(cancelled.get()).isEqualTo(CancelOutcome.CANCELLED);
                Optional<SlotSnapshot> after = slots.find("key");
                if (started.get() == StartOutcome.REARMED) {
                    startFirst++;
                    assertThat(after)
                            .as("slot after the cancel of the re-armed")
                            .isEmpty();
                } else {
                    cancelFirst++;
                    assertThat(started.get()).isEqualTo(StartOutcome.STARTED);
                    assertThat(after.orElseThrow().runState()).isEqualTo(RunState.ARMED);
                    assertThat(after.get().generation()).isGreaterThan(before);
                    assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
                }
            }
        }
        noSlot(rig, slots);
        ContractRig.reached("start before the cancel", startFirst);
        ContractRig.reached("cancel before the start", cancelFirst);
    }

    @Scenario(
            id = "L6",
            clause = "§7 lifetime, generation",
            says = "generations rise when a slot was freed, by runs and by cancels, and is started again")
    default void generationsRise(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        long generation = 0;
        for (int i = 0; i < 100; i++) {
            slots.start("key", HOUR);
            long next = slots.find("key").orElseThrow().generation();
            assertThat(next).isGreaterThan(generation);
            if (i % 2 == 0) {
                assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
                generation = next;
            } else {
                slots.start("key", Duration.ZERO);
                runs.awaitEnded(i / 2 + 1);
                generation = runs.last("key").generation();
                assertThat(generation).isGreaterThan(next);
                untilGone(rig, slots);
            }
        }
    }

    @Scenario(
            id = "L7",
            clause = "§7 lifetime",
            says = "the capacity counts what exists: who has seen a slot gone finds its place free")
    default void capacityCountsWhatExists(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.maxEntries(1));
        for (int i = 0; i < 50; i++) {
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
            untilGone(rig, slots);
            assertThat(slots.start("other", HOUR)).isEqualTo(StartOutcome.STARTED);
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REJECTED);
            assertThat(slots.cancel("other")).isEqualTo(CancelOutcome.CANCELLED);
        }
        runs.awaitEnded(50);
    }

    @Scenario(
            id = "L8",
            clause = "§7 lifetime, pause",
            says = "a paused slot exists as long as something is pending, and its pause ends with it")
    default void pausedSlotExistsWhilePending(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.ABSENT);
        slots.start("key", HOUR);
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.PAUSED);
        slots.start("key", Duration.ZERO);
        rig.settle(rig.steps(1));
        assertThat(slots.find("key").orElseThrow().runState()).isEqualTo(RunState.ARMED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, slots);
        assertThat(slots.resume("key")).isEqualTo(ResumeOutcome.ABSENT);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.until("no slot is paused", () -> slots.stats().paused() == 0);
    }

    @Scenario(
            id = "L9",
            clause = "§7 lifetime, retry, periodic",
            says = "a slot whose firing is delivered again, or that has a next period, is not idle")
    default void whatFollowsKeeps(ContractRig rig) throws Exception {
        Queue<RetryOutcome> retried = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() == 1) {
                retried.add(firing.retry(HOUR));
            }
        });
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.untilState(slots, "key", RunState.ARMED);
        assertThat(retried).containsExactly(RetryOutcome.SCHEDULED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, slots);
        Runs<String> periods = rig.runs();
        TimerSlots<String> periodic = rig.timers(String.class, periods, spec -> spec.every(rig.steps(0.5)));
        periods.doing((key, firing) -> {
            if (periods.count() == 3) {
                periodic.cancel(key);
            }
        });
        periodic.start("key");
        periods.awaitEnded(3);
        untilGone(rig, periodic);
        noSlot(rig, periodic);
    }

    @Scenario(id = "L10", clause = "§7 lifetime, views", says = "the history of a slot that was freed is kept after it")
    default void departedAreRemembered(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.historySize(8));
        assertThat(slots.findDeparted("key")).isEmpty();
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        untilGone(rig, slots);
        // a moment after the slot has gone
        rig.until(
                "its history is remembered",
                () -> slots.findDeparted("key").stream()
                        .anyMatch(departed -> !departed.history().isEmpty()));
        SlotSnapshot fired = slots.findDeparted("key").orElseThrow();
        assertThat(fired.state()).isEqualTo(SlotState.FREED);
        assertThat(fired.key()).isEqualTo("key");
        assertThat(fired.lastFiring()).isNotNull();
        assertThat(fired.history())
                .extracting(SlotEvent::kind)
                .containsExactly(SlotEvent.Kind.STARTED, SlotEvent.Kind.FIRED, SlotEvent.Kind.COMPLETED);
        slots.start("key", HOUR);
        slots.cancel("key");
        assertThat(slots.findDeparted("key").orElseThrow().history())
                .extracting(SlotEvent::kind)
                .containsExactly(SlotEvent.Kind.STARTED, SlotEvent.Kind.CANCELLED);
        slots.start("key", HOUR);
        slots.delete("key");
        assertThat(slots.findDeparted("key").orElseThrow().history())
                .extracting(SlotEvent::kind)
                .containsExactly(SlotEvent.Kind.STARTED, SlotEvent.Kind.DELETED);
    }

    @Scenario(
            id = "L11",
            clause = "table, D6",
            says = "a delete tells whether it prevented a run: of an armed slot, and of no other")
    default void deleteTellsWhatItPrevented(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (key.equals("running")) {
                gate.pass();
            }
        });
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        slots.start("armed", HOUR);
        slots.start("idle", Duration.ZERO);
        slots.start("running", Duration.ZERO);
        runs.awaitBegun(2);
        rig.untilState(slots, "idle", RunState.IDLE);
        DeleteOutcome armed = slots.delete("armed");
        DeleteOutcome idle = slots.delete("idle");
        DeleteOutcome running = slots.delete("running");
        DeleteOutcome absent = slots.delete("armed");
        gate.open();
        assertThat(armed).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(armed.prevented()).isTrue();
        assertThat(idle).isEqualTo(DeleteOutcome.DELETED);
        assertThat(idle.prevented()).isFalse();
        assertThat(running).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(running.prevented()).isFalse();
        assertThat(absent).isEqualTo(DeleteOutcome.ABSENT);
        assertThat(absent.prevented()).isFalse();
    }

    @Scenario(
            id = "L12",
            clause = "§7 lifetime, P4",
            says = "the slot that follows a deleted one, whose run has not ended, is freed by a cancel like any other")
    default void cancelBesideAFormerRun(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(slots.start("key", HOUR)).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
        noSlot(rig, slots);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).as("runs beside the former one").isOne();
        gate.open();
        runs.awaitEnded(2);
        untilGone(rig, slots);
    }
}

package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** That what is paused waits, loses nothing and goes on. */
interface PauseScenarios {

    @Scenario(
            id = "H1",
            clause = "pause",
            says = "a slot that falls due while it is paused waits at rest, and runs once after the resume")
    default void pausedSlot(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        slots.start("key", Duration.ofHours(1));
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.PAUSED);
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.ALREADY_PAUSED);
        slots.start("key", rig.steps(3));
        long generation = find(slots, "key").generation();
        rig.settle(rig.steps(6));
        assertThat(runs.count()).isZero();
        rig.until("one reference", () -> find(slots, "key").references() == 1);
        assertThat(find(slots, "key").runState()).isEqualTo(RunState.ARMED);
        assertThat(find(slots, "key").timeLeft()).isZero();
        assertThat(find(slots, "key").pausedSince()).isNotNull();
        assertThat(slots.stats().paused()).isOne();
        assertThat(slots.resume("key")).isEqualTo(ResumeOutcome.RESUMED);
        assertThat(slots.resume("key")).isEqualTo(ResumeOutcome.NOT_PAUSED);
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(1);
        assertThat(runs.get(0).generation()).isEqualTo(generation);
        assertThat(find(slots, "key").pausedSince()).isNull();
        assertThat(slots.stats().paused()).isZero();
    }

    private static SlotSnapshot find(SlotMap<String> slots, String key) {
        return slots.find(key).orElseThrow();
    }

    @Scenario(
            id = "H2",
            clause = "pause",
            says = "a slot that waits in a pause can be moved, cancelled, started and deleted; deleting ends the pause")
    default void operationsOnWhatWaits(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        for (String key : List.of("moved", "cancelled", "started", "deleted", "closed")) {
            slots.start(key, Duration.ofHours(1));
            slots.pause(key);
            slots.start(key, Duration.ZERO);
        }
        rig.settle(rig.steps(2));
        assertThat(slots.touch("moved", Duration.ofHours(1))).isEqualTo(TouchOutcome.MOVED);
        assertThat(slots.cancel("cancelled")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.start("started", rig.steps(1))).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.delete("deleted")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(slots.start("deleted", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(1);
        assertThat(runs.get(0).key()).isEqualTo("deleted");
        rig.settle(rig.steps(2));
        for (String key : List.of("moved", "cancelled", "started")) {
            assertThat(slots.resume(key)).isEqualTo(ResumeOutcome.RESUMED);
        }
        runs.awaitEnded(2);
        assertThat(runs.get(1).key()).isEqualTo("started");
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(2);
        slots.drop(rig.patience());
        assertThat(runs.count()).isEqualTo(2);
    }

    @Scenario(
            id = "H3",
            clause = "pause",
            says = "a paused map holds back its slots, those made later included, and runs them after its resume")
    default void pausedMap(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("before", Duration.ofHours(1));
        assertThat(slots.pause()).isEqualTo(PauseOutcome.PAUSED);
        assertThat(slots.pause()).isEqualTo(PauseOutcome.ALREADY_PAUSED);
        slots.start("before", rig.steps(2));
        assertThat(slots.isPaused()).isTrue();
        slots.start("after", Duration.ZERO);
        slots.start("own", Duration.ZERO);
        assertThat(slots.pause("own")).isEqualTo(PauseOutcome.PAUSED);
        rig.settle(rig.steps(5));
        assertThat(runs.count()).isZero();
        assertThat(slots.resume()).isEqualTo(ResumeOutcome.RESUMED);
        assertThat(slots.resume()).isEqualTo(ResumeOutcome.NOT_PAUSED);
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrder("before", "after");
        slots.resume("own");
        runs.awaitEnded(3);
        assertThat(slots.isPaused()).isFalse();
    }

    @Scenario(
            id = "H4",
            clause = "pause, late policy",
            says = "periods missed in a pause run once together after the resume, and the series continues")
    default void pausedSeries(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.every(rig.steps(4)));
        slots.start("key");
        runs.awaitEnded(1);
        slots.pause("key");
        rig.until("no run goes on", () -> slots.stats().running() == 0);
        int before = runs.count();
        rig.settle(rig.steps(20));
        assertThat(runs.count()).isLessThanOrEqualTo(before + 1); // one that was just beginning
        before = runs.count();
        slots.resume("key");
        runs.awaitEnded(before + 3);
        slots.delete("key");
        assertThat(Duration.between(
                        runs.get(before).deadline(), runs.get(before + 1).deadline()))
                .as("from the missed period to the next one")
                .isGreaterThan(rig.steps(7));
    }

    @Scenario(
            id = "H5",
            clause = "pause",
            says = "submits to paused work are one run after the resume; pausing never makes a slot")
    default void pausedWork(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.works(runs);
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.ABSENT);
        assertThat(slots.resume("key")).isEqualTo(ResumeOutcome.ABSENT);
        assertThat(slots.stats().slots()).isZero();
        slots.pause();
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.COALESCED);
        rig.settle(rig.steps(2));
        assertThat(slots.submit("key")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(runs.count()).isZero();
        slots.resume();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(1);
        slots.drop(rig.patience());
        assertThat(slots.pause()).isEqualTo(PauseOutcome.CLOSED);
        assertThat(slots.resume()).isEqualTo(ResumeOutcome.CLOSED);
        assertThat(slots.pause("key")).isEqualTo(PauseOutcome.CLOSED);
        assertThat(slots.resume("key")).isEqualTo(ResumeOutcome.CLOSED);
    }

    @Scenario(
            id = "H6",
            clause = "pause, P2",
            says = "a resume against the run that is just held back: it runs once, whatever comes first")
    default void resumeAgainstFire(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicBoolean due = new AtomicBoolean();
        int resumedFirst = 0;
        int dueFirst = 0;
        int rounds = 0;
        try (Duel duel = new Duel(rig)) {
            for (; duel.goesOn(rounds, 2_000, resumedFirst, dueFirst); rounds++) {
                slots.start("key", Duration.ofHours(1));
                slots.pause("key");
                due.set(false);
                AtomicBoolean before = new AtomicBoolean();
                duel.run(
                        () -> {
                            slots.resume("key");
                            before.set(due.get());
                        },
                        () -> {
                            slots.start("key", Duration.ZERO);
                            due.set(true);
                        });
                runs.awaitEnded(rounds + 1);
                dueFirst += before.get() ? 1 : 0;
                resumedFirst += before.get() ? 0 : 1;
            }
        }
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(rounds);
        ContractRig.reached("a resume before the slot was due", resumedFirst);
        ContractRig.reached("a resume when the slot was due", dueFirst);
    }

    @Scenario(
            id = "H7",
            clause = "pause, cause",
            says = "a pause names who began it, as long as it lasts: of a slot, in lists too, and of a map")
    default void pausedBy(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(rig.runs());
        SlotCause alice = new SlotCause(SlotCause.Type.ENDPOINT, "user alice");
        SlotCause bob = new SlotCause(SlotCause.Type.ENDPOINT, "user bob");
        slots.start("key", Duration.ofHours(1));
        slots.start("plain", Duration.ofHours(1));
        assertThat(alice.during(() -> slots.pause("key"))).isEqualTo(PauseOutcome.PAUSED);
        assertThat(bob.during(() -> slots.pause("key"))).isEqualTo(PauseOutcome.ALREADY_PAUSED);
        slots.pause("plain");
        assertThat(find(slots, "key").pausedBy()).isEqualTo(alice);
        assertThat(find(slots, "plain").pausedBy()).isNull();
        List<SlotCause> listed = new ArrayList<>();
        slots.scan(10, slot -> slot.key().equals("key"), slot -> listed.add(slot.pausedBy()));
        assertThat(listed).containsExactly(alice);
        slots.resume("key");
        assertThat(find(slots, "key").pausedBy()).isNull();
        bob.during(() -> slots.pause("key"));
        assertThat(find(slots, "key").pausedBy()).isEqualTo(bob);
        slots.resume("key");
        slots.pause("key");
        assertThat(find(slots, "key").pausedBy()).isNull();

        assertThat(slots.pausedBy()).isEmpty();
        alice.during(() -> slots.pause());
        bob.during(() -> slots.pause());
        assertThat(slots.pausedBy()).contains(alice);
        slots.resume();
        assertThat(slots.pausedBy()).isEmpty();
        slots.pause();
        assertThat(slots.isPaused()).isTrue();
        assertThat(slots.pausedBy()).isEmpty();
        slots.resume();
    }
}

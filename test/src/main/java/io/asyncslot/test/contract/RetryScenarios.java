package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** That a firing can be delivered again, and that whatever is asked for meanwhile wins. */
interface RetryScenarios {

    @Scenario(
            id = "D1",
            clause = "retry",
            says = "a firing that is retried is delivered again after its delay: same generation, next attempt")
    default void retry(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() < 3) {
                outcomes.add(firing.retry(rig.steps(2)));
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", rig.steps(1));
        runs.awaitEnded(3);
        rig.untilIdle(slots, "key");
        assertThat(outcomes).containsExactly(RetryOutcome.SCHEDULED, RetryOutcome.SCHEDULED);
        assertThat(runs.list()).extracting(Runs.Run::attempt).containsExactly(1, 2, 3);
        assertThat(runs.list())
                .extracting(Runs.Run::generation)
                .containsOnly(runs.get(0).generation());
        for (int i = 1; i < 3; i++) {
            assertThat(Duration.ofNanos(
                            runs.get(i).beganNanos() - runs.get(i - 1).beganNanos()))
                    .isGreaterThanOrEqualTo(rig.steps(2));
        }
        assertThat(slots.stats().retried()).isEqualTo(2);
        assertThat(slots.stats().failed()).isZero();
    }

    @Scenario(
            id = "D2",
            clause = "retry",
            says = "a start between two attempts begins a new firing in place of the next")
    default void startWins(ContractRig rig) throws Exception {
        Runs<String> runs = failingOnce(rig, rig.steps(100));
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.untilState(slots, "key", RunState.ARMED);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(2);
        rig.until("the retry of the new firing is pending", () -> ContractRig.state(slots, "key") == RunState.ARMED);
        assertThat(runs.list()).extracting(Runs.Run::attempt).containsExactly(1, 1);
        assertThat(runs.get(1).generation()).isGreaterThan(runs.get(0).generation());
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
    }

    @Scenario(id = "D3", clause = "retry", says = "a touch moves the next attempt, a cancel or a delete removes it")
    default void touchMovesAndCancelRemoves(ContractRig rig) throws Exception {
        Runs<String> runs = failingOnce(rig, rig.steps(2));
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            if (firing.attempt() == 1) {
                firing.retry(key.equals("touched") ? rig.steps(100_000) : rig.steps(3));
            }
        });
        for (String key : new String[] {"touched", "cancelled", "deleted"}) {
            slots.start(key, Duration.ZERO);
        }
        runs.awaitEnded(3);
        rig.untilState(slots, "touched", RunState.ARMED);
        slots.delete("deleted");
        slots.cancel("cancelled");
        int before = runs.count("cancelled") + runs.count("deleted");
        assertThat(slots.touch("touched", rig.steps(1))).isEqualTo(TouchOutcome.MOVED);
        runs.awaitEnded(before + 2);
        rig.settle(rig.steps(4));
        assertThat(runs.count("cancelled") + runs.count("deleted")).isEqualTo(before);
        assertThat(runs.count("touched")).isEqualTo(2);
        assertThat(runs.last("touched").attempt()).isEqualTo(2);
    }

    @Scenario(
            id = "D4",
            clause = "retry, P1",
            says = "a cancel, a start or a delete during the run keeps it from being delivered again")
    default void whatComesDuringTheRunWins(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            switch (key) {
                case "cancelled" -> slots.cancel(key);
                case "started" -> slots.start(key, rig.steps(100_000));
                default -> slots.delete(key);
            }
            outcomes.add(firing.retry(Duration.ZERO));
        });
        for (String key : new String[] {"cancelled", "started", "deleted"}) {
            slots.start(key, Duration.ZERO);
        }
        runs.awaitEnded(3);
        rig.settle(rig.steps(2));
        assertThat(outcomes)
                .containsExactlyInAnyOrder(RetryOutcome.WITHDRAWN, RetryOutcome.SUPERSEDED, RetryOutcome.FREED);
        assertThat(runs.count()).isEqualTo(3);
        assertThat(slots.cancel("started")).isEqualTo(CancelOutcome.CANCELLED);
    }

    @Scenario(id = "D5", clause = "retry", says = "a firing that is postponed is delivered again as the same attempt")
    default void postpone(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().postponing();
        runs.doing((key, firing) -> {
            if (runs.count() < 3) {
                firing.postpone(rig.steps(1));
            }
        });
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(3);
        rig.untilIdle(slots, "key");
        assertThat(runs.list()).extracting(Runs.Run::attempt).containsOnly(1);
        assertThat(runs.list())
                .extracting(Runs.Run::generation)
                .containsOnly(runs.get(0).generation());
        assertThat(slots.stats().postponed()).isEqualTo(2);
    }

    @Scenario(
            id = "D6",
            clause = "retry",
            says = "work that is retried waits for its delay, and submits are coalesced with it")
    default void retryOfWork(ContractRig rig) throws Exception {
        Runs<String> runs = failingOnce(rig, rig.steps(3));
        WorkSlots<String> slots = rig.works(runs);
        slots.submit("key");
        runs.awaitEnded(1);
        rig.until("the retry is pending", () -> ContractRig.state(slots, "key") != RunState.RUNNING_ARMED);
        SubmitOutcome outcome = slots.submit("key");
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        if (outcome == SubmitOutcome.COALESCED) { // else this machine was away until the retry had begun
            assertThat(runs.count()).isEqualTo(2);
            assertThat(runs.get(1).attempt()).isEqualTo(2);
        }
    }

    @Scenario(
            id = "D7",
            clause = "retry, periodic",
            says = "a retry of a periodic slot comes before the next period, on the grid")
    default void retryOfAPeriod(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() == 1) {
                outcomes.add(firing.retry(rig.steps(1)));
            }
        });
        TimerSlots<String> slots =
                rig.timers(String.class, runs, spec -> spec.every(rig.steps(10)).clock(SlotClock.REALTIME));
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(6);
        slots.delete("key");
        Runs.Run first = runs.get(0);
        for (Runs.Run run : runs.list()) {
            if (run.attempt() == 1) {
                assertThat(Duration.between(first.deadline(), run.deadline()).toNanos()
                                % rig.steps(10).toNanos())
                        .as("distance to the grid of %s", run)
                        .isZero();
            }
        }
        assertThat(outcomes).contains(RetryOutcome.SCHEDULED);
        assertThat(runs.list()).extracting(Runs.Run::attempt).contains(1, 2);
    }

    @Scenario(
            id = "D8",
            clause = "retry, P1",
            says =
                    "a start after a cancel, both during the run, is what supersedes its retry, until it is cancelled too")
    default void startAfterACancelSupersedes(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            slots.cancel(key);
            outcomes.add(firing.retry(Duration.ZERO));
            slots.start(key, rig.steps(100_000));
            outcomes.add(firing.retry(Duration.ZERO));
            outcomes.add(firing.postpone(Duration.ZERO));
            slots.cancel(key);
            outcomes.add(firing.retry(Duration.ZERO));
            slots.start(key, rig.steps(100_000));
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.settle(rig.steps(2));
        assertThat(outcomes)
                .containsExactly(
                        RetryOutcome.WITHDRAWN,
                        RetryOutcome.SUPERSEDED,
                        RetryOutcome.SUPERSEDED,
                        RetryOutcome.WITHDRAWN);
        assertThat(runs.count()).isOne();
        assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
    }

    @Scenario(
            id = "D9",
            clause = "retry, P1",
            says = "a submit after a cancel, both during the run, is what supersedes its retry")
    default void submitAfterACancelSupersedes(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        WorkSlots<String> slots = rig.works(runs);
        runs.doing((key, firing) -> {
            if (runs.count() == 1) {
                slots.cancel(key);
                slots.submit(key);
                outcomes.add(firing.retry(Duration.ZERO));
            }
        });
        slots.submit("key");
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(outcomes).containsExactly(RetryOutcome.SUPERSEDED);
        assertThat(runs.list()).extracting(Runs.Run::attempt).containsExactly(1, 1);
    }

    private static Runs<String> failingOnce(ContractRig rig, Duration delay) {
        return rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() == 1) {
                firing.retry(delay);
                throw new IllegalStateException("the kit's callback fails");
            }
        });
    }
}

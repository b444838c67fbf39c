package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** That the awaiting operations wait for what they promise, not longer than they may, and never for themselves. */
interface AwaitScenarios {

    @Scenario(
            id = "A1a",
            clause = "P1, table",
            says = "cancelAndAwait waits for the run: NOT_ARMED when nothing was pending")
    default void awaitsTheRun(ContractRig rig) throws Exception {
        awaits(rig, false, CancelOutcome.NOT_ARMED);
    }

    @Scenario(
            id = "A1b",
            clause = "P1, table",
            says = "cancelAndAwait waits for the run: CANCELLED when it was armed again")
    default void awaitsTheRunAndRemovesTheNext(ContractRig rig) throws Exception {
        awaits(rig, true, CancelOutcome.CANCELLED);
    }

    private static void awaits(ContractRig rig, boolean armed, CancelOutcome expected) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        if (armed) {
            slots.start("key", Duration.ofHours(1));
        }
        AtomicReference<@Nullable CancelOutcome> outcome = new AtomicReference<>();
        Strand waiter = rig.strand("cancelAndAwait", () -> {
            outcome.set(slots.cancelAndAwait("key", rig.patience()));
            if (runs.ended() != 1) {
                rig.violated("cancelAndAwait answered " + outcome + " while the run went on");
            }
        });
        waiter.awaitWaiting();
        rig.settle(rig.steps(1));
        assertThat(outcome.get()).as("the answer while the run goes on").isNull();
        gate.open();
        waiter.join();
        assertThat(outcome.get()).isEqualTo(expected);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
    }

    @Scenario(
            id = "A1c",
            clause = "table",
            says = "cancelAndAwait gives up when its limit is over, and has removed what was pending")
    default void limit(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        slots.start("key", Duration.ZERO);
        long now = System.nanoTime();
        assertThat(slots.cancelAndAwait("key", rig.steps(2))).isEqualTo(CancelOutcome.TIMED_OUT);
        assertThat(System.nanoTime() - now).isGreaterThanOrEqualTo(rig.steps(2).toNanos());
        assertThat(ContractRig.state(slots, "key")).isEqualTo(RunState.RUNNING);
        gate.open();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
    }

    @Scenario(
            id = "A1d",
            clause = "table",
            says = "when the slot was deleted or its map closed, cancelAndAwait still waits for the current run")
    default void awaitsTheRunOfWhatIsGone(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "deleted", "closed");
        assertThat(slots.delete("deleted")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(slots.drop(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
        List<Strand> waiters = new ArrayList<>();
        for (String key : List.of("deleted", "closed")) {
            Strand waiter = rig.strand("cancelAndAwait " + key, () -> {
                CancelOutcome outcome = slots.cancelAndAwait(key, rig.patience());
                if (outcome != CancelOutcome.NOT_ARMED
                        && outcome != CancelOutcome.ABSENT
                        && outcome != CancelOutcome.CLOSED) {
                    rig.violated("cancelAndAwait answered " + outcome);
                }
                rig.until("the run has ended", () -> runs.count(key) == 1 && runs.ended() > 0);
            });
            waiters.add(waiter);
        }
        for (Strand waiter : waiters) {
            waiter.awaitWaiting();
        }
        gate.open();
        for (Strand waiter : waiters) {
            waiter.join();
        }
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
    }

    @Scenario(
            id = "A3a",
            clause = "P7",
            says = "awaitRun waits for the current run, deleted or not, and leaves alone what is pending")
    default void awaitsTheRunAndChangesNothing(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.timers(runs);
        assertThat(slots.awaitRun("kept", Duration.ZERO)).isEqualTo(AwaitOutcome.ENDED);
        slots.start("kept", Duration.ZERO);
        slots.start("deleted", Duration.ZERO);
        runs.awaitBegun(2);
        slots.start("kept", Duration.ofHours(1));
        slots.delete("deleted");
        slots.start("deleted", Duration.ofHours(1));
        List<Strand> waiters = new ArrayList<>();
        for (String key : List.of("kept", "deleted")) {
            assertThat(slots.awaitRun(key, Duration.ZERO)).isEqualTo(AwaitOutcome.TIMED_OUT);
            Strand waiter = rig.strand("awaitRun " + key, () -> {
                AwaitOutcome outcome = slots.awaitRun(key, rig.patience());
                if (outcome != AwaitOutcome.ENDED || runs.ended() == 0) {
                    rig.violated("awaitRun answered " + outcome + " after " + runs.ended() + " runs");
                }
            });
            waiter.awaitWaiting();
            waiters.add(waiter);
        }
        gate.open();
        for (Strand waiter : waiters) {
            waiter.join();
        }
        for (String key : List.of("kept", "deleted")) {
            assertThat(slots.awaitRun(key, Duration.ZERO)).isEqualTo(AwaitOutcome.ENDED);
            assertThat(ContractRig.state(slots, key)).as("state of " + key).isEqualTo(RunState.ARMED);
        }
        assertThat(runs.count()).isEqualTo(2);
    }

    @Scenario(id = "A3b", clause = "P7", says = "awaitRun refuses to wait for its own run")
    default void awaitRunOfOneself(ContractRig rig) throws Exception {
        AtomicReference<@Nullable TimerSlots<String>> map = new AtomicReference<>();
        AtomicReference<@Nullable AwaitOutcome> outcome = new AtomicReference<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            TimerSlots<String> slots = map.get();
            if (slots != null) {
                outcome.set(slots.awaitRun(key, rig.patience()));
            }
        });
        TimerSlots<String> slots = rig.timers(runs);
        map.set(slots);
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        assertThat(outcome.get()).isEqualTo(AwaitOutcome.WOULD_DEADLOCK);
    }

    @Scenario(
            id = "A1e",
            clause = "table",
            says = "a waiter that is interrupted leaves, and has removed what was pending")
    default void interrupted(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        slots.start("key", Duration.ZERO);
        AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
        Strand waiter = rig.strand("cancelAndAwait that is interrupted", () -> {
            thread.set(Thread.currentThread());
            try {
                CancelOutcome outcome = slots.cancelAndAwait("key", rig.patience());
                rig.violated("cancelAndAwait answered " + outcome + " though it was interrupted");
            } catch (InterruptedException e) {
                // as it should be
            }
        });
        rig.until("the waiter has started", () -> thread.get() != null);
        rig.until("nothing is pending", () -> ContractRig.state(slots, "key") == RunState.RUNNING);
        waiter.awaitWaiting();
        java.util.Objects.requireNonNull(thread.get()).interrupt();
        waiter.join();
        gate.open();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
    }

    @Scenario(
            id = "C16",
            clause = "mutual cancel, I11, C16",
            says =
                    "callbacks that await each other in a ring never hang: at least one gets WOULD_DEADLOCK, nothing changed")
    default void rings(ContractRig rig) throws Exception {
        for (int round = 0; round < 15; round++) {
            for (int size = 2; size <= 3; size++) {
                ring(rig, size, round % 2 == 0);
            }
        }
    }

    private static void ring(ContractRig rig, int size, boolean withWork) throws Exception {
        Map<String, CancelOutcome> outcomes = new ConcurrentHashMap<>();
        CyclicBarrier all = new CyclicBarrier(size);
        CountDownLatch over = new CountDownLatch(size);
        List<SlotMap<String>> maps = new ArrayList<>();
        Runs<String> timed = rig.runs();
        Runs<String> worked = rig.runs();
        TimerSlots<String> timers = rig.timers(timed);
        WorkSlots<String> works = rig.works(worked);
        for (int i = 0; i < size; i++) {
            maps.add(withWork && i == 0 ? works : timers);
        }
        for (Runs<String> runs : List.of(timed, worked)) {
            runs.doing((key, firing) -> {
                int target = (Integer.parseInt(key) + 1) % size;
                if (runs == timed) {
                    timers.start(key, Duration.ofHours(1));
                }
                try {
                    all.await(rig.patience().toMillis(), TimeUnit.MILLISECONDS);
                    outcomes.put(key, maps.get(target).cancelAndAwait("" + target, rig.patience()));
                } finally {
                    over.countDown();
                }
            });
        }
        for (int i = 0; i < size; i++) {
            if (maps.get(i) == works) {
                works.submit("" + i);
            } else {
                timers.start("" + i, Duration.ZERO);
            }
        }
        assertThat(over.await(rig.patience().toMillis(), TimeUnit.MILLISECONDS))
                .as("the ring ends: %s", outcomes)
                .isTrue();
        assertThat(outcomes).hasSize(size).containsValue(CancelOutcome.WOULD_DEADLOCK);
        outcomes.forEach((key, outcome) -> {
            int target = (Integer.parseInt(key) + 1) % size;
            if (maps.get(target) == works) {
                assertThat(outcome).isIn(CancelOutcome.WOULD_DEADLOCK, CancelOutcome.NOT_ARMED, CancelOutcome.ABSENT);
            } else {
                assertThat(outcome).isIn(CancelOutcome.WOULD_DEADLOCK, CancelOutcome.CANCELLED);
                boolean armed = timers.find("" + target)
                        .map(slot -> slot.runState().isArmed())
                        .orElse(false);
                assertThat(armed).as("armed still after %s", outcome).isEqualTo(outcome != CancelOutcome.CANCELLED);
            }
        });
        timers.drop(rig.patience());
        works.drop(rig.patience());
    }

    @Scenario(id = "C07", clause = "I12, C07", says = "awaiting the own run is refused and changes nothing")
    default void awaitingOneself(ContractRig rig) throws Exception {
        List<Enum<?>> outcomes = new java.util.concurrent.CopyOnWriteArrayList<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            runs.doing((again, further) -> {});
            outcomes.add(slots.start(key, rig.steps(1)));
            outcomes.add(slots.cancelAndAwait(key, rig.patience()));
            outcomes.add(slots.cancelAndAwait(key, Duration.ZERO));
            outcomes.add(slots.drop(rig.patience()));
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(2); // the re-arm is still there
        assertThat(outcomes)
                .isEqualTo(List.of(
                        StartOutcome.STARTED,
                        CancelOutcome.WOULD_DEADLOCK,
                        CancelOutcome.WOULD_DEADLOCK,
                        CloseOutcome.WOULD_DEADLOCK));
        assertThat(slots.isClosed()).isFalse();
    }

    @Scenario(
            id = "A2a",
            clause = "table",
            says = "closing waits for the runs of the map, and no longer than its limit")
    default void closeWaits(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", Duration.ZERO);
        slots.start("armed", Duration.ofHours(1));
        runs.awaitBegun(1);
        slots.start("key", Duration.ZERO);
        assertThat(slots.drop(rig.steps(1))).isEqualTo(CloseOutcome.TIMED_OUT);
        assertThat(slots.isClosed()).isTrue();
        assertThat(slots.stats().slots()).isZero();
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.CLOSED);
        AtomicReference<@Nullable CloseOutcome> outcome = new AtomicReference<>();
        Strand closer = rig.strand("close", () -> {
            outcome.set(slots.drop(rig.patience()));
            if (runs.ended() != 1) {
                rig.violated("close answered " + outcome + " while a run went on");
            }
        });
        closer.awaitWaiting();
        gate.open();
        closer.join();
        assertThat(outcome.get()).isEqualTo(CloseOutcome.CLOSED);
        assertThat(slots.drop(Duration.ZERO)).as("closing again").isEqualTo(CloseOutcome.CLOSED);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isOne();
    }

    @Scenario(id = "A2b", clause = "table", says = "a callback may close another map, and stop waits for what runs")
    default void closesAnother(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> others = rig.runs();
        TimerSlots<String> other = rig.timers(others);
        other.start("key", Duration.ofHours(1));
        AtomicReference<@Nullable CloseOutcome> outcome = new AtomicReference<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            outcome.set(other.drop(rig.patience()));
            gate.pass();
        });
        rig.running(runs, "key");
        assertThat(rig.registry().stop(rig.steps(1)))
                .as("stopped while a callback runs")
                .isFalse();
        gate.open();
        assertThat(rig.registry().stop(rig.patience())).isTrue();
        assertThat(runs.ended()).isOne();
        assertThat(outcome.get()).isEqualTo(CloseOutcome.CLOSED);
        rig.registry().start();
    }
}

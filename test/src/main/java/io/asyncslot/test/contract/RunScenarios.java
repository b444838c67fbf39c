package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What holds while callbacks run: one at a time, with their binding, whatever they throw. */
interface RunScenarios {

    @Scenario(id = "P4a", clause = "P4", says = "a slot that is armed again while it runs runs once more, afterwards")
    default void rearmedWhileRunning(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).as("runs while the first goes on").isOne();
        gate.open();
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(2);
    }

    @Scenario(
            id = "P4b",
            clause = "P4, C28",
            says = "a new incarnation does not run before the run of the deleted one has ended")
    default void incarnationsDoNotOverlap(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.running(runs, "key");
        for (int i = 0; i < 3; i++) {
            DeleteOutcome expected = i == 0 ? DeleteOutcome.DELETED_WHILE_RUNNING : DeleteOutcome.DELETED_ARMED;
            assertThat(slots.delete("key")).isEqualTo(expected);
            assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.ABSENT);
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
            assertThat(ContractRig.state(slots, "key")).isEqualTo(RunState.ARMED);
        }
        rig.settle(rig.steps(1));
        assertThat(runs.count()).as("runs while the first goes on").isOne();
        gate.open();
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(2);
    }

    @Scenario(
            id = "P4c",
            clause = "P4, F1, F2",
            says = "runs do not overlap, and the stack does not grow, when the executor runs in the caller")
    default void executorInTheCaller(ContractRig rig) throws Exception {
        rig.crew().runInCaller();
        int most = 2_000;
        Runs<String> runs = rig.runs();
        TimerSlots<String> timers = rig.timers(runs);
        AtomicInteger left = new AtomicInteger(most - 1);
        runs.doing((key, firing) -> {
            if (left.getAndDecrement() > 0) {
                timers.start(key, Duration.ZERO);
            }
        });
        timers.start("key", Duration.ZERO);
        runs.awaitEnded(most);

        Runs<String> submitted = rig.runs();
        WorkSlots<String> works = rig.works(submitted);
        AtomicInteger further = new AtomicInteger(most - 1);
        submitted.doing((key, firing) -> {
            if (further.getAndDecrement() > 0) {
                works.submit(key);
            }
        });
        works.submit("key");
        submitted.awaitEnded(most);
    }

    @Scenario(
            id = "P4d",
            clause = "P4, table",
            says =
                    "the callback of a deleted slot cannot restart it by its handle, also not when there is a new incarnation")
    default void handleOfADeletedSlot(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Queue<Object> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        runs.doing((key, firing) -> {
            runs.doing((again, further) -> {});
            seen.add(firing.cancelled());
            gate.pass();
            seen.add(firing.cancelled());
            seen.add(firing.restart(Duration.ZERO));
        });
        slots.start("key", Duration.ZERO);
        rig.until("the callback has looked", () -> !seen.isEmpty());
        assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(slots.start("key", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        gate.open();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(List.copyOf(seen)).isEqualTo(List.of(false, true, StartOutcome.FREED));
        assertThat(ContractRig.state(slots, "key")).isEqualTo(RunState.ARMED);
        assertThat(runs.count()).isOne();
    }

    @Scenario(id = "P4e", clause = "P4", says = "different keys run at the same time, as many as the map allows")
    default void differentKeysRunTogether(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.timers(runs);
        for (int i = 0; i < 4; i++) {
            slots.start("key" + i, Duration.ZERO);
        }
        runs.awaitBegun(4); // together: none has ended
        Runs<String> two = rig.runsHeldBy(gate);
        TimerSlots<String> limited = rig.timers(String.class, two, spec -> spec.concurrency(2));
        for (int i = 0; i < 4; i++) {
            limited.start("key" + i, Duration.ZERO);
        }
        two.awaitBegun(2);
        rig.settle(rig.steps(1));
        assertThat(two.count()).as("runs begun of a map with concurrency 2").isEqualTo(2);
        gate.open();
        runs.awaitEnded(4);
        two.awaitEnded(4);
    }

    @Scenario(
            id = "P8a",
            clause = "P8, R6, R8",
            says = "a displaced binding is released once, after the last run that uses it")
    default void displacedBindingIsReleased(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        Runs<String> held = rig.runsHeldBy(gate);
        slots.rebind(held, first::incrementAndGet);
        slots.start("key", Duration.ZERO);
        held.awaitBegun(1);
        Runs<String> after = rig.runs();
        slots.rebind(after, second::incrementAndGet);
        assertThat(first).as("released while a run uses it").hasValue(0);
        gate.open();
        rig.until("the first binding is released", () -> first.get() != 0);
        slots.start("key", Duration.ZERO);
        after.awaitEnded(1);
        assertThat(second).as("released while installed").hasValue(0);
        slots.rebind(runs);
        rig.until("the second binding is released", () -> second.get() != 0);
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        rig.settle(rig.steps(1));
        assertThat(first).hasValue(1);
        assertThat(second).hasValue(1);
    }

    @Scenario(id = "P8b", clause = "P8, O5", says = "closing releases the binding once, after the last run")
    default void closingReleasesTheBinding(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        AtomicInteger released = new AtomicInteger();
        AtomicInteger late = new AtomicInteger();
        TimerSlots<String> slots = rig.timers(rig.runs());
        Runs<String> held = rig.runsHeldBy(gate);
        slots.rebind(held, released::incrementAndGet);
        slots.start("key", Duration.ZERO);
        held.awaitBegun(1);
        assertThat(slots.drop(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
        assertThat(released).as("released while a run uses it").hasValue(0);
        slots.rebind(held, late::incrementAndGet);
        assertThat(late).as("never installed: released at once").hasValue(1);
        gate.open();
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        rig.until("the binding is released", () -> released.get() != 0);
        rig.settle(rig.steps(1));
        assertThat(released).hasValue(1);
        assertThat(late).hasValue(1);
    }

    @Scenario(
            id = "P8c",
            clause = "table",
            says = "an armed timer keeps its deadline and uses the binding it meets when it fires; a run keeps its own")
    default void rebound(ContractRig rig) throws Exception {
        Runs<String> old = rig.runs();
        Runs<String> fresh = rig.runs();
        Runs<String> own = rig.runs();
        TimerSlots<String> slots = rig.timers(old);
        slots.start("key", Duration.ofHours(1)); // far: a slow machine must not fire them before they are bound again
        slots.start("special", Duration.ofHours(1));
        slots.rebind(fresh);
        assertThat(slots.rebind("special", own)).isTrue();
        assertThat(slots.rebind("absent", own)).isFalse();
        for (String key : List.of("key", "special")) {
            assertThat(slots.find(key).orElseThrow().timeLeft())
                    .as("what is left of the delay of %s", key)
                    .isGreaterThan(Duration.ofMinutes(30));
        }
        long now = System.nanoTime();
        slots.touch("key", rig.steps(3));
        slots.touch("special", rig.steps(3));
        fresh.awaitEnded(1);
        own.awaitEnded(1);
        assertThat(fresh.get(0).beganNanos() - now)
                .isGreaterThanOrEqualTo(rig.steps(3).toNanos());
        rig.untilIdle(slots, "special");
        assertThat(slots.rebind("special", own))
                .as("an idle slot has a callback of its own no more")
                .isFalse();
        slots.start("special", Duration.ZERO);
        fresh.awaitEnded(2); // a slot's own callback goes with the slot
        rig.settle(rig.steps(1));
        assertThat(old.count()).isZero();
        assertThat(own.count()).isOne();
        assertThat(fresh.count()).isEqualTo(2);
    }

    @Scenario(
            id = "P12a",
            clause = "P12",
            says = "whatever a callback throws ends that run only, and the listener is told")
    default void failuresEndOneRun(ContractRig rig) throws Exception {
        List<Throwable> failures = List.of(
                new Exception("checked"),
                new IllegalStateException("unchecked"),
                new AssertionError("error"),
                new StackOverflowError(),
                new InterruptedException("interrupted"),
                new NoClassDefFoundError("linkage"));
        Queue<Throwable> told = new ConcurrentLinkedQueue<>();
        rig.listener((firing, duration, failure) -> {
            if (failure != null) {
                told.add(failure);
            }
        });
        AtomicInteger next = new AtomicInteger();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> sneak(failures.get(next.getAndIncrement())));
        TimerSlots<String> slots = rig.timers(runs);
        for (int i = 0; i < failures.size(); i++) {
            assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
            runs.awaitEnded(i + 1);
            rig.untilIdle(slots, "key");
        }
        rig.until("the listener is told", () -> told.size() == failures.size());
        assertThat(told).containsExactlyInAnyOrderElementsOf(failures); // each run has a thread of its own
        assertThat(slots.stats().failed()).isEqualTo(failures.size());
        runs.doing((key, firing) -> {});
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(failures.size() + 1);
    }

    @SuppressWarnings("unchecked") // that is the trick: nothing is cast
    private static <E extends Throwable> void sneak(Throwable failure) throws E {
        throw (E) failure;
    }

    @Scenario(
            id = "P12d",
            clause = "P12",
            says = "the interrupt flag that a callback leaves behind does not meet the next run of its thread")
    default void interruptOfOneRun(ContractRig rig) throws Exception {
        Queue<Boolean> seen = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            seen.add(Thread.currentThread().isInterrupted());
            Thread.currentThread().interrupt();
        });
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.concurrency(1));
        for (int round = 1; round <= 2; round++) {
            rig.crew().hold(); // then the thread of one run takes up the next
            for (int i = 0; i < 10; i++) {
                slots.start("key" + i, Duration.ZERO);
            }
            rig.crew().awaitHeld(1, rig.patience().toNanos());
            rig.crew().release();
            runs.awaitEnded(10 * round);
            rig.crew().runInCaller();
        }
        assertThat(seen).hasSize(20).containsOnly(false);
        assertThat(Thread.interrupted()).as("this thread is interrupted").isFalse();
    }

    @Scenario(id = "P12b", clause = "P12, P7", says = "a listener that throws changes nothing")
    default void listenerThatThrows(ContractRig rig) throws Exception {
        AtomicInteger told = new AtomicInteger();
        rig.listener((firing, duration, failure) -> {
            told.incrementAndGet();
            throw new AssertionError("the kit's listener throws");
        });
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        for (int i = 0; i < 3; i++) {
            slots.start("key" + i, Duration.ZERO);
        }
        runs.awaitEnded(3);
        rig.until("the listener was told of three runs", () -> told.get() == 3);
    }

    @Scenario(id = "P12c", clause = "table", says = "a firing tells map, key, backend, times, and stays readable")
    default void firingTells(ContractRig rig) throws Exception {
        AtomicReference<@Nullable SlotFiring> kept = new AtomicReference<>();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> kept.set(firing));
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        slots.start("key", rig.steps(1));
        runs.awaitEnded(1);
        rig.until("the callback has kept its firing", () -> kept.get() != null);
        SlotFiring firing = java.util.Objects.requireNonNull(kept.get());
        assertThat(firing.map()).isEqualTo(slots.name());
        assertThat(firing.key()).isEqualTo("key");
        assertThat(firing.backend()).isEqualTo(slots.backend());
        assertThat(firing.attempt()).isOne();
        assertThat(firing.generation())
                .isEqualTo(slots.find("key").orElseThrow().generation());
        assertThat(firing.firedAt()).isAfterOrEqualTo(firing.deadline());
        assertThat(Duration.between(firing.deadline(), firing.firedAt()).minus(firing.lateness()))
                .isBetween(Duration.ofMillis(-1), Duration.ofMillis(1));
    }
}

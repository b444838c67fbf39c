package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** That no operation but the awaiting ones ever waits, wherever it is called from. */
interface FreedomScenarios {

    @Scenario(
            id = "P7a",
            clause = "P7, O4, I17",
            says = "no operation waits for a callback, though that waits for a lock which the caller holds")
    default void underTheUsersLock(ContractRig rig) throws Exception {
        ReentrantLock lock = new ReentrantLock();
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (lock.tryLock(rig.patience().toNanos(), TimeUnit.NANOSECONDS)) {
                lock.unlock();
            }
        });
        TimerSlots<String> timers = rig.timers(String.class, runs, spec -> spec.delay(Duration.ofHours(1)));
        Runs<String> submitted = rig.<String>runs().doing((key, firing) -> {
            if (lock.tryLock(rig.patience().toNanos(), TimeUnit.NANOSECONDS)) {
                lock.unlock();
            }
        });
        WorkSlots<String> works = rig.works(submitted);
        Strand caller = rig.strand("operations under a lock that the callbacks wait for", () -> {
            lock.lock();
            try {
                timers.start("key", Duration.ZERO);
                works.submit("key");
                runs.awaitBegun(1);
                submitted.awaitBegun(1);
                int begun = runs.count();
                timers.start("key");
                timers.touch("key");
                timers.cancel("key");
                timers.find("key");
                timers.scan(10, null, slot -> {});
                timers.stats();
                timers.rebind(runs);
                timers.rebind("key", runs);
                timers.startAll(List.of("key", "other"), Duration.ofHours(1));
                works.submit("key");
                works.cancel("key");
                assertThat(works.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                assertThat(works.submit("key")).isEqualTo(SubmitOutcome.SUBMITTED);
                assertThat(timers.delete("key")).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                assertThat(timers.start("key")).isEqualTo(StartOutcome.STARTED);
                assertThat(timers.drop(Duration.ZERO)).isEqualTo(CloseOutcome.TIMED_OUT);
                assertThat(runs.ended()).as("runs ended meanwhile").isZero();
                assertThat(runs.count()).isEqualTo(begun);
            } finally {
                lock.unlock();
            }
        });
        caller.join();
        assertThat(timers.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        submitted.awaitEnded(2);
    }

    @Scenario(id = "P7b", clause = "P7, C14, C31", says = "a callback may do anything to its own slot, in any order")
    default void fromTheOwnCallback(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicInteger wrong = new AtomicInteger();
        runs.doing((key, firing) -> {
            runs.doing((again, further) -> {});
            try {
                assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(slots.cancel(key)).isEqualTo(io.asyncslot.CancelOutcome.CANCELLED);
                assertThat(firing.restart(Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(firing.restart(Duration.ofHours(2))).isEqualTo(StartOutcome.REARMED);
                assertThat(slots.delete(key)).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                assertThat(firing.restart(Duration.ZERO)).isEqualTo(StartOutcome.FREED);
                assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
                assertThat(slots.start(key, rig.steps(1))).isEqualTo(StartOutcome.REARMED);
            } catch (AssertionError e) {
                wrong.incrementAndGet();
                rig.violated("in the callback: " + e.getMessage());
            }
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(2);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(2);
        assertThat(wrong).hasValue(0);
    }

    @Scenario(id = "P7c", clause = "P7, C23", says = "a listener may operate on the slot that has just run")
    default void fromTheListener(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        AtomicInteger left = new AtomicInteger(10);
        rig.listener((firing, duration, failure) -> {
            if (firing.map().equals(slots.name()) && left.getAndDecrement() > 0) {
                slots.start("key", Duration.ofHours(1));
                slots.cancel("key");
                if (slots.start("key", Duration.ZERO) != StartOutcome.STARTED) {
                    rig.violated("the slot is not idle when the listener is told of its run");
                }
            }
        });
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(11);
        rig.untilIdle(slots, "key");
    }

    @Scenario(id = "P7d", clause = "P7, C21, C28", says = "deletes do not wait for runs, however many there are")
    default void deletesDoNotWait(ContractRig rig) throws Exception {
        for (int round = 0; round < 3; round++) {
            Gate gate = rig.gate();
            Runs<String> runs = rig.runsHeldBy(gate);
            TimerSlots<String> slots = rig.timers(runs);
            for (int i = 0; i < 8; i++) {
                slots.start("key" + i, Duration.ofNanos(100_000));
            }
            runs.awaitBegun(8);
            rig.strand("deletes while the callbacks run", () -> {
                        for (int i = 0; i < 8; i++) {
                            assertThat(slots.delete("key" + i)).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                        }
                    })
                    .join();
            assertThat(runs.ended())
                    .as("runs ended before the deletes returned")
                    .isZero();
            assertThat(slots.stats().slots()).isZero();
            gate.open();
            runs.awaitEnded(8);
            rig.settle(rig.steps(0.5));
            assertThat(runs.count()).isEqualTo(8);
        }
    }

    @Scenario(
            id = "P7e",
            clause = "P7",
            says = "one map's callbacks that do not end hold up neither other slots nor other maps")
    default void heldCallbacksHoldUpNobody(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> held = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.timers(held);
        for (int i = 0; i < 6; i++) {
            slots.start("key" + i, Duration.ZERO);
        }
        held.awaitBegun(6);
        Runs<String> free = rig.runs();
        TimerSlots<String> others = rig.timers(free);
        for (int i = 0; i < 20; i++) {
            others.start("key" + i, rig.steps(0.1));
        }
        free.awaitEnded(20);
        assertThat(held.ended()).isZero();
        gate.open();
        held.awaitEnded(6);
    }
}

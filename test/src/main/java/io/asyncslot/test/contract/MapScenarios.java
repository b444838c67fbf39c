package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Keys, limits, views and lifecycle of maps. */
interface MapScenarios {

    @Scenario(
            id = "M1",
            clause = "keys",
            says = "keys of type String, Long, Integer and UUID are told apart and handed back")
    default void keyTypes(ContractRig rig) throws Exception {
        keys(rig, String.class, List.of("", "a", "A", "ä\u20ac\ud83d\ude00", "with space", "a\u0000b", "a".repeat(30)));
        keys(rig, Long.class, List.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32));
        keys(rig, Integer.class, List.of(0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE));
        keys(rig, UUID.class, List.of(new UUID(0, 0), new UUID(0, 1), new UUID(1, 0), new UUID(-1, -1)));
    }

    private static <K> void keys(ContractRig rig, Class<K> type, List<K> keys) throws Exception {
        Runs<K> runs = rig.runs();
        TimerSlots<K> slots = rig.timers(type, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        for (K key : keys) {
            assertThat(slots.start(key, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        }
        for (K key : keys) {
            SlotSnapshot snapshot = slots.find(key).orElseThrow();
            assertThat(snapshot.key()).isEqualTo(key);
            assertThat(slots.findByText(key.toString()).map(SlotSnapshot::key)).contains(key);
        }
        for (K key : keys) {
            assertThat(slots.start(key, Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        }
        runs.awaitEnded(keys.size());
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrderElementsOf(keys);
        for (K key : keys) {
            rig.untilIdle(slots, key);
            assertThat(slots.delete(key)).isEqualTo(DeleteOutcome.DELETED);
        }
        assertThat(slots.stats().slots()).isZero();
    }

    @Scenario(
            id = "M2",
            clause = "P11, C17",
            says = "keys with one hash and hostile texts cannot harm each other's slots")
    default void collidingKeys(ContractRig rig) throws Exception {
        List<String> keys = new ArrayList<>(List.of(""));
        for (int i = 0; i < 5; i++) { // "Aa" and "BB" have the same hash code, and so has whatever they make up
            List<String> longer = new ArrayList<>();
            for (String key : keys) {
                longer.add(key + "Aa");
                longer.add(key + "BB");
            }
            keys = longer;
        }
        assertThat(keys.stream().map(String::hashCode).distinct()).hasSize(1);
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        for (String key : keys) {
            slots.start(key, Duration.ofHours(1));
        }
        for (int i = 0; i < keys.size(); i += 2) {
            assertThat(slots.delete(keys.get(i))).isEqualTo(DeleteOutcome.DELETED_ARMED);
        }
        for (int i = 1; i < keys.size(); i += 2) {
            assertThat(slots.start(keys.get(i), Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        }
        runs.awaitEnded(keys.size() / 2);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(keys.size() / 2);
    }

    @Scenario(
            id = "M3",
            clause = "bad input",
            says = "a key that is too long, null or of another type is refused, and nothing changes")
    default void badKeys(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(String.class, rig.runs(), spec -> spec.delay(Duration.ofHours(1)));
        WorkSlots<String> works = rig.works(rig.runs());
        String tooLong = "x".repeat(5_000);
        refused(() -> slots.start(tooLong));
        refused(() -> slots.start(tooLong, Duration.ZERO));
        refused(() -> slots.startAt(tooLong, Instant.now()));
        refused(() -> slots.startAll(List.of("fine", tooLong), Duration.ZERO));
        refused(() -> works.submit(tooLong));
        refused(() -> slots.start("key", Duration.ofNanos(-1)));
        refused(() -> slots.touch("key", Duration.ofNanos(-1)));
        refused(() -> slots.cancelAndAwait("key", Duration.ofNanos(-1)));
        refused(() -> slots.drop(Duration.ofNanos(-1)));
        @SuppressWarnings({"unchecked", "rawtypes"}) // what a caller without generics does
        TimerSlots<Object> raw = (TimerSlots) slots;
        refused(() -> raw.start(42L, Duration.ZERO));
        assertThat(slots.isClosed()).isFalse();
        assertThat(slots.stats().slots()).isZero();
        assertThat(works.stats().slots()).isZero();
        assertThat(slots.stats().started()).isZero();
    }

    private static void refused(Action action) {
        assertThatThrownBy(action::run).isInstanceOf(IllegalArgumentException.class);
    }

    @Scenario(
            id = "M4",
            clause = "table, C02",
            says = "a full map rejects a further key and nothing changes; a delete makes room")
    default void capacity(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.maxEntries(3));
        for (int i = 0; i < 3; i++) {
            assertThat(slots.start("key" + i, Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        }
        assertThat(slots.start("more", Duration.ZERO)).isEqualTo(StartOutcome.REJECTED);
        assertThat(slots.find("more")).isEmpty();
        assertThat(slots.stats().rejected()).isOne();
        assertThat(slots.start("key0", Duration.ofHours(2))).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.delete("key1")).isEqualTo(DeleteOutcome.DELETED_ARMED);
        assertThat(slots.start("more", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("again", Duration.ZERO)).isEqualTo(StartOutcome.REJECTED);
        assertThat(slots.start("more", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(1);
        assertThat(runs.get(0).key()).isEqualTo("more");
    }

    @Scenario(
            id = "M5",
            clause = "P9, views",
            says = "a snapshot shows the slot as it is: READY and one reference at rest, BUSY while it runs")
    default void snapshot(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.whenIdle(WhenIdle.KEEP));
        assertThat(slots.find("key")).isEmpty();
        assertThat(slots.stats().slots()).as("slots after a look").isZero();
        slots.start("key", Duration.ofHours(1));
        rig.until("one reference", () -> slots.find("key").orElseThrow().references() == 1);
        SlotSnapshot armed = slots.find("key").orElseThrow();
        assertThat(armed.map()).isEqualTo(slots.name());
        assertThat(armed.type()).isEqualTo(SlotType.TIMER).isEqualTo(slots.type());
        assertThat(armed.backend()).isEqualTo(slots.backend());
        assertThat(armed.state()).isEqualTo(SlotState.READY);
        assertThat(armed.runState()).isEqualTo(RunState.ARMED);
        assertThat(armed.timeLeft()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
        assertThat(armed.deadline()).isBetween(Instant.now(), Instant.now().plusSeconds(3_601));
        slots.start("key", Duration.ZERO);
        runs.awaitBegun(1);
        SlotSnapshot running = slots.find("key").orElseThrow();
        assertThat(running.state()).isEqualTo(SlotState.BUSY);
        assertThat(running.runState()).isEqualTo(RunState.RUNNING);
        assertThat(running.deadline()).isNull();
        assertThat(running.timeLeft()).isNull();
        assertThat(running.generation()).isGreaterThan(armed.generation());
        gate.open();
        rig.untilIdle(slots, "key");
        rig.until("one reference", () -> slots.find("key").orElseThrow().references() == 1);
        assertThat(slots.find("key").orElseThrow().state()).isEqualTo(SlotState.READY);
    }

    @Scenario(
            id = "M6",
            clause = "views",
            says = "a scan shows each live slot once, as many as asked, and those that the filter wants")
    default void scan(ContractRig rig) throws Exception {
        TimerSlots<String> slots = rig.timers(String.class, rig.runs(), spec -> spec.whenIdle(WhenIdle.KEEP));
        for (int i = 0; i < 20; i++) {
            slots.start("key" + i, Duration.ofHours(1));
        }
        for (int i = 0; i < 5; i++) {
            slots.delete("key" + i);
            slots.cancel("key" + (5 + i));
        }
        List<Object> seen = new ArrayList<>();
        assertThat(slots.scan(100, null, slot -> seen.add(slot.key()))).isEqualTo(15);
        assertThat(seen).hasSize(15).doesNotHaveDuplicates();
        assertThat(slots.scan(4, null, slot -> {})).isEqualTo(4);
        assertThat(slots.scan(100, slot -> slot.runState() == RunState.IDLE, slot -> {}))
                .isEqualTo(5);
        assertThat(slots.stats().slots()).isEqualTo(15);
        assertThat(slots.stats().armed()).isEqualTo(10);
    }

    @Scenario(id = "M7", clause = "views", says = "a slot with history remembers what happened to it, in order")
    default void history(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots =
                rig.timers(String.class, runs, spec -> spec.historySize(8).whenIdle(WhenIdle.KEEP));
        slots.start("key", Duration.ofHours(1));
        slots.start("key", Duration.ofHours(2));
        slots.touch("key", Duration.ofHours(1));
        slots.cancel("key");
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        SlotSnapshot seen = slots.find("key").orElseThrow();
        assertThat(seen.history())
                .extracting(SlotEvent::kind)
                .containsExactly(
                        SlotEvent.Kind.STARTED,
                        SlotEvent.Kind.REARMED,
                        SlotEvent.Kind.MOVED,
                        SlotEvent.Kind.CANCELLED,
                        SlotEvent.Kind.STARTED,
                        SlotEvent.Kind.FIRED,
                        SlotEvent.Kind.COMPLETED);
        assertThat(seen.lastFiring()).isNotNull();
    }

    @Scenario(
            id = "M8",
            clause = "closing",
            says = "a closed map's name can be registered again, and what was armed never fires")
    default void nameAgain(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        slots.start("key", rig.steps(2));
        assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        int before = runs.count();
        assertThat(before).isLessThanOrEqualTo(1);
        Runs<String> fresh = rig.runs();
        TimerSlots<String> again = rig.registry()
                .register(TimerMapSpec.named(slots.name(), String.class)
                        .callback(fresh)
                        .build());
        assertThat(again.find("key")).isEmpty();
        again.start("key", Duration.ZERO);
        fresh.awaitEnded(1);
        rig.settle(rig.steps(3));
        assertThat(runs.count()).isEqualTo(before);
        assertThat(fresh.count()).isOne();
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.CLOSED);
        assertThat(again.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
    }

    @Scenario(
            id = "M9",
            clause = "P2",
            says = "a stopped registry begins no run, keeps its slots, and runs them when started again")
    default void stopAndStart(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(runs);
        WorkSlots<String> works = rig.works(runs);
        slots.start("before", Duration.ofHours(1));
        AsyncSlotRegistry registry = rig.registry();
        assertThat(registry.stop(rig.patience())).isTrue();
        assertThat(slots.start("before", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.start("meanwhile", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        assertThat(works.submit("work")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(runs.count()).isZero();
        Thread.sleep(rig.steps(1).toMillis()); // nothing announces that nothing happens
        assertThat(runs.count()).as("runs while stopped").isZero();
        registry.start();
        runs.awaitEnded(3);
        rig.settle(rig.steps(1));
        assertThat(runs.list()).extracting(Runs.Run::key).containsExactlyInAnyOrder("before", "meanwhile", "work");
    }

    @Scenario(id = "M10", clause = "C19", says = "the same key in two maps is two slots")
    default void twoMaps(ContractRig rig) throws Exception {
        Runs<String> firstRuns = rig.runs();
        Runs<String> secondRuns = rig.runs();
        TimerSlots<String> first = rig.timers(firstRuns);
        TimerSlots<String> second = rig.timers(secondRuns);
        first.start("key", Duration.ofHours(1));
        assertThat(second.find("key")).isEmpty();
        assertThat(second.touch("key", Duration.ZERO)).isEqualTo(TouchOutcome.ABSENT);
        assertThat(second.cancel("key")).isEqualTo(CancelOutcome.ABSENT);
        assertThat(second.start("key", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        secondRuns.awaitEnded(1);
        assertThat(second.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
        assertThat(ContractRig.state(first, "key")).isEqualTo(RunState.ARMED);
        first.start("key", Duration.ZERO);
        firstRuns.awaitEnded(1);
    }

    @Scenario(id = "M11", clause = "P2", says = "a batch arms each of its keys, and counts its outcomes")
    default void batch(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots = rig.timers(String.class, runs, spec -> spec.maxEntries(40));
        slots.start("key0", Duration.ofHours(1));
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            keys.add("key" + i);
        }
        var summary = slots.startAll(keys, rig.steps(1));
        assertThat(summary.rearmed()).isOne();
        assertThat(summary.started() + summary.rearmed() + summary.rejected()).isEqualTo(50);
        assertThat(summary.rejected()).isEqualTo(10);
        runs.awaitEnded(40);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isEqualTo(40);
    }

    @Scenario(id = "M12", clause = "views", says = "an event of a history has the same time at each look")
    default void timesOfEvents(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        TimerSlots<String> slots =
                rig.timers(String.class, runs, spec -> spec.historySize(8).whenIdle(WhenIdle.KEEP));
        slots.start("key", Duration.ofHours(1));
        List<Instant> armed = times(slots);
        for (int i = 0; i < 200; i++) {
            assertThat(times(slots)).isEqualTo(armed);
        }
        slots.touch("key", Duration.ofHours(2));
        slots.cancel("key");
        List<Instant> cancelled = times(slots);
        assertThat(cancelled).hasSize(3).startsWith(armed.get(0));
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        assertThat(times(slots)).startsWith(cancelled.toArray(Instant[]::new));
    }

    private static List<Instant> times(TimerSlots<String> slots) {
        return slots.find("key").orElseThrow().history().stream()
                .map(SlotEvent::time)
                .toList();
    }
}

package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WhenIdle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** That each accepted value is handed to exactly one firing, or goes with what says so. */
interface ValueScenarios {

    /** Long enough that nothing falls due while a scenario looks. */
    Duration FAR = Duration.ofHours(1);

    @Scenario(
            id = "V1",
            clause = "values, merge LAST",
            says = "a firing is handed the latest value of those accepted before it, and the next firing none of them")
    default void lastValue(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.last(String.class), runs);
        assertThat(slots.values().merge()).isEqualTo(Merge.LAST);
        assertThat(slots.start("key", FAR, "one")).isEqualTo(StartOutcome.STARTED);
        assertThat(slots.start("key", FAR, "two")).isEqualTo(StartOutcome.REARMED);
        assertThat(slots.startAt("key", Instant.now().plusSeconds(3_600), "three"))
                .isEqualTo(StartOutcome.REARMED);
        assertThat(value(slots)).isEqualTo("three");
        long generation = find(slots).generation();
        assertThat(slots.start("key", rig.steps(1), "four")).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(2);
        assertThat(values(runs)).containsExactly("four", null);
        assertThat(runs.get(0).generation()).isGreaterThan(generation);
    }

    @Scenario(
            id = "V2",
            clause = "values, merge FIRST",
            says =
                    "a firing is handed the first value accepted since the former firing; a later start moves its deadline")
    default void firstValue(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.first(String.class), runs);
        slots.start("key", FAR, "one");
        slots.start("key", Duration.ZERO, "two");
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        slots.start("key", Duration.ZERO, "three");
        runs.awaitEnded(2);
        assertThat(values(runs)).containsExactly("one", "three");
    }

    @Scenario(
            id = "V3",
            clause = "values, merge COLLECT",
            says = "a firing is handed all values in the order of acceptance, as a list that nobody can change")
    default void collectedValues(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots = rig.timers(SlotValues.collect(Integer.class), runs);
        List<Integer> numbers = IntStream.range(0, 1_000).boxed().toList();
        for (int number : numbers) {
            slots.start("key", number == 999 ? Duration.ZERO : FAR, number);
        }
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(2);
        assertThat(runs.get(0).value()).isEqualTo(numbers);
        assertThat(runs.get(1).value()).isEqualTo(List.of());
        List<?> handed = Objects.requireNonNull((List<?>) runs.get(0).value());
        assertThatThrownBy(handed::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    @Scenario(
            id = "V4",
            clause = "values, merge by a function",
            says =
                    "a function makes one value of two; one that throws or answers null changes nothing and tells the caller")
    default void mergedValues(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, Integer> slots = rig.timers(
                SlotValues.merging(Integer.class, (pending, added) -> {
                    if (added == 13) {
                        throw new IllegalStateException("the kit's function fails");
                    }
                    if (added == 0) {
                        return noInteger();
                    }
                    return pending * 10 + added;
                }),
                runs);
        slots.start("key", FAR, 1);
        slots.start("key", FAR, 2);
        SlotSnapshot before = find(slots);
        assertThatIllegalStateException()
                .isThrownBy(() -> slots.start("key", Duration.ZERO, 13))
                .withMessageContaining("the kit's function fails");
        assertThatIllegalStateException().isThrownBy(() -> slots.start("key", Duration.ZERO, 0));
        assertThat(find(slots).generation()).isEqualTo(before.generation());
        assertThat(value(slots)).isEqualTo(12);
        rig.settle(rig.steps(1));
        assertThat(runs.count()).isZero();
        slots.start("key", Duration.ZERO, 3);
        runs.awaitEnded(1);
        assertThat(values(runs)).containsExactly(123);
    }

    @SuppressWarnings("NullAway") // as a user's function may
    private static Integer noInteger() {
        return null;
    }

    @Scenario(id = "V5", clause = "values", says = "what is accepted while the callback runs belongs to the next run")
    default void valuesDuringTheRun(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        ValueTimerSlots<String, String> timers = rig.timers(SlotValues.collect(String.class), runs);
        ValueWorkSlots<String, String> works = rig.works(SlotValues.collect(String.class), runs);
        timers.start("timer", Duration.ZERO, "one");
        works.submit("work", "one");
        runs.awaitBegun(2);
        assertThat(timers.start("timer", Duration.ZERO, "two")).isEqualTo(StartOutcome.STARTED);
        assertThat(timers.start("timer", Duration.ZERO, "three")).isEqualTo(StartOutcome.REARMED);
        assertThat(works.submit("work", "two")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(works.submit("work", "three")).isEqualTo(SubmitOutcome.COALESCED);
        gate.open();
        runs.awaitEnded(4);
        for (String key : List.of("timer", "work")) {
            assertThat(runs.list())
                    .filteredOn(run -> run.key().equals(key))
                    .extracting(Runs.Run::value)
                    .containsExactly(List.of("one"), List.of("two", "three"));
        }
    }

    @Scenario(
            id = "V6",
            clause = "values",
            says = "a value goes with the cancel or the delete that takes its run away; no later firing is handed it")
    default void valuesCancelledAndDeleted(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        for (WhenIdle whenIdle : WhenIdle.values()) {
            ValueTimerSlots<String, String> slots =
                    rig.timers(SlotValues.collect(String.class), runs, spec -> spec.whenIdle(whenIdle));
            int before = runs.count();
            slots.start("key", FAR, "cancelled");
            assertThat(slots.cancel("key")).isEqualTo(CancelOutcome.CANCELLED);
            slots.start("key", FAR, "deleted");
            assertThat(slots.delete("key")).isEqualTo(DeleteOutcome.DELETED_ARMED);
            slots.start("key", Duration.ZERO, "kept");
            runs.awaitEnded(before + 1);
            rig.untilIdle(slots, "key");
            assertThat(runs.get(before).value()).isEqualTo(List.of("kept"));
        }
    }

    @Scenario(
            id = "V7",
            clause = "values, take",
            says =
                    "a take hands out what is pending and frees the slot, whose run never begins; else it changes nothing")
    default void valuesTaken(ContractRig rig) throws Exception {
        Gate gate = rig.gate();
        Runs<String> runs = rig.runsHeldBy(gate);
        for (WhenIdle whenIdle : WhenIdle.values()) {
            ValueTimerSlots<String, String> slots =
                    rig.timers(SlotValues.last(String.class), runs, spec -> spec.whenIdle(whenIdle));
            assertThat(slots.take("key")).isEmpty();
            slots.start("key", FAR, "taken");
            assertThat(slots.take("key")).contains("taken");
            assertThat(slots.find("key")).isEmpty();
            assertThat(slots.take("key")).isEmpty();
            slots.start("key", FAR, "also taken");
            assertThat(slots.takeAll("key")).containsExactly("also taken");
            slots.start("key", FAR);
            assertThat(slots.take("key")).isEmpty();
            assertThat(slots.find("key")).isEmpty();
            assertThat(slots.stats().cancelled()).isEqualTo(3);
            Runs<String> near = rig.runs();
            ValueTimerSlots<String, String> soon =
                    rig.timers(SlotValues.last(String.class), near, spec -> spec.whenIdle(whenIdle));
            soon.start("key", rig.steps(1), "near");
            int taken = soon.take("key").isPresent() ? 1 : 0; // a machine that is busy may run it first
            rig.settle(rig.steps(2));
            near.awaitEnded(1 - taken);
            assertThat(near.count()).as("a value is taken or handed to a run").isEqualTo(1 - taken);
        }
        assertThat(runs.count()).isZero();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.last(String.class), runs);
        slots.start("key", Duration.ZERO, "handed");
        runs.awaitBegun(1);
        assertThat(slots.take("key")).isEmpty();
        slots.start("key", Duration.ZERO, "pending");
        assertThat(slots.take("key")).contains("pending");
        assertThat(find(slots).runState()).isEqualTo(RunState.RUNNING);
        gate.open();
        runs.awaitEnded(1);
        rig.settle(rig.steps(1));
        assertThat(values(runs)).containsExactly("handed");
    }

    @Scenario(
            id = "V8",
            clause = "values, retry",
            says = "all attempts of a firing are handed the same value, and a take between two of them hands it out")
    default void valuesRetried(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.attempt() < 3) {
                firing.retry(key.equals("taken") ? FAR : rig.steps(1));
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.collect(String.class), runs);
        slots.start("key", FAR, "one");
        slots.start("key", Duration.ZERO, "two");
        runs.awaitEnded(3);
        assertThat(runs.list()).extracting(Runs.Run::attempt).containsExactly(1, 2, 3);
        assertThat(values(runs)).containsOnly(List.of("one", "two"));
        slots.start("taken", Duration.ZERO, "three");
        runs.awaitEnded(4);
        rig.untilState(slots, "taken", RunState.ARMED);
        assertThat(slots.find("taken").map(SlotSnapshot::value)).contains(List.of("three"));
        assertThat(slots.takeAll("taken")).containsExactly("three");
        rig.settle(rig.steps(2));
        assertThat(runs.count()).isEqualTo(4);
    }

    @Scenario(
            id = "V9",
            clause = "values, retry",
            says =
                    "a value accepted before the next attempt makes it another firing, which is handed both; none is lost")
    default void valuesBetweenAttempts(ContractRig rig) throws Exception {
        Runs<String> runs = rig.<String>runs().doing((key, firing) -> {
            if (firing.value() instanceof List<?> values && values.size() < 2) {
                firing.retry(FAR);
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        ValueTimerSlots<String, String> timers = rig.timers(SlotValues.collect(String.class), runs);
        timers.start("timer", Duration.ZERO, "one");
        runs.awaitEnded(1);
        rig.untilState(timers, "timer", RunState.ARMED);
        assertThat(timers.start("timer", Duration.ZERO, "two")).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(2);
        ValueWorkSlots<String, String> works = rig.works(SlotValues.collect(String.class), runs);
        works.submit("work", "one");
        runs.awaitEnded(3);
        rig.untilState(works, "work", RunState.ARMED);
        long generation = find(works, "work").generation();
        assertThat(works.submit("work", "two")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(find(works, "work").generation()).isGreaterThan(generation);
        assertThat(find(works, "work").timeLeft())
                .as("the pause of the retry holds")
                .isGreaterThan(rig.steps(2));
        assertThat(works.takeAll("work")).containsExactly("one", "two");
        assertThat(values(runs)).containsExactly(List.of("one"), List.of("one", "two"), List.of("one"));
        assertThat(runs.get(1).attempt()).isOne();
        assertThat(runs.get(1).generation()).isGreaterThan(runs.get(0).generation());
    }

    @Scenario(
            id = "V10",
            clause = "values, retry",
            says = "a firing that something else supersedes passes its values on to it, as those accepted first")
    default void valuesSuperseded(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.collect(String.class), runs);
        ValueTimerSlots<String, String> last = rig.timers(SlotValues.last(String.class), runs);
        runs.doing((key, firing) -> {
            if (runs.count(key) == 1) {
                if (key.equals("collected")) {
                    slots.start(key, Duration.ZERO, "two");
                } else {
                    last.start(key, Duration.ZERO, "two");
                }
                outcomes.add(firing.retry(Duration.ZERO));
                outcomes.add(firing.retry(Duration.ZERO));
                throw new IllegalStateException("the kit's callback fails");
            }
        });
        slots.start("collected", Duration.ZERO, "one");
        last.start("last", Duration.ZERO, "one");
        runs.awaitEnded(4);
        assertThat(outcomes).hasSize(4).containsOnly(RetryOutcome.SUPERSEDED);
        assertThat(runs.last("collected").value()).isEqualTo(List.of("one", "two"));
        assertThat(runs.last("last").value()).isEqualTo("two");
    }

    @Scenario(
            id = "V10b",
            clause = "values, retry, cancel",
            says =
                    "a firing that a start after a cancel supersedes passes its values on; values that the cancel took are gone")
    default void valuesSupersededAfterACancel(ContractRig rig) throws Exception {
        Queue<RetryOutcome> outcomes = new ConcurrentLinkedQueue<>();
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.collect(String.class), runs);
        ValueTimerSlots<String, String> merged =
                rig.timers(SlotValues.merging(String.class, (first, second) -> first + second), runs);
        runs.doing((key, firing) -> {
            if (runs.count(key) == 1) {
                ValueTimerSlots<String, String> map = key.equals("collected") ? slots : merged;
                map.start(key, Duration.ZERO, "two");
                map.cancel(key);
                map.start(key, Duration.ZERO, "three");
                outcomes.add(firing.retry(Duration.ZERO));
                outcomes.add(firing.retry(Duration.ZERO));
            }
        });
        slots.start("collected", Duration.ZERO, "one");
        merged.start("merged", Duration.ZERO, "one");
        runs.awaitEnded(4);
        assertThat(outcomes).hasSize(4).containsOnly(RetryOutcome.SUPERSEDED);
        assertThat(runs.last("collected").value()).isEqualTo(List.of("one", "three"));
        assertThat(runs.last("merged").value()).isEqualTo("onethree");
    }

    @Scenario(
            id = "V11",
            clause = "values, pause, stop",
            says =
                    "values wait with their slot, through a pause and through a stop of the registry, and gather meanwhile")
    default void valuesPausedAndStopped(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueWorkSlots<String, String> slots = rig.works(SlotValues.collect(String.class), runs);
        slots.pause();
        assertThat(slots.submit("key", "one")).isEqualTo(SubmitOutcome.SUBMITTED);
        rig.settle(rig.steps(1));
        assertThat(slots.submit("key", "two")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(rig.registry().stop(rig.patience())).isTrue();
        slots.resume();
        assertThat(slots.submit("key", "three")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(runs.count()).isZero();
        rig.registry().start();
        runs.awaitEnded(1);
        assertThat(values(runs)).containsExactly(List.of("one", "two", "three"));
    }

    @Scenario(
            id = "V12",
            clause = "values, bounds",
            says = "a value beyond the bound is rejected and changes nothing; the next run makes room")
    default void valuesBounded(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        SlotValues<String> two = SlotValues.collect(String.class).maxValues(2);
        ValueTimerSlots<String, String> slots = rig.timers(two, runs);
        slots.start("key", FAR, "one");
        slots.start("key", FAR, "two");
        SlotSnapshot before = find(slots);
        assertThat(slots.start("key", Duration.ZERO, "three")).isEqualTo(StartOutcome.REJECTED);
        assertThat(find(slots).generation()).isEqualTo(before.generation());
        assertThat(find(slots).timeLeft()).isGreaterThan(Duration.ofMinutes(30));
        assertThat(value(slots)).isEqualTo(List.of("one", "two"));
        assertThat(slots.stats().rejected()).isOne();
        assertThat(slots.start("key", Duration.ZERO)).isEqualTo(StartOutcome.REARMED);
        runs.awaitEnded(1);
        rig.untilIdle(slots, "key");
        assertThat(slots.start("key", Duration.ZERO, "four")).isEqualTo(StartOutcome.STARTED);
        runs.awaitEnded(2);
        ValueWorkSlots<String, String> works = rig.works(two, runs);
        works.pause();
        works.submit("key", "five");
        works.submit("key", "six");
        assertThat(works.submit("key", "seven")).isEqualTo(SubmitOutcome.REJECTED);
        works.resume();
        runs.awaitEnded(3);
        assertThat(values(runs)).containsExactly(List.of("one", "two"), List.of("four"), List.of("five", "six"));
    }

    @Scenario(
            id = "V13",
            clause = "values",
            says = "a touch, and a start or submit without a value, leave what is pending as it is")
    default void startsWithoutValue(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.last(String.class), runs);
        slots.start("key", FAR, "one");
        assertThat(slots.touch("key", FAR)).isEqualTo(TouchOutcome.MOVED);
        assertThat(slots.start("key", FAR)).isEqualTo(StartOutcome.REARMED);
        assertThat(value(slots)).isEqualTo("one");
        slots.start("key", Duration.ZERO);
        runs.awaitEnded(1);
        ValueWorkSlots<String, String> works = rig.works(SlotValues.last(String.class), runs);
        works.pause();
        works.submit("key");
        assertThat(value(works)).isNull();
        works.submit("key", "two");
        works.submit("key");
        works.resume();
        runs.awaitEnded(2);
        assertThat(values(runs)).containsExactly("one", "two");
    }

    @Scenario(
            id = "V14",
            clause = "values, misuse",
            says =
                    "a value that is null or of another type, and a take of one value from a map that collects them, change nothing")
    @SuppressWarnings({"unchecked", "NullAway"}) // what a caller without types may do
    default void valuesMisused(ContractRig rig) throws Exception {
        Runs<String> runs = rig.runs();
        ValueTimerSlots<String, String> slots = rig.timers(SlotValues.collect(String.class), runs);
        ValueTimerSlots<String, Object> untyped = (ValueTimerSlots<String, Object>) (Object) slots;
        slots.start("key", FAR, "one");
        SlotSnapshot before = find(slots);
        assertThatIllegalArgumentException().isThrownBy(() -> untyped.start("key", FAR, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> slots.start("key", FAR, null));
        assertThatIllegalStateException().isThrownBy(() -> slots.take("key")).withMessageContaining("takeAll");
        assertThat(find(slots).generation()).isEqualTo(before.generation());
        assertThat(value(slots)).isEqualTo(List.of("one"));
        AtomicBoolean done = new AtomicBoolean();
        runs.doing((key, firing) -> done.set(true));
        assertThatIllegalArgumentException().isThrownBy(() -> untyped.start("absent", Duration.ZERO, 2));
        assertThat(slots.find("absent")).isEmpty();
        slots.delete("key");
        rig.settle(rig.steps(1));
        assertThat(done).isFalse();
    }

    private static List<@Nullable Object> values(Runs<String> runs) {
        List<@Nullable Object> values = new ArrayList<>();
        runs.list().forEach(run -> values.add(run.value()));
        return values;
    }

    private static @Nullable Object value(ValueSlots<String, ?> slots) {
        return find(slots).value();
    }

    private static SlotSnapshot find(ValueSlots<String, ?> slots) {
        return find(slots, "key");
    }

    private static SlotSnapshot find(ValueSlots<String, ?> slots, String key) {
        return slots.find(key).orElseThrow();
    }
}

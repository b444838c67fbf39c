package io.asyncslot.simulation;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.ValueSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.simulation.Coverage.Operation;
import io.asyncslot.simulation.Coverage.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What users call, on maps and through scopes; each outcome is the model's. */
final class Operations {

    private final Stage stage;

    Operations(Stage stage) {
        this.stage = stage;
    }

    void operate(int index, int key) {
        Slots slots = stage.maps.get(index);
        Model model = slots.model;
        switch (stage.dice.below(16)) {
            case 0, 1, 2, 3, 4 -> arm(slots, key);
            case 5, 6 -> {
                if (!model.plan.work()) {
                    Duration delay = stage.delay();
                    stage.cell(Operation.TOUCH, model, key);
                    Object expected = model.touch(key, stage.deadline(model, delay));
                    stage.same(
                            model, key, "touch", delay, expected, slots.timers().touch(stage.keys[key], delay));
                }
            }
            case 7, 8 -> {
                stage.cell(Operation.CANCEL, model, key);
                stage.race(Race.CANCELLED_WHILE_QUEUED, model, key);
                Object expected = model.cancel(key);
                stage.same(model, key, "cancel", "", expected, slots.map.cancel(stage.keys[key]));
            }
            case 9, 10 -> {
                stage.cell(Operation.DELETE, model, key);
                stage.race(Race.DELETED_WHILE_QUEUED, model, key);
                if (model.live[key] != null && model.former[key] != null) {
                    stage.coverage.race(Race.NEW_INCARNATION_DELETED_WHILE_FORMER_RUNS);
                }
                Object expected = model.delete(key);
                stage.same(model, key, "delete", "", expected, slots.map.delete(stage.keys[key]));
            }
            case 11 -> take(slots, key);
            case 12 -> pause(slots, key);
            case 13 -> await(slots, key);
            case 14 -> look(slots, key);
            default -> {
                if (model.plan.cron()) {
                    stage.cell(Operation.START, model, key);
                    Object expected = model.start(key, Model.DERIVED, null);
                    stage.same(
                            model,
                            key,
                            "start by schedule",
                            "",
                            expected,
                            slots.timers().start(stage.keys[key]));
                } else {
                    startAll(slots);
                }
            }
        }
    }

    /** Operations through a scope, which has what it has started last. */
    void scope(int index, int key) {
        stage.executor.left = 0; // whose a slot is, is known after the operation only
        int number = stage.dice.below(2);
        SlotScope scope = stage.registry().scope("scope" + number);
        Slots slots = stage.maps.get(index);
        Model model = slots.model;
        switch (model.closed ? 3 : stage.dice.below(4)) {
            case 0, 1 -> {
                Duration delay = stage.delay();
                Object expected;
                Object actual;
                if (model.plan.work()) {
                    expected = model.submit(key, stage.now(model), null);
                    actual = scope.works(model.plan.name(), SimulatedKey.class).submit(stage.keys[key]);
                } else {
                    expected = model.start(key, stage.deadline(model, delay), null);
                    actual = scope.timers(model.plan.name(), SimulatedKey.class).start(stage.keys[key], delay);
                }
                stage.same(model, key, "start in " + scope, delay, expected, actual);
                slots.owners[key] = new Slots.Owner(model.live[key], number);
            }
            case 2 -> {
                SlotMap<SimulatedKey> seen = model.plan.work()
                        ? scope.works(model.plan.name(), SimulatedKey.class)
                        : scope.timers(model.plan.name(), SimulatedKey.class);
                Slots.Owner owner = slots.owners[key];
                boolean known = owner.has(model.live[key]);
                DeleteOutcome actual = seen.delete(stage.keys[key]);
                if (known && owner.scope() != number) {
                    stage.coverage.race(Race.SCOPE_ASKED_FOR_THE_SLOT_OF_ANOTHER);
                    stage.same(model, key, "delete in " + scope, "", DeleteOutcome.ABSENT, actual);
                } else if (known || actual != DeleteOutcome.ABSENT) {
                    stage.same(model, key, "delete in " + scope, "", model.delete(key), actual);
                }
            }
            default -> closeScope(scope, number);
        }
    }

    private void closeScope(SlotScope scope, int number) {
        stage.note(() -> "close " + scope);
        try {
            if (scope.close(Duration.ZERO).remaining() != 0) {
                stage.fail("slots remain in " + scope);
            }
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
        for (Slots slots : stage.maps) {
            Model model = slots.model;
            for (SimulatedKey key : stage.keys) {
                Model.Slot slot = model.live[key.id];
                Slots.Owner owner = slots.owners[key.id];
                if (slot == null) {
                    continue;
                }
                boolean found = slots.map.find(key).isPresent();
                if (owner.has(slot) && found == (owner.scope() == number)) {
                    stage.fail(Stage.name(model, key.id) + " is of scope" + owner.scope() + " and is"
                            + (found ? " " : " not ") + "there after the close of " + scope);
                }
                if (!found) {
                    stage.coverage.race(Race.SCOPE_CLOSED_WITH_SLOTS);
                    model.delete(key.id);
                }
            }
        }
    }

    /** Starts or submits. */
    private void arm(Slots slots, int key) {
        Model model = slots.model;
        stage.cell(model.plan.work() ? Operation.SUBMIT : Operation.START, model, key);
        stage.race(Race.REARMED_WHILE_QUEUED, model, key);
        Model.Slot before = model.live[key];
        if (before == null && model.former[key] != null) {
            stage.coverage.race(Race.NEW_INCARNATION_WHILE_FORMER_RUNS);
        }
        Integer value = model.plan.merge() == null || stage.dice.oneIn(4) ? null : ++stage.values;
        if (value != null && before != null && before.running) {
            stage.coverage.race(Race.VALUE_ACCEPTED_DURING_A_RUN);
        }
        Object carried = value != null && model.plan.merge() == Merge.FUNCTION ? List.of(value) : value;
        Object expected;
        if (model.plan.work()) {
            expected = model.submit(key, stage.now(model), value);
            Object actual = carried == null
                    ? ((WorkSlots<SimulatedKey>) slots.map).submit(stage.keys[key])
                    : slots.valueWorks().submit(stage.keys[key], carried);
            stage.same(model, key, "submit", value, expected, actual);
        } else if (model.plan.clock() == SlotClock.REALTIME && !model.plan.cron() && stage.dice.oneIn(4)) {
            long at = stage.now(model) + stage.dice.of(-1L, 0L, 1L, 5_000L, 3_000_000L);
            expected = model.start(key, at, value);
            Object actual = carried == null
                    ? slots.timers().startAt(stage.keys[key], Stage.instant(at))
                    : slots.valueTimers().startAt(stage.keys[key], Stage.instant(at), carried);
            stage.same(model, key, "start at, with value", at + " " + value, expected, actual);
        } else {
            Duration delay = stage.delay();
            expected = model.start(key, stage.deadline(model, delay), value);
            Object actual = carried == null
                    ? slots.timers().start(stage.keys[key], delay)
                    : slots.valueTimers().start(stage.keys[key], delay, carried);
            stage.same(model, key, "start", value == null ? delay : value, expected, actual);
        }
        if (expected.toString().equals("REJECTED")) {
            stage.coverage.race(before == null ? Race.MAP_FULL : Race.VALUES_FULL);
        }
    }

    private void startAll(Slots slots) {
        Model model = slots.model;
        if (model.plan.work()) {
            return;
        }
        Duration delay = stage.delay();
        List<SimulatedKey> batch = new ArrayList<>();
        int[] outcomes = new int[StartOutcome.values().length];
        for (SimulatedKey key : stage.keys) {
            if (stage.dice.oneIn(2)) {
                batch.add(key);
                stage.cell(Operation.START_ALL, model, key.id);
                outcomes[model.start(key.id, stage.deadline(model, delay), null).ordinal()]++;
            }
        }
        List<Integer> expected = List.of(
                outcomes[StartOutcome.STARTED.ordinal()],
                outcomes[StartOutcome.REARMED.ordinal()],
                outcomes[StartOutcome.REJECTED.ordinal()],
                outcomes[StartOutcome.CLOSED.ordinal()]);
        var summary = slots.timers().startAll(batch, delay);
        List<Integer> actual = List.of(summary.started(), summary.rearmed(), summary.rejected(), summary.closed());
        stage.same(model, 0, "start all", batch, expected, actual);
    }

    private void take(Slots slots, int key) {
        Model model = slots.model;
        if (model.plan.merge() == null) {
            return;
        }
        stage.cell(Operation.TAKE, model, key);
        List<Integer> expected = model.take(key);
        @SuppressWarnings("unchecked")
        ValueSlots<SimulatedKey, Object> map = (ValueSlots<SimulatedKey, Object>) slots.map;
        if (model.plan.merge() == Merge.COLLECT) {
            stage.same(model, key, "take all", "", expected, map.takeAll(stage.keys[key]));
        } else {
            Object one = expected.isEmpty() ? null : model.plan.merge() == Merge.FUNCTION ? expected : expected.get(0);
            stage.same(model, key, "take", "", Optional.ofNullable(one), map.take(stage.keys[key]));
        }
    }

    private void pause(Slots slots, int key) {
        Model model = slots.model;
        switch (stage.dice.below(6)) {
            case 0, 1 -> {
                stage.cell(Operation.PAUSE, model, key);
                stage.race(Race.PAUSED_WHILE_QUEUED, model, key);
                Object expected = model.pause(key);
                stage.same(model, key, "pause", "", expected, slots.map.pause(stage.keys[key]));
            }
            case 2, 3 -> {
                stage.cell(Operation.RESUME, model, key);
                Object expected = model.resume(key);
                stage.same(model, key, "resume", "", expected, slots.map.resume(stage.keys[key]));
            }
            case 4 -> {
                Object expected = model.pause();
                stage.same(model, key, "pause of the map", "", expected, slots.map.pause());
            }
            default -> {
                Object expected = model.resume();
                stage.same(model, key, "resume of the map", "", expected, slots.map.resume());
            }
        }
    }

    private void await(Slots slots, int key) {
        Model model = slots.model;
        boolean own = stage.isInside(model, key);
        if (model.cutAndFreed[key]) {
            return;
        }
        try {
            if (stage.dice.oneIn(2)) {
                stage.cell(Operation.CANCEL_AND_AWAIT, model, key);
                Object expected = own ? CancelOutcome.WOULD_DEADLOCK : model.cancelAndAwait(key);
                stage.same(
                        model,
                        key,
                        "cancel and await",
                        "",
                        expected,
                        slots.map.cancelAndAwait(stage.keys[key], Duration.ZERO));
            } else {
                boolean runs = model.former[key] != null || model.live[key] != null && model.live[key].running;
                Object expected =
                        own ? AwaitOutcome.WOULD_DEADLOCK : runs ? AwaitOutcome.TIMED_OUT : AwaitOutcome.ENDED;
                stage.same(model, key, "await", "", expected, slots.map.awaitRun(stage.keys[key], Duration.ZERO));
            }
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    /** What a look shows is what the model says. */
    void look(Slots slots, int key) {
        Model model = slots.model;
        stage.cell(Operation.FIND, model, key);
        Optional<SlotSnapshot> found = slots.map.find(stage.keys[key]);
        String difference = difference(model, model.live[key], found);
        stage.note(() -> "find " + Stage.name(model, key) + " -> " + found.map(SlotSnapshot::runState));
        if (difference != null) {
            stage.fail("a look at " + Stage.name(model, key) + ": " + difference);
        }
    }

    @Nullable
    String difference(Model model, Model.@Nullable Slot slot, Optional<SlotSnapshot> found) {
        if (slot == null || found.isEmpty()) {
            return slot == null == found.isEmpty() ? null : "the model has " + slot + ", the engine " + found;
        }
        SlotSnapshot snapshot = found.get();
        RunState state = slot.running
                ? slot.armed ? RunState.RUNNING_ARMED : RunState.RUNNING
                : slot.armed ? RunState.ARMED : RunState.IDLE;
        if (snapshot.runState() != state) {
            return "the model has " + slot + ", the engine " + snapshot.runState();
        }
        try {
            boolean exact = model.isExact(slot, stage.now(model));
            if (!slot.loose && !model.isLeftOut(slot, stage.now(model))) {
                model.seen(slot, snapshot.generation());
            }
            Duration left = snapshot.timeLeft();
            long wanted = slot.deadline * 1_000 - stage.nanos(model);
            if (slot.armed
                    && exact
                    && slot.deadline < Model.NEVER
                    && left != null
                    && wanted > 0
                    && left.toNanos() != wanted) {
                return "the model has " + wanted + " ns left, the engine " + left + ", of " + slot;
            }
        } catch (Wrong e) {
            return e.getMessage();
        }
        return null;
    }
}

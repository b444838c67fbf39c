package io.asyncslot.simulation;

import io.asyncslot.WorkSlots;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.simulation.SimulatedExecutor.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Moves of the clocks, an executor that misbehaves, and Errors in the middle of what the engine does. */
final class Faults {

    private final Stage stage;
    private final Operations operations;

    Faults(Stage stage, Operations operations) {
        this.stage = stage;
        this.operations = operations;
    }

    void moveTime() {
        long span = Stage.SPANS[stage.dice.below(Stage.SPANS.length)] * 1_000;
        switch (stage.dice.below(16)) {
            case 0 -> {
                stage.coverage.fault(Fault.SUSPENDED);
                stage.clocks.suspend(span);
                stage.note(() -> "suspend " + span);
            }
            case 1 -> {
                stage.coverage.fault(Fault.WALL_FORWARD);
                stage.clocks.setWall(span * 3);
                stage.note(() -> "wall clock forward " + span * 3);
            }
            case 2 -> {
                long back = 1_000_000_000L * (1 + stage.dice.below(20));
                stage.coverage.fault(Fault.WALL_BACK);
                stage.stepBack = true;
                stage.clocks.setWall(-back);
                stage.note(() -> "wall clock back " + back);
                for (Slots slots : stage.maps) {
                    if (slots.model.plan.cron() && slots.model.armed() != 0) {
                        stage.coverage.race(Race.SCHEDULE_FOLLOWS_THE_CLOCK_BACK);
                    }
                }
            }
            case 3, 4, 5, 6 -> {
                long by = stage.wake == Long.MAX_VALUE
                        ? 0
                        : stage.wake - stage.clocks.monotonicNanos() + stage.dice.of(-1_000L, 0L, 1_000L);
                if (by > 0 && by < 100_000_000_000L) {
                    stage.clocks.advance(by);
                    stage.note(() -> "advance " + by + " to what is due next");
                }
            }
            case 7 -> {
                long far = 1_000_000_000L * stage.dice.below(60);
                stage.clocks.advance(far);
                stage.note(() -> "advance " + far);
            }
            default -> {
                stage.clocks.advance(span);
                stage.note(() -> "advance " + span);
            }
        }
    }

    void misbehave() {
        if (stage.dice.oneIn(6) && !stage.executor.tasks.isEmpty()) {
            stage.note(() -> "the executor drops its tasks");
            stage.coverage.fault(Fault.EXECUTOR_DROPS);
            stage.executor.tasks.clear();
            stage.dropped = true;
            return;
        }
        Mode mode = stage.dice.of(Mode.values());
        int tasks = 1 + stage.dice.below(6);
        stage.note(() -> "the executor: " + mode + " for " + tasks);
        stage.executor.behave(mode, tasks);
    }

    /** Something below the backend goes wrong. */
    void machine() {
        String fault = stage.machine.misbehave(stage.dice::below);
        if (!fault.isEmpty()) {
            stage.note(() -> "the machine: " + fault);
            stage.coverage.fault(Fault.valueOf(fault));
        }
    }

    /** The process is killed, and another one begins after a while. */
    void kill(Runs runs) {
        stage.note(() -> "the process is killed");
        stage.machine.kill(0);
        restart(runs);
    }

    private void restart(Runs runs) {
        stage.coverage.fault(Fault.PROCESS_KILLED);
        List<Model> models = new ArrayList<>();
        for (Slots slots : stage.maps) {
            if (slots.model.running != 0) {
                stage.coverage.race(Race.KILLED_WHILE_RUNNING);
            }
            models.add(slots.model.restarted());
        }
        if (!stage.executor.tasks.isEmpty()) {
            stage.coverage.race(Race.KILLED_WHILE_QUEUED);
        }
        Wrong before = stage.wrong;
        stage.quiet = true;
        stage.executor.left = 0;
        while (!stage.open.isEmpty()) {
            runs.resume(stage.open.get(0)); // on memory that nobody sees any more
        }
        stage.quiet = false;
        stage.wrong = before;
        stage.executor.tasks.clear();
        stage.executor.refused = false;
        stage.dropped = false;
        boolean unused = Thread.interrupted();
        stage.clocks.advance(1_000L + stage.dice.below(3) * 1_000_000_000L);
        runs.lifecycle().restart(models);
    }

    /** The process is killed at a step inside an operation, or inside what the engine does. */
    void killInside(Runs runs, Slots slots, int key) {
        stage.executor.left = 0;
        Model model = slots.model;
        int index = stage.maps.indexOf(slots);
        operations.look(slots, key);
        int at = 1 + stage.dice.below(4);
        if (stage.dice.oneIn(2)) {
            stage.clocks.tellAt(at, () -> stage.machine.kill(0));
        } else {
            stage.machine.kill(at);
        }
        Supplier<Object> meant = null;
        Duration delay = stage.delay();
        long deadline = stage.deadline(model, delay);
        long now = stage.now(model);
        Object outcome = null;
        switch (stage.dice.below(5)) {
            case 0 -> {
                outcome = slots.map.cancel(stage.keys[key]);
                meant = () -> stage.maps.get(index).model.cancel(key);
            }
            case 1 -> {
                outcome = slots.map.delete(stage.keys[key]);
                meant = () -> stage.maps.get(index).model.delete(key);
            }
            case 2 -> stage.pump();
            default -> {
                boolean work = model.plan.work();
                outcome = work
                        ? ((WorkSlots<SimulatedKey>) slots.map).submit(stage.keys[key])
                        : slots.timers().start(stage.keys[key], delay);
                meant = () -> work
                        ? stage.maps.get(index).model.submit(key, now, null)
                        : stage.maps.get(index).model.start(key, deadline, null);
            }
        }
        stage.clocks.tellAt(0, () -> {});
        if (!stage.machine.isKilled()) {
            stage.machine.kill(-1);
            if (meant != null) {
                stage.same(model, key, "operation", "", meant.get(), outcome);
            }
            return;
        }
        stage.note(() -> "the process was killed inside an operation on " + Stage.name(model, key));
        restart(runs);
        if (meant == null) {
            return;
        }
        Slots after = stage.maps.get(index);
        if (operations.difference(after.model, after.model.live[key], after.map.find(stage.keys[key])) == null) {
            stage.coverage.race(Race.KILLED_BEFORE_IT_WAS_DONE);
            return;
        }
        stage.coverage.race(Race.KILLED_WHEN_IT_WAS_DONE);
        Object unused = meant.get();
        operations.look(after, key);
    }

    /** An operation, or what the engine does, is cut short by an Error. */
    void failInside(Slots slots, int key) {
        stage.executor.left = 0; // what an executor runs at once would be cut short as well
        Model model = slots.model;
        Model.Slot slot = model.live[key];
        operations.look(slots, key); // so that its generation is known
        if (slot != null && (slot.loose || model.isLeftOut(slot, stage.now(model)))) {
            return;
        }
        switch (stage.dice.below(4)) {
            case 0 -> cutShort("a pump", stage::pump);
            case 1 ->
                cutShort("a run", () -> {
                    if (!stage.executor.tasks.isEmpty()) {
                        stage.executor.tasks.remove(0).run();
                    }
                });
            default -> failInOperation(slots, key);
        }
    }

    private boolean cutShort(String what, Runnable action) {
        int at = 1 + stage.dice.below(6);
        switch (stage.dice.below(2)) {
            case 0 -> {
                stage.failingKey[0] = at;
                stage.coverage.fault(Fault.KEY_FAILS);
            }
            default -> {
                stage.clocks.failAt(at);
                stage.coverage.fault(Fault.CLOCK_FAILS);
            }
        }
        boolean done = false;
        try {
            action.run();
            done = true;
        } catch (InjectedError e) {
            stage.note(() -> what + " was cut short");
        } finally {
            stage.disarm();
        }
        return done;
    }

    /** The operation has happened or not: a look tells, and the model follows. */
    private void failInOperation(Slots slots, int key) {
        Model model = slots.model;
        Duration delay = stage.delay();
        long deadline = stage.deadline(model, delay);
        long now = stage.now(model);
        Supplier<Object> real;
        Supplier<Object> meant;
        switch (stage.dice.below(4)) {
            case 0 -> {
                real = () -> slots.map.cancel(stage.keys[key]);
                meant = () -> model.cancel(key);
            }
            case 1 -> {
                real = () -> slots.map.delete(stage.keys[key]);
                meant = () -> model.delete(key);
            }
            default -> {
                boolean work = model.plan.work();
                real = () -> work
                        ? ((WorkSlots<SimulatedKey>) slots.map).submit(stage.keys[key])
                        : slots.timers().start(stage.keys[key], delay);
                meant = () -> work ? model.submit(key, now, null) : model.start(key, deadline, null);
            }
        }
        Object[] outcome = new Object[1];
        if (cutShort("an operation on " + Stage.name(model, key), () -> outcome[0] = real.get())) {
            stage.same(model, key, "operation", "", meant.get(), outcome[0]);
            return;
        }
        if (operations.difference(model, model.live[key], slots.map.find(stage.keys[key])) == null) {
            stage.coverage.race(Race.OPERATION_IN_DOUBT_NOT_DONE);
            return;
        }
        stage.coverage.race(Race.OPERATION_IN_DOUBT_DONE);
        Object unused = meant.get();
        model.uncounted = true;
        operations.look(slots, key);
    }
}

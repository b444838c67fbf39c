package io.asyncslot.simulation;

import io.asyncslot.LatePolicy;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import java.time.Duration;

/** Tasks of the executor, and the callbacks in them: what they do, and that they may run. */
final class Runs {

    private static final int MOST_ACTIONS = 12;

    private final Stage stage;
    private final Operations operations;
    private final Lifecycle lifecycle;

    Runs(Stage stage, Operations operations) {
        this.stage = stage;
        this.operations = operations;
        this.lifecycle = new Lifecycle(stage, this::fired);
    }

    Lifecycle lifecycle() {
        return lifecycle;
    }

    private void fired(int index, Model model, SimulatedKey key, SlotFiring firing) throws Exception {
        stage.disarm();
        stage.done++;
        stage.note(() -> "  fires " + firing + ", attempt " + firing.attempt() + ", value " + firing.value());
        Model.Run run;
        try {
            if (!stage.running || stage.over || model.closed) {
                throw new Wrong("a run after a stop or close: " + firing);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new Wrong("a run began interrupted: " + firing);
            }
            long deadline = (stage.nanos(model) - firing.lateness().toNanos()) / 1_000;
            run = model.begin(
                    key.id, firing.generation(), firing.attempt(), deadline, firing.value(), stage.now(model));
            if (run.isFirst() && firing.generation() <= stage.highest[index][key.id]) {
                throw new Wrong("generation " + firing.generation() + " after " + stage.highest[index][key.id]);
            }
            stage.highest[index][key.id] = Math.max(stage.highest[index][key.id], firing.generation());
        } catch (Wrong e) {
            stage.failed(new Wrong(Stage.name(model, key.id) + ": " + e.getMessage()));
            return;
        }
        if (model.plan.concurrency() != 0) {
            if (model.running > model.plan.concurrency()) {
                stage.failed(new Wrong(model.running + " runs at once in " + model.plan));
            }
            if (model.running == model.plan.concurrency()) {
                stage.coverage.race(Race.RUN_WITH_ALL_PERMITS_TAKEN);
            }
        }
        Stage.Open where = stage.present;
        where.inside.push(run);
        boolean threw = true;
        try {
            callback(model, run, firing);
            threw = false;
        } catch (Wrong e) {
            stage.failed(e);
        } finally {
            stage.present.inside.pop();
            stage.note(() -> "  ends " + Stage.name(model, key.id));
            if (firing.cancelled() != run.slot.freed) {
                stage.failed(new Wrong("cancelled() is " + firing.cancelled() + " for " + run.slot));
            }
            model.end(run, threw, stage.now(model));
        }
    }

    private void callback(Model model, Model.Run run, SlotFiring firing) throws Exception {
        if (stage.quiet) {
            return;
        }
        boolean slow = stage.present.worker != null && stage.present.inside.size() == 1 && !stage.pumping;
        while (!stage.quiet) {
            if (slow && stage.dice.oneIn(2)) {
                stage.coverage.fault(Fault.CALLBACK_SLOW);
                stopHere();
                continue;
            }
            if (++stage.actions > MOST_ACTIONS || stage.dice.oneIn(2)) {
                break;
            }
            act(model, run, firing);
        }
        if (stage.quiet) {
            return;
        }
        if (stage.dice.oneIn(16)) {
            stage.coverage.fault(Fault.CALLBACK_INTERRUPTS);
            Thread.currentThread().interrupt();
        }
        switch (stage.dice.below(12)) {
            case 0 -> {
                stage.coverage.fault(Fault.CALLBACK_EXCEPTION);
                throw stage.dice.oneIn(2)
                        ? new IllegalStateException("a callback fails")
                        : new InterruptedException("a callback fails");
            }
            case 1 -> {
                stage.coverage.fault(Fault.CALLBACK_ERROR);
                throw stage.dice.oneIn(2) ? new StackOverflowError() : new InjectedError();
            }
            default -> {}
        }
    }

    private void act(Model model, Model.Run run, SlotFiring firing) {
        switch (stage.dice.below(12)) {
            case 0, 1 -> {
                Duration delay = stage.delay();
                StartOutcome expected = model.arm(run.slot, stage.deadline(model, delay), null);
                if (expected == StartOutcome.FREED) {
                    stage.coverage.race(Race.RESTART_OF_A_FREED_SLOT);
                }
                stage.same(model, run.slot.key, "  restart", delay, expected, firing.restart(delay));
            }
            case 2, 3 -> {
                if (stage.survives) {
                    return; // whether the run or the retry comes after a restart
                }
                Duration delay = stage.delay();
                boolean postpone = stage.dice.oneIn(3);
                boolean armed = run.slot.armed;
                boolean pending = !run.slot.values.isEmpty();
                long deadline = model.plan.cron() ? Model.DERIVED : stage.deadline(model, delay);
                if (model.plan.cron() && model.plan.late() != LatePolicy.ALL && armed) {
                    return; // whether the point comes first is the schedule's to say
                }
                RetryOutcome expected = model.redeliver(run, deadline, postpone);
                switch (expected) {
                    case SCHEDULED -> {
                        if (armed) {
                            stage.coverage.race(Race.RETRY_PUTS_A_PERIOD_OFF);
                        }
                    }
                    case SUPERSEDED -> {
                        stage.coverage.race(Race.RETRY_SUPERSEDED);
                        if (pending) {
                            stage.coverage.race(Race.VALUES_OF_A_RETRY_MERGED);
                        }
                    }
                    case WITHDRAWN -> stage.coverage.race(Race.RETRY_WITHDRAWN);
                    case FREED -> stage.coverage.race(Race.RETRY_OF_A_FREED_SLOT);
                }
                RetryOutcome actual = postpone ? firing.postpone(delay) : firing.retry(delay);
                stage.same(model, run.slot.key, postpone ? "  postpone" : "  retry", delay, expected, actual);
            }
            case 4, 5, 6 -> {
                for (int i = 0; i < stage.maps.size(); i++) {
                    if (stage.maps.get(i).model == model) {
                        operations.operate(i, run.slot.key);
                    }
                }
            }
            case 7, 8 -> operations.operate(stage.dice.below(stage.maps.size()), stage.dice.below(stage.keys.length));
            case 9 -> {
                if (stage.present.worker == null) {
                    stage.pump();
                }
            }
            case 10 -> {
                if (stage.dice.oneIn(4)) {
                    stage.coverage.fault(Fault.CALLBACK_STOPS_REGISTRY);
                    lifecycle.stop();
                } else if (!stage.survives && stage.dice.oneIn(8)) {
                    stage.coverage.fault(Fault.CALLBACK_CLOSES_REGISTRY);
                    lifecycle.closeRegistry();
                }
            }
            default -> {
                if (!stage.survives && stage.dice.oneIn(8)) {
                    stage.coverage.fault(Fault.CALLBACK_CLOSES_MAP);
                    lifecycle.closeMap(stage.dice.below(stage.maps.size()));
                }
            }
        }
    }

    /** The run stays open, and the steps go on elsewhere. */
    private void stopHere() {
        Stage.Open here = stage.present;
        Workers.Worker worker = here.worker;
        if (worker != null) {
            worker.pause();
        }
    }

    void runTask() {
        int size = stage.executor.tasks.size();
        if (size == 0) {
            return;
        }
        int at = 0;
        if (stage.dice.oneIn(4)) {
            at = size - 1;
            stage.coverage.fault(Fault.EXECUTOR_REVERSE_ORDER);
        } else if (stage.dice.oneIn(8)) {
            at = stage.dice.below(size);
        }
        Runnable task = stage.executor.tasks.remove(at);
        if (!stage.running) {
            stage.coverage.race(Race.TASK_RUN_AFTER_STOP);
        }
        stage.note(() -> "run a task of " + size);
        if (!stage.dice.oneIn(4)) {
            task.run();
            return;
        }
        Stage.Open caller = stage.present;
        Stage.Open own = new Stage.Open();
        stage.present = own;
        Workers.Worker worker = stage.workers.run(() -> {
            own.worker = stage.workers.present;
            try {
                task.run();
            } catch (Throwable e) {
                stage.failed(new Wrong("a task threw " + e));
            }
        });
        stage.present = caller;
        if (worker != null) {
            stage.open.add(own);
        }
    }

    void goOn() {
        if (!stage.open.isEmpty()) {
            resume(stage.open.get(stage.dice.below(stage.open.size())));
        }
    }

    void resume(Stage.Open run) {
        Workers.Worker worker = run.worker;
        if (worker == null) {
            throw new IllegalStateException("a run without a stack");
        }
        stage.note(() -> "go on with a run");
        Stage.Open caller = stage.present;
        stage.present = run;
        worker.resume();
        stage.present = caller;
        if (!worker.busy) {
            stage.open.remove(run);
        }
    }
}

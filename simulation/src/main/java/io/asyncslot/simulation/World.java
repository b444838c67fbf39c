package io.asyncslot.simulation;

import io.asyncslot.spi.Ticker;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One life of a registry and of those that come after it, step by step; each step is compared with the model. Everything
 * follows from the seed, and each step's choices from the seed and the step's number.
 */
final class World implements Life {

    private final long seed;
    private final Stage stage;
    private final Operations operations;
    private final Runs runs;
    private final Lifecycle lifecycle;
    private final Faults faults;
    private final Checks checks;

    World(
            long seed,
            Coverage coverage,
            Workers workers,
            @Nullable StringBuilder trace,
            Function<Ticker, Machine> machine) {
        this.seed = seed;
        this.stage = new Stage(seed, coverage, workers, trace, machine);
        this.operations = new Operations(stage);
        this.runs = new Runs(stage, operations);
        this.lifecycle = runs.lifecycle();
        this.faults = new Faults(stage, operations);
        this.checks = new Checks(stage, operations, runs);
        lifecycle.begin();
    }

    @Override
    public long done() {
        return stage.done;
    }

    @Override
    public void step(long number) {
        stage.step = number;
        stage.dice.seed(seed, number);
        stage.actions = 0;
        stage.executor.left = Math.min(stage.executor.left, 40);
        if (!stage.machine.takesAnyKey() && stage.dice.oneIn(16)) {
            faults.machine();
        }
        if (stage.survives && stage.dice.oneIn(64)) {
            faults.kill(runs);
        } else if (stage.survives && stage.dice.oneIn(64)) {
            faults.killInside(
                    runs, stage.maps.get(stage.dice.below(stage.maps.size())), stage.dice.below(stage.keys.length));
        }
        switch (stage.dice.below(32)) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 ->
                operations.operate(stage.dice.below(stage.maps.size()), stage.dice.below(stage.keys.length));
            case 13, 14, 15 -> faults.moveTime();
            case 16, 17, 18, 19 -> stage.pump();
            case 20, 21, 22, 23 -> runs.runTask();
            case 24, 25 -> runs.goOn();
            case 26, 27 -> checks.drain(stage.dice.oneIn(32));
            case 28 -> {
                if (stage.dice.oneIn(2)) {
                    faults.misbehave();
                } else if (stage.dice.oneIn(2)) {
                    operations.scope(stage.dice.below(stage.maps.size()), stage.dice.below(stage.keys.length));
                } else if (stage.view != null) {
                    stage.note(() -> "the executor view");
                    stage.view.operate(stage.dice, stage.delay().toNanosPart());
                }
            }
            case 29 -> lifecycle.lifecycle();
            case 30 -> {
                if (stage.faulty) {
                    faults.failInside(
                            stage.maps.get(stage.dice.below(stage.maps.size())), stage.dice.below(stage.keys.length));
                }
            }
            default -> {
                if (stage.dice.oneIn(16)) {
                    checks.rest();
                } else {
                    checks.drain(false);
                }
            }
        }
        after();
    }

    @Override
    public void end() {
        stage.step = -2;
        stage.dice.seed(seed, stage.step);
        checks.rest();
        for (int i = 0; i < 20 && !stage.over && stage.wake != Long.MAX_VALUE; i++) {
            long by = Math.max(0, stage.wake - stage.clocks.monotonicNanos());
            if (by > 200_000_000_000L) {
                break;
            }
            stage.clocks.advance(by);
            checks.drain(false);
            after();
        }
        checks.rest();
        if (!stage.over) {
            lifecycle.closeRegistry();
        }
        after();
        checks.finish();
        after();
    }

    private void after() {
        stage.done++;
        Wrong present = stage.wrong;
        if (present != null) {
            throw present;
        }
        if (Thread.interrupted()) {
            throw new Wrong("the thread of a caller was left interrupted");
        }
        if (stage.over && stage.present.inside.isEmpty()) {
            checks.finish();
            stage.clocks.advance(1_000_000_000L); // a restart takes some time: generations begin from the clock
            lifecycle.begin();
        }
    }

    @Override
    public void abandon() {
        stage.quiet = true;
        boolean unused = Thread.interrupted();
        for (int i = 0; i < 1_000 && !stage.open.isEmpty(); i++) {
            runs.resume(stage.open.get(0));
        }
    }
}

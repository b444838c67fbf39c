package io.asyncslot.simulation;

import io.asyncslot.CloseOutcome;
import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The registry and its maps: how they are made, started, stopped and closed. */
final class Lifecycle {

    /** What is called when a callback runs. */
    interface Callback {
        void fired(int map, Model model, SimulatedKey key, SlotFiring firing) throws Exception;
    }

    private final Stage stage;
    private final Callback callback;

    Lifecycle(Stage stage, Callback callback) {
        this.stage = stage;
        this.callback = callback;
    }

    void begin() {
        begin(List.of());
    }

    /** The process was killed, and another one begins: its slots are those of the former one. */
    void restart(List<Model> models) {
        begin(models);
    }

    private void begin(List<Model> models) {
        boolean fails = stage.dice.oneIn(4);
        stage.registry = new AsyncSlotRegistryBuilder(stage.sharesTasks ? stage.executor.sharing() : stage.executor)
                .backend(stage.booted())
                .ticker(stage.clocks)
                .listener((firing, took, failure) -> {
                    if (fails) {
                        stage.coverage.fault(Fault.LISTENER_FAILS);
                        throw new InjectedError();
                    }
                })
                .build();
        stage.over = false;
        stage.maps.clear();
        for (int i = 0; i < stage.mapCount; i++) {
            stage.maps.add(models.isEmpty() ? opened(i) : opened(i, models.get(i)));
        }
        stage.view = !stage.faulty && stage.machine.takesAnyKey() && stage.dice.oneIn(3)
                ? new ExecutorView(stage.registry(), stage.clocks, stage.coverage)
                : null;
        stage.registry().start();
        stage.running = true;
    }

    private Slots opened(int index) {
        MapPlan plan = MapPlan.drawn("m" + index, stage.keys.length, stage.dice);
        return opened(index, new Model(stage.survives ? plan.surviving() : plan, stage.keys.length));
    }

    private Slots opened(int index, Model model) {
        MapPlan plan = model.plan;
        stage.note(() -> "open " + plan);
        if (plan.work()) {
            WorkMapSpec.Builder<SimulatedKey> spec = WorkMapSpec.named(plan.name(), SimulatedKey.class)
                    .maxEntries(plan.maxEntries())
                    .concurrency(plan.concurrency())
                    .historySize(plan.history())
                    .values(values(plan))
                    .whenIdle(plan.freesIdle() ? WhenIdle.FREE : WhenIdle.KEEP)
                    .callback((key, firing) -> callback.fired(index, model, key, firing));
            return new Slots(model, stage.registry().register(spec.build()));
        }
        TimerMapSpec.Builder<SimulatedKey> spec = TimerMapSpec.named(plan.name(), SimulatedKey.class)
                .clock(plan.clock())
                .late(plan.late())
                .maxEntries(plan.maxEntries())
                .concurrency(plan.concurrency())
                .historySize(plan.history())
                .values(values(plan))
                .whenIdle(plan.freesIdle() ? WhenIdle.FREE : WhenIdle.KEEP)
                .callback((key, firing) -> callback.fired(index, model, key, firing));
        if (plan.cron()) {
            spec.schedule(after -> {
                long micros = after.getEpochSecond() * 1_000_000 + after.getNano() / 1_000;
                return Stage.instant((Math.floorDiv(micros, plan.period()) + 1) * plan.period());
            });
        } else if (plan.period() != 0) {
            spec.every(Stage.micros(plan.period()));
        }
        return new Slots(model, stage.registry().register(spec.build()));
    }

    @SuppressWarnings("unchecked")
    private static @Nullable SlotValues<?> values(MapPlan plan) {
        Merge merge = plan.merge();
        if (merge == null) {
            return null;
        }
        return switch (merge) {
            case LAST -> SlotValues.last(Integer.class);
            case FIRST -> SlotValues.first(Integer.class);
            case COLLECT -> SlotValues.collect(Integer.class).maxValues(plan.maxValues());
            case FUNCTION ->
                SlotValues.merging(List.class, (one, other) -> {
                    List<Integer> both = new ArrayList<>((List<Integer>) one);
                    both.addAll((List<Integer>) other);
                    return both;
                });
        };
    }

    void lifecycle() {
        switch (stage.dice.below(12)) {
            case 0, 1, 2 -> stop();
            case 3, 4, 5, 6 -> start();
            case 7 -> closeMap(stage.dice.below(stage.maps.size()));
            case 8 -> {
                if (!stage.survives && stage.dice.oneIn(6)) {
                    closeRegistry();
                }
            }
            default -> {
                int index = stage.dice.below(stage.maps.size());
                if (stage.maps.get(index).model.closed) {
                    Slots former = stage.maps.get(index);
                    if (former.model.running != 0) {
                        stage.coverage.race(Race.MAP_REOPENED_WHILE_FORMER_RUNS);
                    }
                    stage.gone.add(former);
                    stage.maps.set(index, opened(index));
                }
            }
        }
    }

    void start() {
        if (!stage.over && !stage.running) {
            stage.note(() -> "start the registry");
            stage.running = true;
            stage.registry().start();
        }
    }

    void stop() {
        if (stage.over) {
            return;
        }
        if (!stage.executor.tasks.isEmpty()) {
            stage.coverage.race(Race.STOPPED_WHILE_QUEUED);
        }
        boolean runs = !stage.open.isEmpty() || !stage.present.inside.isEmpty();
        if (runs) {
            stage.coverage.race(Race.STOPPED_WHILE_RUNNING);
        }
        stage.running = false;
        try {
            boolean stopped = stage.registry().stop(Duration.ZERO);
            stage.note(() -> "stop the registry -> " + stopped);
            if (stopped && runs) {
                stage.fail("a stop answered true while a callback runs");
            }
            if (!stopped && !runs) {
                stage.fail("a stop answered false though no callback runs");
            }
            stage.dropped = false;
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    void closeMap(int index) {
        if (stage.survives) {
            return; // its slots would wait in the kernel
        }
        stage.executor.left =
                0; // a close frees slot after slot: what runs inline in between is neither right nor wrong
        Slots slots = stage.maps.get(index);
        Model model = slots.model;
        if (model.running != 0) {
            stage.coverage.race(Race.MAP_CLOSED_WHILE_RUNNING);
        }
        if (!stage.executor.tasks.isEmpty()) {
            stage.coverage.race(Race.MAP_CLOSED_WHILE_QUEUED);
        }
        boolean own = stage.isInside(model);
        boolean runs = model.running != 0;
        if (!own) {
            model.close();
        }
        try {
            CloseOutcome outcome = slots.map.close(Duration.ZERO);
            stage.same(
                    model,
                    0,
                    "close",
                    "",
                    own ? CloseOutcome.WOULD_DEADLOCK : runs ? CloseOutcome.TIMED_OUT : CloseOutcome.CLOSED,
                    outcome);
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    void closeRegistry() {
        if (stage.over) {
            return;
        }
        stage.note(() -> "close the registry");
        stage.executor.left = 0;
        stage.over = true;
        stage.running = false;
        for (Slots slots : stage.maps) {
            slots.model.close();
        }
        stage.registry().close();
    }
}

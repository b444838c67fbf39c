package io.asyncslot.simulation;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.Merge;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.simulation.ClusterModel.Slot;
import io.asyncslot.simulation.Coverage.Operation;
import io.asyncslot.simulation.Coverage.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What users call, on the maps of one process: each answer is compared with what was committed. One part of a life moves at a
 * time: nothing here is concurrent.
 */
final class ClusterCallers {

    private static final long[] SPANS = {0, 1, 300, 5_000, 100_000, 700_000, 1_500_000, 4_000_000};

    private final ClusterWorld world;
    private final ClusterModel model;
    private final Dice dice;

    /** The last value that was made. */
    private int values;

    ClusterCallers(ClusterWorld world, ClusterModel model) {
        this.world = world;
        this.model = model;
        this.dice = world.dice;
    }

    Duration delay() {
        return Duration.ofNanos(SPANS[dice.below(SPANS.length)] * 1_000);
    }

    private void cell(Operation operation, SlotId id) {
        Slot slot = model.slot(id);
        world.coverage.cell(
                operation,
                !slot.live
                        ? State.ABSENT
                        : slot.run != null
                                ? slot.armed ? State.RUNNING_ARMED : State.RUNNING
                                : slot.armed ? State.ARMED : State.IDLE);
    }

    @SuppressWarnings("unchecked") // as its plan says
    void operate(ClusterProcess process, int index, String key, int kind) {
        ClusterPlan plan = world.plans.get(index);
        SlotMap<String> map = process.maps.get(index);
        SlotId id = new SlotId(plan.name(), key);
        switch (kind) {
            case 0, 1, 2, 3, 4, 5, 6 -> {
                Integer value = plan.merge() == null || dice.oneIn(4) ? null : ++values;
                world.present().value = value;
                Duration delay = delay();
                if (plan.work()) {
                    cell(Operation.SUBMIT, id);
                    checked(
                            "submit",
                            id,
                            () -> value == null
                                    ? ((WorkSlots<String>) map).submit(key)
                                    : ((ValueWorkSlots<String, Integer>) map).submit(key, value));
                } else {
                    cell(Operation.START, id);
                    checked(
                            "start",
                            id,
                            () -> value == null
                                    ? started(plan, (TimerSlots<String>) map, key, delay)
                                    : ((ValueTimerSlots<String, Integer>) map).start(key, delay, value));
                }
            }
            case 7 -> {
                if (!plan.work()) {
                    Duration delay = delay();
                    cell(Operation.TOUCH, id);
                    checked("touch", id, () -> touched(plan, (TimerSlots<String>) map, key, delay));
                }
            }
            case 8, 9 -> {
                cell(Operation.CANCEL, id);
                checked("cancel", id, () -> map.cancel(key));
            }
            case 10 -> {
                cell(Operation.DELETE, id);
                checked("delete", id, () -> map.delete(key));
            }
            case 11 -> {
                cell(Operation.PAUSE, id);
                checked("pause", id, () -> dice.oneIn(4) ? map.pause() : map.pause(key), false);
            }
            case 12, 13 -> {
                cell(Operation.RESUME, id);
                checked("resume", id, () -> dice.oneIn(2) ? map.resume() : map.resume(key), false);
            }
            case 14 -> {
                cell(Operation.FIND, id);
                checked("find", id, () -> map.find(key), false);
            }
            case 15, 16 -> {
                if (plan.merge() != null) {
                    cell(Operation.TAKE, id);
                    take(id, (ValueSlots<String, Integer>) map);
                }
            }
            case 17 -> {
                if (!plan.work()) {
                    cell(Operation.START_ALL, id);
                    startAll(id, (TimerSlots<String>) map);
                }
            }
            default -> {
                cell(Operation.CANCEL_AND_AWAIT, id);
                checked("await", id, () -> awaited(map, key), false);
            }
        }
    }

    private StartOutcome started(ClusterPlan plan, TimerSlots<String> map, String key, Duration delay) {
        if (plan.keySchedules() && dice.oneIn(2)) {
            return map.start(key, Grid.drawn(dice).schedule());
        }
        return plan.grid() != null && dice.oneIn(2) ? map.start(key) : map.start(key, delay);
    }

    /** By the points of the key or of the map, or by a delay. */
    private TouchOutcome touched(ClusterPlan plan, TimerSlots<String> map, String key, Duration delay) {
        Fiber fiber = world.present();
        boolean own = plan.keySchedules() || plan.grid() != null && plan.grid().calendar();
        if (!own || dice.oneIn(2)) {
            return map.touch(key, delay);
        }
        TouchOutcome outcome = map.touch(key);
        if (fiber.outcome == null && fiber.saw == null && plan.keySchedules()) {
            fiber.outcome = fiber.process.closed ? null : TouchOutcome.ABSENT; // nothing to ask for
        }
        return outcome;
    }

    /** What is handed out was taken, and where nothing is, nothing was pending at the last look. */
    private void take(SlotId id, ValueSlots<String, Integer> map) {
        Fiber fiber = world.present();
        checked("take", id, () -> {
            List<Integer> values = model.plan(id).merge() == Merge.COLLECT
                    ? map.takeAll(id.key())
                    : map.take(id.key()).map(List::of).orElse(List.of());
            if (fiber.outcome == null && !fiber.process.closed) {
                if (fiber.saw != null && fiber.saw.armed()) {
                    throw new Wrong("take of " + id + " hands out " + values + ", and nothing was taken");
                }
                fiber.outcome = List.of();
            }
            return values;
        });
    }

    /** Some keys at once, one perhaps twice. */
    private void startAll(SlotId first, TimerSlots<String> map) {
        List<String> keys = new ArrayList<>(List.of(first.key()));
        while (!dice.oneIn(3)) {
            keys.add(world.key());
        }
        Duration delay = delay();
        checked("startAll " + keys, first, () -> {
            StartSummary summary = map.startAll(keys, delay);
            if (summary.total() != keys.size() || summary.inDoubt() != 0 && summary.inDoubt() != keys.size()) {
                throw new Wrong("start of " + keys + " answers " + summary);
            }
            return summary.inDoubt() != 0
                    ? StartOutcome.IN_DOUBT
                    : summary.rejected() == keys.size()
                            ? StartOutcome.REJECTED
                            : summary.closed() == keys.size() ? StartOutcome.CLOSED : summary;
        });
    }

    private Object awaited(SlotMap<String> map, String key) {
        try {
            return dice.oneIn(2) ? map.awaitRun(key, Duration.ZERO) : map.cancelAndAwait(key, Duration.ZERO);
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    void checked(String what, SlotId id, Supplier<Object> operation) {
        checked(what, id, operation, true);
    }

    /** What a caller is told is what was committed; where it is told nothing, nothing was. */
    void checked(String what, SlotId id, Supplier<Object> operation, boolean compares) {
        Fiber fiber = world.present();
        fiber.outcome = null;
        String told;
        boolean nothing = false;
        try {
            told = operation.get().toString();
            nothing = told.equals("REJECTED") || told.equals("CLOSED");
        } catch (BackendUnavailableException | StoreException e) {
            nothing = true;
            told = String.valueOf(e.getMessage());
        }
        String all = told;
        Object committed = fiber.outcome;
        world.note(() -> "  " + what + " " + id + " -> " + all);
        if (!compares || fiber.process.closed || told.equals("IN_DOUBT") || told.contains("the answer was lost")) {
            return;
        }
        if (nothing
                ? committed != null && !told.equals(committed.toString())
                : !told.equals(String.valueOf(committed))) {
            throw new Wrong(what + " of " + id + " answers " + told + ", and in the database it was " + committed);
        }
    }
}

package io.asyncslot.simulation;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Operation;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.simulation.Coverage.State;
import io.asyncslot.simulation.SimulatedExecutor.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One life of a registry and of those that come after it, step by step; each step is compared with the model. Everything
 * follows from the seed, and each step's choices from the seed and the step's number.
 */
final class World {

    /** Longer than the longest pause of an executor's queue. */
    private static final long BACK_OFF_NANOS = 33_000_000;

    private static final long[] SPANS = {0, 1, 300, 1_000, 1_024, 5_000, 33_000, 262_144, 1_000_000, 3_000_000};
    private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE);

    /** Bounds a drain: nothing that the simulation does keeps the engine busy for so long. */
    private static final int MOST_ROUNDS = 500;

    private static final int MOST_ACTIONS = 12;

    /** A map and what it is meant to do. */
    private static final class Slots {
        final Model model;
        final SlotMap<SimulatedKey> map;
        final Owner[] owners;

        Slots(Model model, SlotMap<SimulatedKey> map) {
            this.model = model;
            this.map = map;
            this.owners = new Owner[model.live.length];
            Arrays.fill(owners, new Owner(null, -1));
        }
    }

    /** Whose a slot is, as long as it is that very slot. */
    private record Owner(Model.@Nullable Slot slot, int scope) {

        boolean has(Model.@Nullable Slot present) {
            return present != null && present == slot;
        }
    }

    /** A run that is open, on its own stack. */
    private static final class Open {
        final Deque<Model.Run> inside = new ArrayDeque<>();
        Workers.@Nullable Worker worker;
    }

    private final long seed;
    private final Coverage coverage;
    private final Workers workers;
    private final @Nullable StringBuilder trace;
    private final Dice dice = new Dice();

    private final SimulatedClocks clocks = new SimulatedClocks();
    private final SimulatedExecutor executor;
    private final int[] failingKey = new int[1];
    private final SimulatedKey[] keys;
    private final long[][] highest;
    private final int mapCount;

    private JvmBackend backend = JvmBackend.manual();
    private AsyncSlotRegistry registry;
    private final List<Slots> maps = new ArrayList<>();

    /** Maps that are closed, and have runs or commands left. */
    private final List<Slots> gone = new ArrayList<>();

    /** Whether Errors come in between operations' steps in this world. */
    private final boolean faulty;

    private @Nullable ExecutorView view;
    private boolean running;
    private boolean over;
    private boolean pumping;
    private boolean quiet;
    private boolean dropped;
    private boolean stepBack;
    private int actions;
    private int values;
    private long wake;

    private Open present = new Open();
    private final List<Open> open = new ArrayList<>();

    private @Nullable Wrong wrong;
    private long step;

    /** Operations, runs, moves of time and the like, carried out so far. */
    long done;

    World(long seed, Coverage coverage, Workers workers, @Nullable StringBuilder trace) {
        this.seed = seed;
        this.coverage = coverage;
        this.workers = workers;
        this.trace = trace;
        this.executor = new SimulatedExecutor(coverage);
        dice.seed(seed, -1);
        this.mapCount = 1 + dice.below(4);
        this.keys = new SimulatedKey[dice.oneIn(8) ? 40 : 1 + dice.below(6)];
        this.faulty = dice.oneIn(3);
        for (int i = 0; i < keys.length; i++) {
            keys[i] = new SimulatedKey(i, i * 0x9E3779B9, failingKey);
        }
        this.highest = new long[mapCount][keys.length];
        this.registry = begin();
    }

    // ---- the beginning and the end ----------------------------------------------------------------------------------

    private AsyncSlotRegistry begin() {
        backend = JvmBackend.manual();
        boolean fails = dice.oneIn(4);
        registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend)
                .ticker(clocks)
                .listener((firing, took, failure) -> {
                    if (fails) {
                        coverage.fault(Fault.LISTENER_FAILS);
                        throw new InjectedError();
                    }
                })
                .build();
        over = false;
        maps.clear();
        for (int i = 0; i < mapCount; i++) {
            maps.add(opened(i));
        }
        view = !faulty && dice.oneIn(3) ? new ExecutorView(registry, clocks, coverage) : null;
        registry.start();
        running = true;
        return registry;
    }

    private Slots opened(int index) {
        MapPlan plan = MapPlan.drawn("m" + index, keys.length, dice);
        note(() -> "open " + plan);
        Model model = new Model(plan, keys.length);
        if (plan.work()) {
            WorkMapSpec.Builder<SimulatedKey> spec = WorkMapSpec.named(plan.name(), SimulatedKey.class)
                    .maxEntries(plan.maxEntries())
                    .concurrency(plan.concurrency())
                    .historySize(plan.history())
                    .values(values(plan))
                    .whenIdle(plan.freesIdle() ? WhenIdle.FREE : WhenIdle.KEEP)
                    .callback((key, firing) -> fired(index, model, key, firing));
            return new Slots(model, registry.register(spec.build()));
        }
        TimerMapSpec.Builder<SimulatedKey> spec = TimerMapSpec.named(plan.name(), SimulatedKey.class)
                .clock(plan.clock())
                .late(plan.late())
                .maxEntries(plan.maxEntries())
                .concurrency(plan.concurrency())
                .historySize(plan.history())
                .values(values(plan))
                .whenIdle(plan.freesIdle() ? WhenIdle.FREE : WhenIdle.KEEP)
                .callback((key, firing) -> fired(index, model, key, firing));
        if (plan.cron()) {
            spec.schedule(after -> {
                long micros = after.getEpochSecond() * 1_000_000 + after.getNano() / 1_000;
                return instant((Math.floorDiv(micros, plan.period()) + 1) * plan.period());
            });
        } else if (plan.period() != 0) {
            spec.every(micros(plan.period()));
        }
        return new Slots(model, registry.register(spec.build()));
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

    /** Carries out one step. */
    void step(long number) {
        step = number;
        dice.seed(seed, number);
        actions = 0;
        executor.left = Math.min(executor.left, 40);
        switch (dice.below(32)) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 -> operate(dice.below(maps.size()), dice.below(keys.length));
            case 13, 14, 15 -> moveTime();
            case 16, 17, 18, 19 -> pump();
            case 20, 21, 22, 23 -> runTask();
            case 24, 25 -> goOn();
            case 26, 27 -> drain(dice.oneIn(32));
            case 28 -> {
                if (dice.oneIn(2)) {
                    misbehave();
                } else if (dice.oneIn(2)) {
                    scope(dice.below(maps.size()), dice.below(keys.length));
                } else if (view != null) {
                    note(() -> "the executor view");
                    view.operate(dice, delay().toNanosPart());
                }
            }
            case 29 -> lifecycle();
            case 30 -> {
                if (faulty) {
                    failInside(maps.get(dice.below(maps.size())), dice.below(keys.length));
                }
            }
            default -> {
                if (dice.oneIn(16)) {
                    rest();
                } else {
                    drain(false);
                }
            }
        }
        after();
    }

    /** The faults stop: what is due has to fire, and everything comes to rest. */
    void end() {
        step = -2;
        dice.seed(seed, step);
        rest();
        for (int i = 0; i < 20 && !over && wake != Long.MAX_VALUE; i++) {
            long by = Math.max(0, wake - clocks.monotonicNanos());
            if (by > 200_000_000_000L) {
                break;
            }
            clocks.advance(by);
            drain(false);
            after();
        }
        rest();
        if (!over) {
            closeRegistry();
        }
        after();
        finish();
        after();
    }

    private void after() {
        done++;
        Wrong present = wrong;
        if (present != null) {
            throw present;
        }
        if (Thread.interrupted()) {
            throw new Wrong("the thread of a caller was left interrupted");
        }
        if (over && this.present.inside.isEmpty()) {
            finish();
            clocks.advance(1_000_000_000L); // a restart takes some time: generations begin from the clock
            begin();
        }
    }

    /** After a failure: whatever is open comes to an end, so that its stack can be used again. */
    void abandon() {
        quiet = true;
        boolean unused = Thread.interrupted();
        for (int i = 0; i < 1_000 && !open.isEmpty(); i++) {
            resume(open.get(0));
        }
    }

    /** After a close: every run ends, and nothing begins any more or is left. */
    private void finish() {
        if (!over) {
            return;
        }
        quiet = true;
        try {
            while (!open.isEmpty()) {
                resume(open.get(0));
            }
            runAll();
            backend.pump();
        } finally {
            quiet = false;
        }
        for (Slots slots : maps) {
            leaves(slots);
        }
        for (Slots slots : gone) {
            leaves(slots);
        }
        gone.clear();
        same("registry", "runs in flight after the close", 0, detail("inFlight"));
        dropped = false;
        executor.tasks.clear();
        if (stepBack) {
            for (long[] each : highest) {
                Arrays.fill(each, 0); // generations rise across restarts unless the wall clock was set back
            }
            stepBack = false;
        }
    }

    private void leaves(Slots slots) {
        SlotMapStats stats = slots.map.stats();
        same(slots.model.plan.name(), "slots of a closed map", 0L, stats.slots());
        same(slots.model.plan.name(), "references of a closed map", 0L, stats.references());
        same(slots.model.plan.name(), "runs of a closed map", 0L, stats.running());
    }

    private long detail(String name) {
        return backend.report().details().get(name) instanceof Number number ? number.longValue() : -1;
    }

    // ---- operations -----------------------------------------------------------------------------------------------

    private void operate(int index, int key) {
        Slots slots = maps.get(index);
        Model model = slots.model;
        switch (dice.below(16)) {
            case 0, 1, 2, 3, 4 -> arm(slots, key);
            case 5, 6 -> {
                if (!model.plan.work()) {
                    Duration delay = delay();
                    cell(Operation.TOUCH, model, key);
                    Object expected = model.touch(key, deadline(model, delay));
                    same(model, key, "touch", delay, expected, timers(slots).touch(keys[key], delay));
                }
            }
            case 7, 8 -> {
                cell(Operation.CANCEL, model, key);
                race(Race.CANCELLED_WHILE_QUEUED, model, key);
                Object expected = model.cancel(key);
                same(model, key, "cancel", "", expected, slots.map.cancel(keys[key]));
            }
            case 9, 10 -> {
                cell(Operation.DELETE, model, key);
                race(Race.DELETED_WHILE_QUEUED, model, key);
                if (model.live[key] != null && model.former[key] != null) {
                    coverage.race(Race.NEW_INCARNATION_DELETED_WHILE_FORMER_RUNS);
                }
                Object expected = model.delete(key);
                same(model, key, "delete", "", expected, slots.map.delete(keys[key]));
            }
            case 11 -> take(slots, key);
            case 12 -> pause(slots, key);
            case 13 -> await(slots, key);
            case 14 -> look(slots, key);
            default -> {
                if (model.plan.cron()) {
                    cell(Operation.START, model, key);
                    Object expected = model.start(key, Model.DERIVED, null);
                    same(
                            model,
                            key,
                            "start by schedule",
                            "",
                            expected,
                            timers(slots).start(keys[key]));
                } else {
                    startAll(slots);
                }
            }
        }
    }

    /** Operations through a scope, which has what it has started last. */
    private void scope(int index, int key) {
        executor.left = 0; // whose a slot is, is known after the operation only
        int number = dice.below(2);
        SlotScope scope = registry.scope("scope" + number);
        Slots slots = maps.get(index);
        Model model = slots.model;
        switch (model.closed ? 3 : dice.below(4)) {
            case 0, 1 -> {
                Duration delay = delay();
                Object expected;
                Object actual;
                if (model.plan.work()) {
                    expected = model.submit(key, now(model), null);
                    actual = scope.works(model.plan.name(), SimulatedKey.class).submit(keys[key]);
                } else {
                    expected = model.start(key, deadline(model, delay), null);
                    actual = scope.timers(model.plan.name(), SimulatedKey.class).start(keys[key], delay);
                }
                same(model, key, "start in " + scope, delay, expected, actual);
                slots.owners[key] = new Owner(model.live[key], number);
            }
            case 2 -> {
                SlotMap<SimulatedKey> seen = model.plan.work()
                        ? scope.works(model.plan.name(), SimulatedKey.class)
                        : scope.timers(model.plan.name(), SimulatedKey.class);
                Owner owner = slots.owners[key];
                boolean known = owner.has(model.live[key]);
                DeleteOutcome actual = seen.delete(keys[key]);
                if (known && owner.scope != number) {
                    coverage.race(Race.SCOPE_ASKED_FOR_THE_SLOT_OF_ANOTHER);
                    same(model, key, "delete in " + scope, "", DeleteOutcome.ABSENT, actual);
                } else if (known || actual != DeleteOutcome.ABSENT) {
                    same(model, key, "delete in " + scope, "", model.delete(key), actual);
                }
            }
            default -> closeScope(scope, number);
        }
    }

    private void closeScope(SlotScope scope, int number) {
        note(() -> "close " + scope);
        try {
            if (scope.close(Duration.ZERO).remaining() != 0) {
                fail("slots remain in " + scope);
            }
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
        for (Slots slots : maps) {
            Model model = slots.model;
            for (SimulatedKey key : keys) {
                Model.Slot slot = model.live[key.id];
                Owner owner = slots.owners[key.id];
                if (slot == null) {
                    continue;
                }
                boolean found = slots.map.find(key).isPresent();
                if (owner.has(slot) && found == (owner.scope == number)) {
                    fail(name(model, key.id) + " is of scope" + owner.scope + " and is" + (found ? " " : " not ")
                            + "there after the close of " + scope);
                }
                if (!found) {
                    coverage.race(Race.SCOPE_CLOSED_WITH_SLOTS);
                    model.delete(key.id);
                }
            }
        }
    }

    /** Starts or submits. */
    private void arm(Slots slots, int key) {
        Model model = slots.model;
        cell(model.plan.work() ? Operation.SUBMIT : Operation.START, model, key);
        race(Race.REARMED_WHILE_QUEUED, model, key);
        Model.Slot before = model.live[key];
        if (before == null && model.former[key] != null) {
            coverage.race(Race.NEW_INCARNATION_WHILE_FORMER_RUNS);
        }
        Integer value = model.plan.merge() == null || dice.oneIn(4) ? null : ++values;
        if (value != null && before != null && before.running) {
            coverage.race(Race.VALUE_ACCEPTED_DURING_A_RUN);
        }
        Object carried = value != null && model.plan.merge() == Merge.FUNCTION ? List.of(value) : value;
        Object expected;
        if (model.plan.work()) {
            expected = model.submit(key, now(model), value);
            Object actual = carried == null
                    ? ((WorkSlots<SimulatedKey>) slots.map).submit(keys[key])
                    : valueWorks(slots).submit(keys[key], carried);
            same(model, key, "submit", value, expected, actual);
        } else if (model.plan.clock() == SlotClock.REALTIME && !model.plan.cron() && dice.oneIn(4)) {
            long at = now(model) + dice.of(-1L, 0L, 1L, 5_000L, 3_000_000L);
            expected = model.start(key, at, value);
            Object actual = carried == null
                    ? timers(slots).startAt(keys[key], instant(at))
                    : valueTimers(slots).startAt(keys[key], instant(at), carried);
            same(model, key, "start at, with value", at + " " + value, expected, actual);
        } else {
            Duration delay = delay();
            expected = model.start(key, deadline(model, delay), value);
            Object actual = carried == null
                    ? timers(slots).start(keys[key], delay)
                    : valueTimers(slots).start(keys[key], delay, carried);
            same(model, key, "start", value == null ? delay : value, expected, actual);
        }
        if (expected.toString().equals("REJECTED")) {
            coverage.race(before == null ? Race.MAP_FULL : Race.VALUES_FULL);
        }
    }

    private void startAll(Slots slots) {
        Model model = slots.model;
        if (model.plan.work()) {
            return;
        }
        Duration delay = delay();
        List<SimulatedKey> batch = new ArrayList<>();
        int[] outcomes = new int[StartOutcome.values().length];
        for (SimulatedKey key : keys) {
            if (dice.oneIn(2)) {
                batch.add(key);
                outcomes[model.start(key.id, deadline(model, delay), null).ordinal()]++;
            }
        }
        List<Integer> expected = List.of(
                outcomes[StartOutcome.STARTED.ordinal()],
                outcomes[StartOutcome.REARMED.ordinal()],
                outcomes[StartOutcome.REJECTED.ordinal()],
                outcomes[StartOutcome.CLOSED.ordinal()]);
        var summary = timers(slots).startAll(batch, delay);
        List<Integer> actual = List.of(summary.started(), summary.rearmed(), summary.rejected(), summary.closed());
        same(model, 0, "start all", batch, expected, actual);
    }

    private void take(Slots slots, int key) {
        Model model = slots.model;
        if (model.plan.merge() == null) {
            return;
        }
        cell(Operation.TAKE, model, key);
        List<Integer> expected = model.take(key);
        @SuppressWarnings("unchecked")
        ValueSlots<SimulatedKey, Object> map = (ValueSlots<SimulatedKey, Object>) slots.map;
        if (model.plan.merge() == Merge.COLLECT) {
            same(model, key, "take all", "", expected, map.takeAll(keys[key]));
        } else {
            Object one = expected.isEmpty() ? null : model.plan.merge() == Merge.FUNCTION ? expected : expected.get(0);
            same(model, key, "take", "", Optional.ofNullable(one), map.take(keys[key]));
        }
    }

    private void pause(Slots slots, int key) {
        Model model = slots.model;
        switch (dice.below(6)) {
            case 0, 1 -> {
                cell(Operation.PAUSE, model, key);
                race(Race.PAUSED_WHILE_QUEUED, model, key);
                Object expected = model.pause(key);
                same(model, key, "pause", "", expected, slots.map.pause(keys[key]));
            }
            case 2, 3 -> {
                cell(Operation.RESUME, model, key);
                Object expected = model.resume(key);
                same(model, key, "resume", "", expected, slots.map.resume(keys[key]));
            }
            case 4 -> {
                Object expected = model.pause();
                same(model, key, "pause of the map", "", expected, slots.map.pause());
            }
            default -> {
                Object expected = model.resume();
                same(model, key, "resume of the map", "", expected, slots.map.resume());
            }
        }
    }

    private void await(Slots slots, int key) {
        Model model = slots.model;
        boolean own = isInside(model, key);
        try {
            if (dice.oneIn(2)) {
                cell(Operation.CANCEL_AND_AWAIT, model, key);
                Object expected = own ? CancelOutcome.WOULD_DEADLOCK : model.cancelAndAwait(key);
                same(model, key, "cancel and await", "", expected, slots.map.cancelAndAwait(keys[key], Duration.ZERO));
            } else {
                boolean runs = model.former[key] != null || model.live[key] != null && model.live[key].running;
                Object expected =
                        own ? AwaitOutcome.WOULD_DEADLOCK : runs ? AwaitOutcome.TIMED_OUT : AwaitOutcome.ENDED;
                same(model, key, "await", "", expected, slots.map.awaitRun(keys[key], Duration.ZERO));
            }
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    private boolean isInside(Model model, int key) {
        for (Model.Run run : present.inside) {
            if (run.map == model && run.slot.key == key) {
                return true;
            }
        }
        return false;
    }

    private boolean isInside(Model model) {
        return present.inside.stream().anyMatch(run -> run.map == model);
    }

    /** What a look shows is what the model says. */
    private void look(Slots slots, int key) {
        Model model = slots.model;
        cell(Operation.FIND, model, key);
        Optional<SlotSnapshot> found = slots.map.find(keys[key]);
        String difference = difference(model, model.live[key], found);
        note(() -> "find " + name(model, key) + " -> " + found.map(SlotSnapshot::runState));
        if (difference != null) {
            fail("a look at " + name(model, key) + ": " + difference);
        }
    }

    private @Nullable String difference(Model model, Model.@Nullable Slot slot, Optional<SlotSnapshot> found) {
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
            boolean exact = model.isExact(slot, now(model));
            if (!slot.loose && !model.isLeftOut(slot, now(model))) {
                model.seen(slot, snapshot.generation());
            }
            Duration left = snapshot.timeLeft();
            long wanted = slot.deadline * 1_000 - nanos(model);
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

    // ---- runs -----------------------------------------------------------------------------------------------------

    private void fired(int index, Model model, SimulatedKey key, SlotFiring firing) throws Exception {
        disarm();
        done++;
        note(() -> "  fires " + firing + ", attempt " + firing.attempt() + ", value " + firing.value());
        Model.Run run;
        try {
            if (!running || over || model.closed) {
                throw new Wrong("a run after a stop or close: " + firing);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new Wrong("a run began interrupted: " + firing);
            }
            long deadline = (nanos(model) - firing.lateness().toNanos()) / 1_000;
            run = model.begin(key.id, firing.generation(), firing.attempt(), deadline, firing.value(), now(model));
            if (run.isFirst() && firing.generation() <= highest[index][key.id]) {
                throw new Wrong("generation " + firing.generation() + " after " + highest[index][key.id]);
            }
            highest[index][key.id] = Math.max(highest[index][key.id], firing.generation());
        } catch (Wrong e) {
            failed(new Wrong(name(model, key.id) + ": " + e.getMessage()));
            return;
        }
        if (model.plan.concurrency() != 0) {
            if (model.running > model.plan.concurrency()) {
                failed(new Wrong(model.running + " runs at once in " + model.plan));
            }
            if (model.running == model.plan.concurrency()) {
                coverage.race(Race.RUN_WITH_ALL_PERMITS_TAKEN);
            }
        }
        Open where = present;
        where.inside.push(run);
        boolean threw = true;
        try {
            callback(model, run, firing);
            threw = false;
        } catch (Wrong e) {
            failed(e);
        } finally {
            present.inside.pop();
            note(() -> "  ends " + name(model, key.id));
            if (firing.cancelled() != run.slot.freed) {
                failed(new Wrong("cancelled() is " + firing.cancelled() + " for " + run.slot));
            }
            model.end(run, threw, now(model));
        }
    }

    private void callback(Model model, Model.Run run, SlotFiring firing) throws Exception {
        if (quiet) {
            return;
        }
        boolean slow = present.worker != null && present.inside.size() == 1 && !pumping;
        while (!quiet) {
            if (slow && dice.oneIn(2)) {
                coverage.fault(Fault.CALLBACK_SLOW);
                stopHere();
                continue;
            }
            if (++actions > MOST_ACTIONS || dice.oneIn(2)) {
                break;
            }
            act(model, run, firing);
        }
        if (quiet) {
            return;
        }
        if (dice.oneIn(16)) {
            coverage.fault(Fault.CALLBACK_INTERRUPTS);
            Thread.currentThread().interrupt();
        }
        switch (dice.below(12)) {
            case 0 -> {
                coverage.fault(Fault.CALLBACK_EXCEPTION);
                throw dice.oneIn(2)
                        ? new IllegalStateException("a callback fails")
                        : new InterruptedException("a callback fails");
            }
            case 1 -> {
                coverage.fault(Fault.CALLBACK_ERROR);
                throw dice.oneIn(2) ? new StackOverflowError() : new InjectedError();
            }
            default -> {}
        }
    }

    private void act(Model model, Model.Run run, SlotFiring firing) {
        switch (dice.below(12)) {
            case 0, 1 -> {
                Duration delay = delay();
                StartOutcome expected = model.arm(run.slot, deadline(model, delay), null);
                if (expected == StartOutcome.FREED) {
                    coverage.race(Race.RESTART_OF_A_FREED_SLOT);
                }
                same(model, run.slot.key, "  restart", delay, expected, firing.restart(delay));
            }
            case 2, 3 -> {
                Duration delay = delay();
                boolean postpone = dice.oneIn(3);
                boolean armed = run.slot.armed;
                boolean pending = !run.slot.values.isEmpty();
                long deadline = model.plan.cron() ? Model.DERIVED : deadline(model, delay);
                if (model.plan.cron() && model.plan.late() != LatePolicy.ALL && armed) {
                    return; // whether the point comes first is the schedule's to say
                }
                RetryOutcome expected = model.redeliver(run, deadline, postpone);
                switch (expected) {
                    case SCHEDULED -> {
                        if (armed) {
                            coverage.race(Race.RETRY_PUTS_A_PERIOD_OFF);
                        }
                    }
                    case SUPERSEDED -> {
                        coverage.race(Race.RETRY_SUPERSEDED);
                        if (pending) {
                            coverage.race(Race.VALUES_OF_A_RETRY_MERGED);
                        }
                    }
                    case WITHDRAWN -> coverage.race(Race.RETRY_WITHDRAWN);
                    case FREED -> coverage.race(Race.RETRY_OF_A_FREED_SLOT);
                }
                RetryOutcome actual = postpone ? firing.postpone(delay) : firing.retry(delay);
                same(model, run.slot.key, postpone ? "  postpone" : "  retry", delay, expected, actual);
            }
            case 4, 5, 6 -> {
                for (int i = 0; i < maps.size(); i++) {
                    if (maps.get(i).model == model) {
                        operate(i, run.slot.key);
                    }
                }
            }
            case 7, 8 -> operate(dice.below(maps.size()), dice.below(keys.length));
            case 9 -> {
                if (present.worker == null) {
                    pump();
                }
            }
            case 10 -> {
                if (dice.oneIn(4)) {
                    coverage.fault(Fault.CALLBACK_STOPS_REGISTRY);
                    stop();
                } else if (dice.oneIn(8)) {
                    coverage.fault(Fault.CALLBACK_CLOSES_REGISTRY);
                    closeRegistry();
                }
            }
            default -> {
                if (dice.oneIn(8)) {
                    coverage.fault(Fault.CALLBACK_CLOSES_MAP);
                    closeMap(dice.below(maps.size()));
                }
            }
        }
    }

    /** The run stays open, and the steps go on elsewhere. */
    private void stopHere() {
        Open here = present;
        Workers.Worker worker = here.worker;
        if (worker != null) {
            worker.pause();
        }
    }

    private void runTask() {
        int size = executor.tasks.size();
        if (size == 0) {
            return;
        }
        int at = 0;
        if (dice.oneIn(4)) {
            at = size - 1;
            coverage.fault(Fault.EXECUTOR_REVERSE_ORDER);
        } else if (dice.oneIn(8)) {
            at = dice.below(size);
        }
        Runnable task = executor.tasks.remove(at);
        if (!running) {
            coverage.race(Race.TASK_RUN_AFTER_STOP);
        }
        note(() -> "run a task of " + size);
        if (!dice.oneIn(4)) {
            task.run();
            return;
        }
        Open caller = present;
        Open own = new Open();
        present = own;
        Workers.Worker worker = workers.run(() -> {
            own.worker = workers.present;
            try {
                task.run();
            } catch (Throwable e) {
                failed(new Wrong("a task threw " + e));
            }
        });
        present = caller;
        if (worker != null) {
            open.add(own);
        }
    }

    private void goOn() {
        if (!open.isEmpty()) {
            resume(open.get(dice.below(open.size())));
        }
    }

    private void resume(Open run) {
        Workers.Worker worker = run.worker;
        if (worker == null) {
            throw new IllegalStateException("a run without a stack");
        }
        note(() -> "go on with a run");
        Open caller = present;
        present = run;
        worker.resume();
        present = caller;
        if (!worker.busy) {
            open.remove(run);
        }
    }

    // ---- time and faults --------------------------------------------------------------------------------------------

    private void moveTime() {
        long span = SPANS[dice.below(SPANS.length)] * 1_000;
        switch (dice.below(16)) {
            case 0 -> {
                coverage.fault(Fault.SUSPENDED);
                clocks.suspend(span);
                note(() -> "suspend " + span);
            }
            case 1 -> {
                coverage.fault(Fault.WALL_FORWARD);
                clocks.setWall(span * 3);
                note(() -> "wall clock forward " + span * 3);
            }
            case 2 -> {
                long back = 1_000_000_000L * (1 + dice.below(20));
                coverage.fault(Fault.WALL_BACK);
                stepBack = true;
                clocks.setWall(-back);
                note(() -> "wall clock back " + back);
                for (Slots slots : maps) {
                    if (slots.model.plan.cron() && slots.model.armed() != 0) {
                        coverage.race(Race.SCHEDULE_FOLLOWS_THE_CLOCK_BACK);
                    }
                }
            }
            case 3, 4, 5, 6 -> {
                long by = wake == Long.MAX_VALUE ? 0 : wake - clocks.monotonicNanos() + dice.of(-1_000L, 0L, 1_000L);
                if (by > 0 && by < 100_000_000_000L) {
                    clocks.advance(by);
                    note(() -> "advance " + by + " to what is due next");
                }
            }
            case 7 -> {
                long far = 1_000_000_000L * dice.below(60);
                clocks.advance(far);
                note(() -> "advance " + far);
            }
            default -> {
                clocks.advance(span);
                note(() -> "advance " + span);
            }
        }
    }

    private void pump() {
        note(() -> "pump");
        boolean outer = pumping;
        pumping = true;
        try {
            wake = backend.pump();
        } finally {
            pumping = outer;
        }
    }

    private void misbehave() {
        if (dice.oneIn(6) && !executor.tasks.isEmpty()) {
            note(() -> "the executor drops its tasks");
            coverage.fault(Fault.EXECUTOR_DROPS);
            executor.tasks.clear();
            dropped = true;
            return;
        }
        Mode mode = dice.of(Mode.values());
        int tasks = 1 + dice.below(6);
        note(() -> "the executor: " + mode + " for " + tasks);
        executor.behave(mode, tasks);
    }

    private void lifecycle() {
        switch (dice.below(12)) {
            case 0, 1, 2 -> stop();
            case 3, 4, 5, 6 -> start();
            case 7 -> closeMap(dice.below(maps.size()));
            case 8 -> {
                if (dice.oneIn(6)) {
                    closeRegistry();
                }
            }
            default -> {
                int index = dice.below(maps.size());
                if (maps.get(index).model.closed) {
                    Slots former = maps.get(index);
                    if (former.model.running != 0) {
                        coverage.race(Race.MAP_REOPENED_WHILE_FORMER_RUNS);
                    }
                    gone.add(former);
                    maps.set(index, opened(index));
                }
            }
        }
    }

    private void start() {
        if (!over && !running) {
            note(() -> "start the registry");
            running = true;
            registry.start();
        }
    }

    private void stop() {
        if (over) {
            return;
        }
        if (!executor.tasks.isEmpty()) {
            coverage.race(Race.STOPPED_WHILE_QUEUED);
        }
        boolean runs = !open.isEmpty() || !present.inside.isEmpty();
        if (runs) {
            coverage.race(Race.STOPPED_WHILE_RUNNING);
        }
        running = false;
        try {
            boolean stopped = registry.stop(Duration.ZERO);
            note(() -> "stop the registry -> " + stopped);
            if (stopped && runs) {
                fail("a stop answered true while a callback runs");
            }
            if (!stopped && !runs) {
                fail("a stop answered false though no callback runs");
            }
            dropped = false;
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    private void closeMap(int index) {
        executor.left = 0; // a close frees slot after slot: what runs inline in between is neither right nor wrong
        Slots slots = maps.get(index);
        Model model = slots.model;
        if (model.running != 0) {
            coverage.race(Race.MAP_CLOSED_WHILE_RUNNING);
        }
        if (!executor.tasks.isEmpty()) {
            coverage.race(Race.MAP_CLOSED_WHILE_QUEUED);
        }
        boolean own = isInside(model);
        boolean runs = model.running != 0;
        if (!own) {
            model.close();
        }
        try {
            CloseOutcome outcome = slots.map.close(Duration.ZERO);
            same(
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

    private void closeRegistry() {
        if (over) {
            return;
        }
        note(() -> "close the registry");
        executor.left = 0;
        over = true;
        running = false;
        for (Slots slots : maps) {
            slots.model.close();
        }
        registry.close();
    }

    /** An operation, or what the engine does, is cut short by an Error. */
    private void failInside(Slots slots, int key) {
        executor.left = 0; // what an executor runs at once would be cut short as well
        Model model = slots.model;
        Model.Slot slot = model.live[key];
        look(slots, key); // so that its generation is known
        if (slot != null && (slot.loose || model.isLeftOut(slot, now(model)))) {
            return;
        }
        switch (dice.below(4)) {
            case 0 -> cutShort("a pump", this::pump);
            case 1 ->
                cutShort("a run", () -> {
                    if (!executor.tasks.isEmpty()) {
                        executor.tasks.remove(0).run();
                    }
                });
            default -> failInOperation(slots, key);
        }
    }

    private boolean cutShort(String what, Runnable action) {
        int at = 1 + dice.below(6);
        switch (dice.below(2)) {
            case 0 -> {
                failingKey[0] = at;
                coverage.fault(Fault.KEY_FAILS);
            }
            default -> {
                clocks.failAt(at);
                coverage.fault(Fault.CLOCK_FAILS);
            }
        }
        boolean done = false;
        try {
            action.run();
            done = true;
        } catch (InjectedError e) {
            note(() -> what + " was cut short");
        } finally {
            disarm();
        }
        return done;
    }

    /** The operation has happened or not: a look tells, and the model follows. */
    private void failInOperation(Slots slots, int key) {
        Model model = slots.model;
        Duration delay = delay();
        long deadline = deadline(model, delay);
        long now = now(model);
        Supplier<Object> real;
        Supplier<Object> meant;
        switch (dice.below(4)) {
            case 0 -> {
                real = () -> slots.map.cancel(keys[key]);
                meant = () -> model.cancel(key);
            }
            case 1 -> {
                real = () -> slots.map.delete(keys[key]);
                meant = () -> model.delete(key);
            }
            default -> {
                boolean work = model.plan.work();
                real = () -> work
                        ? ((WorkSlots<SimulatedKey>) slots.map).submit(keys[key])
                        : timers(slots).start(keys[key], delay);
                meant = () -> work ? model.submit(key, now, null) : model.start(key, deadline, null);
            }
        }
        Object[] outcome = new Object[1];
        if (cutShort("an operation on " + name(model, key), () -> outcome[0] = real.get())) {
            same(model, key, "operation", "", meant.get(), outcome[0]);
            return;
        }
        if (difference(model, model.live[key], slots.map.find(keys[key])) == null) {
            coverage.race(Race.OPERATION_IN_DOUBT_NOT_DONE);
            return;
        }
        coverage.race(Race.OPERATION_IN_DOUBT_DONE);
        Object unused = meant.get();
        model.uncounted = true;
        look(slots, key);
    }

    private void disarm() {
        failingKey[0] = 0;
        clocks.failAt(0);
    }

    // ---- rest -----------------------------------------------------------------------------------------------------

    private boolean runAll() {
        boolean any = false;
        while (!executor.tasks.isEmpty()) {
            executor.tasks.remove(0).run();
            done++;
            any = true;
        }
        return any;
    }

    /** Lets everything happen that can happen now. Nothing may be left that is due. */
    private void drain(boolean deep) {
        if (over) {
            return;
        }
        note(() -> "drain");
        executor.left = 0;
        boolean outer = quiet;
        quiet = true;
        try {
            if (dropped) {
                boolean was = running;
                stop();
                if (was) {
                    start();
                }
            }
            for (int round = 0; ; round++) {
                pump();
                if (!runAll()) {
                    if (!executor.refused) {
                        break;
                    }
                    executor.refused = false;
                    clocks.advance(BACK_OFF_NANOS);
                }
                if (round > MOST_ROUNDS) {
                    fail("no end: after " + round + " rounds there is still something to do");
                }
            }
        } finally {
            quiet = outer;
        }
        if (wrong == null && !over) {
            compare(deep);
        }
    }

    private void compare(boolean deep) {
        executor.ranInline &= !open.isEmpty();
        long latest = Long.MAX_VALUE;
        for (Slots slots : maps) {
            Model model = slots.model;
            long now = now(model);
            if (running && !model.closed) {
                boolean noPermit = model.plan.concurrency() != 0 && model.running >= model.plan.concurrency();
                for (Model.Slot slot : model.live) {
                    if (slot == null || noPermit) {
                        continue;
                    }
                    boolean mayWait = executor.ranInline; // behind a run that is open, on the stack of that run
                    if (!mayWait && model.isDue(slot, now) && model.isExact(slot, now)) {
                        fail("lost: " + name(model, slot.key) + " is due at " + now + ": " + slot);
                    }
                    if (!mayWait && slot.deadline == Model.DERIVED) {
                        checkDerived(slots, slot, now);
                    }
                }
                if (!noPermit) {
                    model.leaveOut(now);
                    latest = Math.min(latest, latestLook(model, now));
                }
            }
            if (deep) {
                compare(slots);
            }
        }
        String task = view == null ? null : view.wrong(running && !executor.ranInline);
        if (task != null) {
            fail(task);
        }
        if (running && wake > latest && !executor.ranInline) {
            fail("wakes too late: at " + wake + " for what is due at " + latest);
        }
    }

    private long latestLook(Model model, long now) {
        long latest = Long.MAX_VALUE;
        for (Model.Slot slot : model.live) {
            if (slot != null
                    && slot.armed
                    && !slot.running
                    && !model.isHeld(slot)
                    && model.former[slot.key] == null
                    && slot.deadline != Model.DERIVED
                    && slot.deadline < Model.NEVER) {
                long look = model.plan.clock() == SlotClock.MONOTONIC
                        ? slot.deadline
                        : clocks.monotonicNanos() / 1_000 + slot.deadline - now;
                latest = Math.min(latest, look * 1_000);
            }
        }
        return latest;
    }

    /** What follows a schedule waits for the first point that has not had its run. */
    private void checkDerived(Slots slots, Model.Slot slot, long now) {
        Model model = slots.model;
        if (!slot.armed || slot.running || model.isHeld(slot) || model.former[slot.key] != null || slot.again != null) {
            return;
        }
        SlotSnapshot snapshot = slots.map.find(keys[slot.key]).orElse(null);
        Instant deadline = snapshot == null ? null : snapshot.deadline();
        if (deadline == null) {
            fail("nothing is pending of " + slot);
            return;
        }
        long due = deadline.getEpochSecond() * 1_000_000 + deadline.getNano() / 1_000;
        if (due <= now) {
            fail("lost: " + name(model, slot.key) + " is due since " + due + " at " + now + ": " + slot);
        }
        long first = model.after(0, now);
        while (slot.fired.contains(first)) {
            first += model.plan.period();
        }
        if (due > first && !slot.crowded) {
            fail(name(model, slot.key) + " waits for " + due + " though the point " + first + " has had no run, at "
                    + now);
        }
    }

    private void compare(Slots slots) {
        Model model = slots.model;
        SlotMapStats stats = slots.map.stats();
        String name = model.plan.name();
        same(name, "slots", model.size, stats.slots());
        same(name, "running", model.running, stats.running());
        Model.Ledger ledger = model.ledger;
        same(
                name,
                "values accepted",
                ledger.accepted,
                ledger.handed
                        - ledger.returned
                        + ledger.merged
                        + ledger.taken
                        + ledger.cancelled
                        + ledger.deleted
                        + model.pendingValues());
        if (model.uncounted) {
            return;
        }
        same(name, "armed", model.armed(), stats.armed());
        same(name, "fired", model.firings, stats.fired());
        same(name, "rearmed", model.rearmed, stats.rearmed());
        same(name, "moved", model.moved, stats.moved());
        same(name, "coalesced", model.coalesced, stats.coalesced());
        same(name, "rejected", model.rejected, stats.rejected());
        same(name, "cancelled", model.cancelled, stats.cancelled());
        same(name, "deleted", model.deleted, stats.deleted());
        same(name, "deletedArmed", model.deletedArmed, stats.deletedArmed());
        same(name, "failed", model.failed, stats.failed());
        same(name, "retried", model.retried, stats.retried());
        same(name, "postponed", model.postponed, stats.postponed());
        same(name, "started", model.started + stats.skipped(), stats.started());
        if (stats.skipped() != 0) {
            coverage.race(Race.PERIOD_LEFT_OUT);
        }
    }

    /** Every run ends, everything due has fired: one reference for each slot, and all of them ready. */
    private void rest() {
        if (over) {
            return;
        }
        note(() -> "rest");
        quiet = true;
        try {
            start();
            while (!open.isEmpty()) {
                resume(open.get(0));
            }
        } finally {
            quiet = false;
        }
        executor.refused = true; // what waits for a thread may wait for a timer
        drain(true);
        if (wrong != null) {
            return;
        }
        for (Slots slots : maps) {
            SlotMapStats stats = slots.map.stats();
            same(slots.model.plan.name(), "references at rest", stats.slots(), stats.references());
            same(slots.model.plan.name(), "queued at rest", 0L, stats.queued());
            for (SimulatedKey key : keys) {
                Optional<SlotSnapshot> found = slots.map.find(key);
                String difference = difference(slots.model, slots.model.live[key.id], found);
                if (difference != null) {
                    fail("at rest, " + name(slots.model, key.id) + ": " + difference);
                }
                if (found.isPresent()
                        && (found.get().state() != SlotState.READY
                                || found.get().references() != 1)) {
                    fail("at rest, " + name(slots.model, key.id) + " is " + found.get());
                }
            }
        }
        same("registry", "runs in flight at rest", 0, detail("inFlight"));
        same("registry", "slots that wait for a thread at rest", 0, detail("waitForThread"));
        same("registry", "slots recovered", 0, detail("recovered"));
    }

    // ---- values ---------------------------------------------------------------------------------------------------

    private long nanos(Model model) {
        return clocks.nanos(model.plan.clock());
    }

    private long now(Model model) {
        return nanos(model) / 1_000;
    }

    private Duration delay() {
        if (dice.oneIn(64)) {
            return dice.of(LONGEST, Duration.ofDays(3), Duration.ofHours(1), Duration.ofNanos(1));
        }
        return Duration.ofNanos(SPANS[dice.below(SPANS.length)] * 1_000 + (dice.oneIn(4) ? dice.below(1_000) : 0));
    }

    private long deadline(Model model, Duration delay) {
        if (delay.equals(LONGEST)) {
            return Model.NEVER;
        }
        return (nanos(model) + delay.toNanos() + 999) / 1_000;
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000);
    }

    private static TimerSlots<SimulatedKey> timers(Slots slots) {
        return (TimerSlots<SimulatedKey>) slots.map;
    }

    @SuppressWarnings("unchecked")
    private static ValueTimerSlots<SimulatedKey, Object> valueTimers(Slots slots) {
        return (ValueTimerSlots<SimulatedKey, Object>) slots.map;
    }

    @SuppressWarnings("unchecked")
    private static ValueWorkSlots<SimulatedKey, Object> valueWorks(Slots slots) {
        return (ValueWorkSlots<SimulatedKey, Object>) slots.map;
    }

    // ---- reports --------------------------------------------------------------------------------------------------

    private void cell(Operation operation, Model model, int key) {
        Model.Slot slot = model.live[key];
        State state = model.closed
                ? State.CLOSED
                : isInside(model, key)
                        ? State.OWN_CALLBACK
                        : slot == null
                                ? model.former[key] != null ? State.FORMER_RUNS : State.ABSENT
                                : slot.running
                                        ? slot.armed ? State.RUNNING_ARMED : State.RUNNING
                                        : slot.armed ? State.ARMED : State.IDLE;
        coverage.cell(operation, state);
    }

    /** Of a slot that is due while tasks are in the executor's hands. */
    private void race(Race race, Model model, int key) {
        Model.Slot slot = model.live[key];
        if (slot != null && !executor.tasks.isEmpty() && model.isDue(slot, now(model))) {
            coverage.race(race);
        }
    }

    private static String name(Model model, int key) {
        return model.plan.name() + "/k" + key;
    }

    private void same(
            Model model, int key, String what, @Nullable Object detail, Object expected, @Nullable Object actual) {
        done++;
        note(() -> what + " " + name(model, key) + " " + detail + " -> " + actual);
        if (!expected.equals(actual)) {
            fail(what + " " + name(model, key) + " " + detail + ": the model says " + expected + ", the engine "
                    + actual);
        }
    }

    private void same(String map, String what, long expected, long actual) {
        if (expected != actual) {
            fail(map + " " + what + ": the model says " + expected + ", the engine " + actual);
        }
    }

    private void fail(String message) {
        failed(new Wrong(message));
    }

    /** Inside a callback what is thrown goes no further: so it is kept, and thrown when the step is over. */
    private void failed(Wrong failure) {
        if (wrong == null) {
            wrong = new Wrong("step " + step + ": " + failure.getMessage());
        }
    }

    private void note(Supplier<String> line) {
        if (trace != null) {
            trace.append(step).append(": ").append(line.get()).append('\n');
        }
    }
}

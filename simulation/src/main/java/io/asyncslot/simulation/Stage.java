package io.asyncslot.simulation;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.simulation.Coverage.Operation;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.simulation.Coverage.State;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of a life share: clocks, executor, registry and maps as they are now, and what has gone wrong. One part moves at
 * a time, on whichever stack: nothing here is concurrent.
 */
final class Stage {

    static final long[] SPANS = {0, 1, 300, 1_000, 1_024, 5_000, 33_000, 262_144, 1_000_000, 3_000_000};
    private static final Duration LONGEST = Duration.ofSeconds(Long.MAX_VALUE);

    /** A run that is open, on its own stack. */
    static final class Open {
        final Deque<Model.Run> inside = new ArrayDeque<>();
        Workers.@Nullable Worker worker;
    }

    final Coverage coverage;
    final Workers workers;
    final @Nullable StringBuilder trace;
    final Dice dice = new Dice();
    final SimulatedClocks clocks = new SimulatedClocks();
    final SimulatedExecutor executor;

    /** Whether callbacks may share a task: in every other life. */
    final boolean sharesTasks;

    final SimulatedKey[] keys;

    /** In its one cell the call of a key that fails, counted from now; 0 for none. */
    final int[] failingKey = new int[1];

    /** The highest generation that each key of each map has fired with. */
    final long[][] highest;

    final int mapCount;
    final List<Slots> maps = new ArrayList<>();

    /** Maps that are closed, and have runs or commands left. */
    final List<Slots> gone = new ArrayList<>();

    /** Whether slots outlive the process in this life. */
    final boolean survives;

    /** Whether Errors come in between operations' steps in this life. */
    final boolean faulty;

    /** What measures time, and goes wrong below the backend. */
    final Machine machine;

    /** The backend of the present registry. */
    private @Nullable SlotBackend backend;

    @Nullable
    AsyncSlotRegistry registry;

    @Nullable
    ExecutorView view;

    /** Whether the registry was started and not stopped since. */
    boolean running;

    /** Whether the registry was closed. */
    boolean over;

    /** Whether a pump is on the stack. */
    boolean pumping;

    /** Whether callbacks are to end without doing anything. */
    boolean quiet;

    /** Whether the executor has dropped tasks since the last stop. */
    boolean dropped;

    /** Whether the wall clock was set back in this life of the registry. */
    boolean stepBack;

    /** What callbacks have done in this step. */
    int actions;

    /** The last value that was made. */
    int values;

    /** When the engine has to look by itself. */
    long wake;

    /** The stack that moves now, and those that wait. */
    Open present = new Open();

    final List<Open> open = new ArrayList<>();

    @Nullable
    Wrong wrong;

    long step;

    /** Operations, runs, moves of time and the like, carried out so far. */
    long done;

    Stage(
            long seed,
            Coverage coverage,
            Workers workers,
            @Nullable StringBuilder trace,
            Function<Ticker, Machine> machine) {
        this.coverage = coverage;
        this.workers = workers;
        this.trace = trace;
        this.executor = new SimulatedExecutor(coverage);
        this.sharesTasks = (seed & 1) != 0;
        this.machine = machine.apply(clocks.steady());
        dice.seed(seed, -1);
        this.mapCount = 1 + dice.below(4);
        this.keys = new SimulatedKey[dice.oneIn(8) ? 40 : 1 + dice.below(6)];
        this.faulty = dice.oneIn(3);
        this.survives = this.machine.canSurvive() && dice.oneIn(2);
        if (survives) {
            this.machine.survive();
        }
        for (int i = 0; i < keys.length; i++) {
            keys[i] = new SimulatedKey(i, SimulatedKey.hash(i), failingKey);
        }
        this.highest = new long[mapCount][keys.length];
    }

    SlotBackend booted() {
        SlotBackend made = machine.boot();
        backend = made;
        return made;
    }

    AsyncSlotRegistry registry() {
        return Objects.requireNonNull(registry);
    }

    long nanos(Model model) {
        return clocks.nanos(model.plan.clock());
    }

    long now(Model model) {
        return nanos(model) / 1_000;
    }

    Duration delay() {
        if (dice.oneIn(64)) {
            return dice.of(LONGEST, Duration.ofDays(3), Duration.ofHours(1), Duration.ofNanos(1));
        }
        return Duration.ofNanos(SPANS[dice.below(SPANS.length)] * 1_000 + (dice.oneIn(4) ? dice.below(1_000) : 0));
    }

    long deadline(Model model, Duration delay) {
        if (delay.equals(LONGEST)) {
            return Model.NEVER;
        }
        return (nanos(model) + delay.toNanos() + 999) / 1_000;
    }

    static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }

    static Instant instant(long micros) {
        return Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000);
    }

    void pump() {
        note(() -> "pump");
        boolean outer = pumping;
        pumping = true;
        try {
            wake = machine.pump();
        } finally {
            pumping = outer;
        }
    }

    void disarm() {
        failingKey[0] = 0;
        clocks.failAt(0);
    }

    long detail(String name) {
        return Objects.requireNonNull(backend).report().details().get(name) instanceof Number number
                ? number.longValue()
                : -1;
    }

    boolean isInside(Model model, int key) {
        for (Model.Run run : present.inside) {
            if (run.map == model && run.slot.key == key) {
                return true;
            }
        }
        return false;
    }

    boolean isInside(Model model) {
        return present.inside.stream().anyMatch(run -> run.map == model);
    }

    void cell(Operation operation, Model model, int key) {
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
    void race(Race race, Model model, int key) {
        Model.Slot slot = model.live[key];
        if (slot != null && !executor.tasks.isEmpty() && model.isDue(slot, now(model))) {
            coverage.race(race);
        }
    }

    static String name(Model model, int key) {
        return model.plan.name() + "/k" + key;
    }

    void same(Model model, int key, String what, @Nullable Object detail, Object expected, @Nullable Object actual) {
        done++;
        note(() -> what + " " + name(model, key) + " " + detail + " -> " + actual);
        if (!expected.equals(actual)) {
            fail(what + " " + name(model, key) + " " + detail + ": the model says " + expected + ", the engine "
                    + actual);
        }
    }

    void same(String map, String what, long expected, long actual) {
        if (expected != actual) {
            fail(map + " " + what + ": the model says " + expected + ", the engine " + actual);
        }
    }

    void fail(String message) {
        failed(new Wrong(message));
    }

    /** Inside a callback what is thrown goes no further: so it is kept, and thrown when the step is over. */
    void failed(Wrong failure) {
        if (wrong == null) {
            wrong = new Wrong("step " + step + ": " + failure.getMessage());
        }
    }

    void note(Supplier<String> line) {
        if (trace != null) {
            trace.append(step).append(": ").append(line.get()).append('\n');
        }
    }
}

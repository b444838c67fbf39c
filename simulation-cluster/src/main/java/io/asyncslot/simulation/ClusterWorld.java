package io.asyncslot.simulation;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotFiring;
import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.node.SimulatedThreads;
import io.asyncslot.cluster.node.SimulatedThreads.Ready;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.simulation.ClusterModel.Run;
import io.asyncslot.simulation.Coverage.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One life of a cluster: one to three processes on one database. Whatever a process does, in its own loops, in the tasks of its
 * executor or for a caller, has its own stack and stops where it waits, so that all the others can go on in between; which one does
 * is for the seed to say.
 */
final class ClusterWorld implements Life {

    /** Where nothing goes wrong any more, everything has come to rest after this time. */
    private static final long REST_NANOS = 12_000_000_000L;

    /** Where the database has refused something as if it were of another version, a begin waits for half a minute besides. */
    private static final long REFUSED_NANOS = 30_000_000_000L;

    private static final long LOOK_NANOS = 487_000_003L;

    private static final int MOST_ROUNDS = 200_000;

    final Dice dice = new Dice();
    final SimulatedClocks clocks = new SimulatedClocks();
    final Coverage coverage;
    final List<ClusterProcess> processes = new ArrayList<>();
    final List<ClusterPlan> plans = new ArrayList<>();

    private final long seed;
    private final Workers workers;
    private final @Nullable StringBuilder trace;
    private final ClusterOptions options;
    private final ClusterModel model;
    private final ClusterLedger ledger;
    private final ClusterCallers callers;
    private final SimulatedDatabase database;
    private final int size;
    private final int keys;
    private final List<Fiber> fibers = new ArrayList<>();

    /** Callbacks that go on. */
    private final List<Run> inside = new ArrayList<>();

    /** How often something goes wrong in this life. */
    private final int faults;

    /** And how rarely a process or the database as a whole does. */
    private final int calm;

    private @Nullable Fiber present;
    private @Nullable Wrong wrong;
    private boolean quiet;
    private int actions;
    private int made;
    private long step;

    /** Transactions, steps of processes, callbacks and the like, carried out so far. */
    long done;

    ClusterWorld(long seed, Coverage coverage, Workers workers, @Nullable StringBuilder trace) {
        this.seed = seed;
        this.coverage = coverage;
        this.workers = workers;
        this.trace = trace;
        step = -1;
        dice.seed(seed, step);
        this.size = 1 + dice.below(3);
        this.keys = 1 + dice.below(5);
        this.faults = dice.of(0, 8, 20, 60);
        this.calm = dice.of(1, 3, 8);
        Dice shapes = new Dice(); // its own: every other life has none, and is the life that it was without
        shapes.seed(seed, -3);
        Dice spaces = new Dice(); // and one life in three has neither schedules nor intervals
        spaces.seed(seed, -4);
        int maps = 1 + dice.below(3);
        for (int i = 0; i < maps; i++) {
            ClusterPlan plan = ClusterPlan.drawn("m" + i, dice);
            ClusterPlan shaped = (seed & 1) == 0 ? plan : plan.shaped(shapes);
            plans.add(seed % 3 == 2 ? shaped : shaped.spaced(spaces));
        }
        ClusterOptions quick = ClusterOptions.of("simulated");
        this.options = new ClusterOptions(
                quick.namespace(),
                quick.tablePrefix(),
                quick.schemaMode(),
                "node",
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofMillis(200),
                4,
                quick.pollInterval(),
                quick.maxValueBytes(),
                quick.maxHeld(),
                dice.of(1, 2, 500),
                quick.failedRetention(),
                quick.whenAway());
        this.model = new ClusterModel(plans);
        this.callers = new ClusterCallers(this, model);
        this.ledger = new ClusterLedger(model, coverage, options.silence().toNanos());
        this.database = new SimulatedDatabase(this, ledger);
        database.notifies = dice.oneIn(2);
        note(() -> size + " processes, " + keys + " keys, " + plans + ", faults 1/" + faults + ", notifications "
                + database.notifies);
        for (int i = 0; i < size; i++) {
            begin(processes.size());
        }
        database.faults = faults;
    }

    @Override
    public long done() {
        return done;
    }

    // ---- stacks -------------------------------------------------------------------------------------------------

    private void go(ClusterProcess process, String name, Runnable task) {
        note(() -> process + ": " + name);
        done++;
        Fiber fiber = new Fiber(process, name);
        present = fiber;
        fiber.worker = workers.run(() -> {
            try {
                task.run();
            } catch (Killed e) {
                // with its process
            } catch (Throwable e) {
                failed(e instanceof Wrong it ? it : new Wrong(name + " of " + process + " throws " + e));
                trace(e);
            }
        });
        present = null;
        process.threads.moved();
        if (fiber.worker != null) {
            fibers.add(fiber);
        }
    }

    private void resume(Fiber fiber) {
        note(() -> fiber.process + ": " + fiber.name + " goes on");
        done++;
        Workers.Worker worker = fiber.worker;
        if (worker == null) {
            throw new IllegalStateException("not begun");
        }
        fibers.remove(fiber);
        present = fiber;
        worker.resume();
        present = null;
        fiber.process.threads.moved();
        if (worker.busy) {
            fibers.add(fiber);
        }
    }

    /** The stack that moves now. */
    Fiber present() {
        Fiber fiber = present;
        if (fiber == null) {
            throw new IllegalStateException("not on a stack of a process");
        }
        return fiber;
    }

    /** Whether this stack can wait: not the simulation's own. */
    boolean waits() {
        return present != null;
    }

    /** Whether a process that waits stands still from here on. */
    boolean stops() {
        return faults != 0 && !quiet && dice.oneIn(8);
    }

    /** Stops the stack of a process until something holds or the time is over. */
    void await(BooleanSupplier holds, long nanos) {
        Fiber fiber = present;
        Workers.Worker worker = workers.present;
        if (fiber == null || worker == null) {
            return; // the simulation's own stack has no time to wait
        }
        long now = clocks.steady().monotonicNanos();
        fiber.holds = holds;
        fiber.until = nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + nanos;
        worker.pause();
    }

    private boolean isReady(Fiber fiber) {
        return !fiber.process.paused
                && (fiber.process.dead
                        || fiber.until <= clocks.steady().monotonicNanos()
                        || fiber.holds.getAsBoolean());
    }

    /** An operation of the present stack was committed, whether its answer comes or is lost. */
    void outcome(Object outcome) {
        if (present != null) {
            present.outcome = outcome;
        }
    }

    /** One of the keys. */
    String key() {
        return "k" + dice.below(keys);
    }

    /** The present stack has looked at a slot. */
    void looked(@Nullable Row saw) {
        if (present != null) {
            present.saw = saw;
        }
    }

    /** The present stack has read the database's clock. */
    void read(long micros) {
        if (present != null) {
            present.read = micros;
        }
    }

    void failed(Wrong failure) {
        if (wrong == null) {
            wrong = new Wrong("step " + step + ": " + failure.getMessage());
            trace(failure);
        }
    }

    private void trace(Throwable failure) {
        if (trace != null) {
            for (StackTraceElement element : failure.getStackTrace()) {
                trace.append("    at ").append(element).append('\n');
            }
        }
    }

    void note(Supplier<String> line) {
        if (trace != null) {
            trace.append(step)
                    .append(" @")
                    .append(clocks.steady().monotonicNanos() / 1_000)
                    .append(": ")
                    .append(line.get())
                    .append('\n');
        }
    }

    // ---- processes ----------------------------------------------------------------------------------------------

    /** A process begins, in the place of a former one. */
    private void begin(int place) {
        int number = made++;
        try {
            ClusterProcess process = new ClusterProcess(this, number, database, options, this::fired);
            if (place == processes.size()) {
                processes.add(process);
            } else {
                processes.set(place, process);
            }
            start(process);
            note(() -> process + " begins");
        } catch (BackendUnavailableException | StoreException e) {
            note(() -> "process " + number + " does not begin: " + e.getMessage());
        }
    }

    private void start(ClusterProcess process) {
        process.running = true;
        boolean started = false;
        try {
            process.registry.start();
            started = true;
        } catch (BackendUnavailableException | StoreException e) {
            note(() -> process + " does not start: " + e.getMessage());
        } finally {
            process.running = started;
            process.threads.moved();
        }
    }

    private void stop(ClusterProcess process) {
        process.running = false;
        boolean runs = inside.stream().anyMatch(run -> run.process == process);
        try {
            boolean stopped = process.registry.stop(Duration.ZERO);
            note(() -> process + " stops -> " + stopped);
            if (stopped && runs) {
                throw new Wrong("a stop answered true while a callback runs");
            }
        } catch (InterruptedException e) {
            throw new Wrong("interrupted by nobody");
        }
    }

    private void kill(int place) {
        ClusterProcess process = processes.get(place);
        note(() -> process + " is killed");
        process.dead = true;
        process.paused = false;
        process.listens = false;
        unwind(process);
        inside.removeIf(run -> run.process == process);
    }

    private void unwind(ClusterProcess process) {
        for (Fiber fiber : List.copyOf(fibers)) {
            if (fiber.process == process) {
                resume(fiber);
            }
        }
    }

    /** Takes one step of some process; answers false if none can be taken. */
    private boolean move() {
        List<Runnable> steps = new ArrayList<>();
        for (ClusterProcess process : processes) {
            if (!process.dead && !process.paused) {
                for (Ready ready : process.ready()) {
                    boolean waits = !ready.name().equals(SimulatedThreads.TIMERS);
                    steps.add(waits ? () -> go(process, ready.name(), ready.step()) : ready.step());
                }
            }
        }
        for (Fiber fiber : fibers) {
            if (isReady(fiber)) {
                steps.add(() -> resume(fiber));
            }
        }
        if (steps.isEmpty()) {
            return false;
        }
        steps.get(dice.below(steps.size())).run();
        return true;
    }

    /** Lets time pass until something can be done, at most for so long. */
    private void advance(long most) {
        long now = clocks.steady().monotonicNanos();
        long due = now + most;
        for (ClusterProcess process : processes) {
            if (!process.dead && !process.paused) {
                long left = process.threads.left();
                due = left == Long.MAX_VALUE ? due : Math.min(due, now + left);
            }
        }
        for (Fiber fiber : fibers) {
            due = fiber.process.paused ? due : Math.min(due, fiber.until);
        }
        clocks.advance(Math.max(0, due - now));
    }

    // ---- steps --------------------------------------------------------------------------------------------------

    @Override
    public void step(long number) {
        step = number;
        dice.seed(seed, number);
        actions = 0;
        switch (dice.below(32)) {
            case 0, 1, 2, 3, 4, 5 -> operate();
            case 6, 7, 8 -> advance(1_000_000L * dice.of(1, 10, 100, 1_000));
            case 9 -> clocks.advance(1_000_000L * dice.of(1, 10, 100, 300, 900, 2_500));
            case 10 -> {
                if (faults != 0 && dice.oneIn(calm)) {
                    misbehave();
                }
            }
            case 12, 13 -> recover();
            case 14, 15 -> pass(1_000_000L * dice.of(50, 300, 1_200));
            case 11 -> database.carryOut(1);
            default -> {
                for (int i = 0; i < 4 && move(); i++) {}
            }
        }
        after();
    }

    private void after() {
        Wrong present = wrong;
        if (present != null) {
            throw present;
        }
        model.balance();
    }

    /** Something begins to go wrong. */
    private void misbehave() {
        int place = dice.below(processes.size());
        ClusterProcess process = processes.get(place);
        switch (process.dead || process.paused ? 10 : dice.below(10)) {
            case 0 -> {
                coverage.fault(Fault.NODE_KILLED);
                kill(place);
            }
            case 1, 2, 3 -> {
                coverage.fault(Fault.NODE_PAUSED);
                note(() -> process + " stands still");
                process.paused = true;
            }
            case 4 -> {
                setClock(process);
            }
            case 5 -> {
                if (process.running) {
                    coverage.fault(Fault.NODE_STOPPED);
                    stop(process);
                }
            }
            case 6 -> {
                if (!process.closed) {
                    coverage.fault(Fault.NODE_CLOSED);
                    note(() -> process + " closes");
                    process.running = false;
                    process.closed = true;
                    process.registry.close();
                    process.threads.moved();
                }
            }
            case 7 -> {
                process.trouble = trouble();
                note(() -> "the database for " + process + ": " + process.trouble);
            }
            default -> {
                database.trouble = trouble();
                note(() -> "the database: " + database.trouble);
            }
        }
    }

    private void setClock(ClusterProcess process) {
        coverage.fault(Fault.NODE_CLOCK_SET);
        note(() -> process + " has its wall clock set");
        process.skewNanos += 1_000_000L * (dice.below(200_000) - 100_000);
    }

    /** Something goes on as it should; clocks are often put right after an outage. */
    private void recover() {
        int place = dice.below(processes.size());
        ClusterProcess process = processes.get(place);
        if (faults != 0 && dice.oneIn(16)) {
            setClock(process);
        }
        if (database.trouble != null && dice.oneIn(2)) {
            note(() -> "the database is back");
            database.trouble = null;
        } else if (process.dead) {
            begin(place);
        } else if (process.paused) {
            note(() -> process + " goes on");
            process.paused = false;
        } else if (process.trouble != null) {
            note(() -> "the database is back for " + process);
            process.trouble = null;
        } else if (process.closed) {
            kill(place);
            begin(place);
        } else if (!process.running) {
            start(process);
        }
    }

    private Trouble trouble() {
        Trouble drawn = dice.of(Trouble.LOST, Trouble.LOST, Trouble.READ_ONLY, Trouble.BUSY);
        coverage.fault(
                drawn == Trouble.LOST
                        ? Fault.DATABASE_AWAY
                        : drawn == Trouble.READ_ONLY ? Fault.DATABASE_READ_ONLY : Fault.POOL_EMPTY);
        return drawn;
    }

    private void operate() {
        ClusterProcess process = processes.get(dice.below(processes.size()));
        if (process.dead || process.paused || process.closed) {
            return;
        }
        int map = dice.below(plans.size());
        String key = key();
        int kind = dice.below(20);
        go(process, "a caller", () -> callers.operate(process, map, key, kind));
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------

    private void fired(ClusterProcess process, SlotId id, SlotFiring firing) throws Exception {
        process.checkAlive();
        done++;
        Fiber fiber = present;
        Run run;
        try {
            run = ledger.called(process, id, firing, clocks.steady().realtimeNanos() / 1_000);
            for (Run each : inside) {
                if (each.id.equals(id)) {
                    ledger.overlapping(each, run);
                }
            }
            note(() -> "  fires " + run);
        } catch (Wrong e) {
            failed(e);
            return;
        }
        inside.add(run);
        try {
            callback(process, id, firing);
        } finally {
            inside.remove(run);
            run.returned = true;
            present = fiber;
        }
    }

    private void callback(ClusterProcess process, SlotId id, SlotFiring firing) throws Exception {
        while (!quiet && dice.oneIn(2) && ++actions < 20) {
            switch (dice.below(6)) {
                case 0 -> callers.checked("restart", id, () -> firing.restart(callers.delay()));
                case 1 ->
                    callers.checked(
                            "retry",
                            id,
                            () -> dice.oneIn(3) ? firing.postpone(callers.delay()) : firing.retry(callers.delay()),
                            false);
                case 2 -> callers.operate(process, dice.below(plans.size()), key(), dice.below(18));
                default -> {
                    coverage.fault(Fault.CALLBACK_SLOW);
                    process.holdUp();
                }
            }
        }
        if (!quiet && dice.oneIn(12)) {
            coverage.fault(Fault.CALLBACK_EXCEPTION);
            throw new IllegalStateException("a callback fails");
        }
    }

    // ---- rest ---------------------------------------------------------------------------------------------------

    @Override
    public void end() {
        step = -2;
        dice.seed(seed, step);
        note(() -> "nothing goes wrong any more");
        quiet = true;
        database.faults = 0;
        database.trouble = null;
        database.carryOut(Integer.MAX_VALUE);
        for (int i = 0; i < processes.size(); i++) {
            ClusterProcess process = processes.get(i);
            process.trouble = null;
            process.paused = false;
            if (process.closed && !process.dead) {
                kill(i);
            }
            if (processes.get(i).dead) {
                begin(i);
            } else if (!process.running) {
                start(process);
            }
        }
        long began = clocks.steady().monotonicNanos();
        long most = REST_NANOS + (database.refused ? REFUSED_NANOS : 0);
        String unrest = unrest();
        while (unrest != null) {
            if (clocks.steady().monotonicNanos() - began > most) {
                throw new Wrong(unrest);
            }
            pass(LOOK_NANOS);
            for (ClusterProcess process : processes) {
                if (!process.running) {
                    start(process);
                }
            }
            unrest = unrest();
        }
        coverage.rested(clocks.steady().monotonicNanos() - began);
        after();
        for (ClusterProcess process : processes) {
            stop(process);
            process.registry.close();
        }
        after();
        abandon();
    }

    /** What is not at rest; null for nothing. */
    private @Nullable String unrest() {
        long now = clocks.steady().realtimeNanos() / 1_000;
        String unrest = model.unrest(now);
        if (unrest != null) {
            return unrest;
        }
        for (ClusterProcess process : processes) {
            Map<String, Object> details = process.node.details();
            if (!Integer.valueOf(0).equals(details.get("running")) || !Boolean.TRUE.equals(details.get("accepting"))) {
                return "not at rest: " + process + " has " + details;
            }
            for (Run run : process.begun) {
                if (run.called && !run.returned || !run.called && !run.cut && !run.passed) {
                    return "begun, and not called: " + run;
                }
            }
        }
        return null;
    }

    private void pass(long nanos) {
        long end = clocks.steady().monotonicNanos() + nanos;
        for (int round = 0; ; round++) {
            if (round > MOST_ROUNDS) {
                throw new Wrong("no end: after " + round + " steps there is still something to do");
            }
            if (wrong != null) {
                throw wrong;
            }
            if (!move()) {
                long left = end - clocks.steady().monotonicNanos();
                if (left <= 0) {
                    return;
                }
                advance(left);
            }
        }
    }

    @Override
    public void abandon() {
        quiet = true;
        for (ClusterProcess process : processes) {
            process.dead = true;
            process.paused = false;
        }
        for (int i = 0; i < 1_000 && !fibers.isEmpty(); i++) {
            resume(fibers.get(0));
        }
    }
}

package io.asyncslot.simulation;

import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.spi.SharedTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Keeps tasks until the simulation runs them, and misbehaves as it is told. */
final class SimulatedExecutor implements Executor {

    /** What it does with a task. */
    enum Mode {
        KEEPS,
        REFUSES,
        FAILS,
        RUNS_THEN_REFUSES,
        RUNS_INLINE,
        KEEPS_TWICE
    }

    final List<Runnable> tasks = new ArrayList<>();
    Mode mode = Mode.KEEPS;

    /** How many more tasks that holds for. */
    int left;

    /** Whether a task was refused, so that others may have to wait for a timer. */
    boolean refused;

    /** Whether a task was run by the thread that handed it over: it comes after the run, if any, that this thread is in. */
    boolean ranInline;

    private final Coverage coverage;

    SimulatedExecutor(Coverage coverage) {
        this.coverage = coverage;
    }

    /** The same, with the mark that callbacks may share a task. */
    Executor sharing() {
        return new Sharing(this);
    }

    private record Sharing(SimulatedExecutor executor) implements Executor, SharedTasks {

        @Override
        public void execute(Runnable task) {
            executor.execute(task);
        }
    }

    void behave(Mode as, int tasks) {
        mode = as;
        left = tasks;
    }

    @Override
    public void execute(Runnable task) {
        Mode present = left > 0 ? mode : Mode.KEEPS;
        left--;
        switch (present) {
            case KEEPS -> tasks.add(task);
            case REFUSES -> {
                coverage.fault(Fault.EXECUTOR_REFUSES);
                refused = true;
                throw new RejectedExecutionException("full");
            }
            case FAILS -> {
                coverage.fault(Fault.EXECUTOR_FAILS);
                refused = true;
                throw new InjectedError();
            }
            case RUNS_THEN_REFUSES -> {
                coverage.fault(Fault.EXECUTOR_RUNS_THEN_REFUSES);
                refused = true;
                ranInline = true;
                task.run();
                throw new RejectedExecutionException("ran it, and says that it did not");
            }
            case RUNS_INLINE -> {
                coverage.fault(Fault.EXECUTOR_RUNS_INLINE);
                ranInline = true;
                task.run();
            }
            case KEEPS_TWICE -> {
                coverage.fault(Fault.EXECUTOR_RUNS_TWICE);
                tasks.add(task);
                tasks.add(task);
            }
        }
    }
}

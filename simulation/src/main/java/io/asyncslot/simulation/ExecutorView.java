package io.asyncslot.simulation;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.scheduling.SlotScheduledExecutor;
import io.asyncslot.simulation.Coverage.Race;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A scheduled executor on slots, with the book of its tasks: each runs once, or is cancelled, and never early. */
final class ExecutorView {

    private static final int MOST_TASKS = 8;

    /** A task; times in nanoseconds of the monotonic clock. */
    private static final class Task {
        final long period;
        long due;
        boolean ended;

        @Nullable
        Future<?> future;

        Task(long due, long period) {
            this.due = due;
            this.period = period;
        }
    }

    private final SlotScheduledExecutor executor;
    private final SimulatedClocks clocks;
    private final Coverage coverage;
    private final List<Task> tasks = new ArrayList<>();
    private @Nullable String wrong;

    ExecutorView(AsyncSlotRegistry registry, SimulatedClocks clocks, Coverage coverage) {
        this.executor = new SlotScheduledExecutor(registry, "view", clocks, null, LatePolicy.ONCE);
        this.clocks = clocks;
        this.coverage = coverage;
    }

    /** Schedules, or cancels. */
    void operate(Dice dice, long delay) {
        tasks.removeIf(task -> task.ended);
        if (!tasks.isEmpty() && (tasks.size() >= MOST_TASKS || dice.oneIn(4))) {
            Task task = tasks.get(dice.below(tasks.size()));
            Future<?> future = task.future;
            if (future == null || !future.cancel(false)) {
                wrong = "a task that has not run could not be cancelled";
            }
            coverage.race(Race.TASK_OF_THE_VIEW_CANCELLED);
            task.ended = true;
            return;
        }
        Task task = new Task(clocks.monotonicNanos() + delay, dice.oneIn(4) ? 1_000_000_000L * (1 + dice.below(5)) : 0);
        tasks.add(task);
        task.future = task.period == 0
                ? executor.schedule(() -> ran(task), delay, TimeUnit.NANOSECONDS)
                : executor.scheduleAtFixedRate(() -> ran(task), delay, task.period, TimeUnit.NANOSECONDS);
    }

    private void ran(Task task) {
        long now = clocks.monotonicNanos();
        if (task.ended || now < task.due) {
            wrong = task.ended ? "a task ran again that had ended" : "a task ran " + (task.due - now) + " ns early";
        }
        if (task.period == 0) {
            task.ended = true;
        } else {
            task.due += ((now - task.due) / task.period + 1) * task.period;
            coverage.race(Race.TASK_OF_THE_VIEW_REPEATED);
        }
    }

    /** What has gone wrong; null for nothing. */
    @Nullable
    String wrong(boolean drained) {
        long now = clocks.monotonicNanos();
        for (Task task : tasks) {
            if (drained && !task.ended && task.due <= now) {
                return "a task did not run that is due since " + (now - task.due) + " ns";
            }
        }
        return wrong;
    }
}

package io.asyncslot.scheduling;

import io.asyncslot.LatePolicy;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A task of a {@link SlotScheduledExecutor}: at once the future its submitter gets and the key of its slot. Thread-safe.
 *
 * @param <V> the type of its result
 */
final class SlotTask<V extends @Nullable Object> extends FutureTask<V> implements RunnableScheduledFuture<V> {

    /** How a task goes on after a run. */
    enum Repeat {
        NEVER,
        /** Due a period after it was due. */
        FIXED_RATE,
        /** Due a period after the run's end. */
        FIXED_DELAY
    }

    private final Ticker ticker;
    private final long number;
    private final Repeat repeat;
    private final long period;
    private final LatePolicy late;
    private final Consumer<SlotTask<?>> whenDone;

    /** When it is due, in nanoseconds of the monotonic clock. Moved on by its own runs; volatile. */
    private volatile long due;

    /**
     * Makes a task.
     *
     * @param number its place in the order of submission
     * @param delay nanoseconds from now; negative is zero
     * @param period nanoseconds, positive unless the task is never repeated
     * @param late what happens to missed periods of a fixed rate
     * @param whenDone told once, when there will be no further run
     */
    SlotTask(
            Callable<V> task,
            Ticker ticker,
            long number,
            long delay,
            Repeat repeat,
            long period,
            LatePolicy late,
            Consumer<SlotTask<?>> whenDone) {
        super(task);
        this.ticker = ticker;
        this.number = number;
        this.repeat = repeat;
        this.period = period;
        this.late = late;
        this.whenDone = whenDone;
        this.due = later(ticker.monotonicNanos(), Math.max(0, delay));
    }

    /**
     * Runs it once, if it is not done.
     *
     * @return whether it is to be run again
     */
    boolean runOnce() {
        if (!isPeriodic()) {
            super.run();
            return false;
        }
        return isLeftOut() ? !isDone() : runAndReset();
    }

    /** Moves on to the latest period that is due, unless missed ones are made up for; whether this run is left out. */
    private boolean isLeftOut() {
        if (repeat != Repeat.FIXED_RATE || late == LatePolicy.ALL) {
            return false;
        }
        long from = due; // written by this task's runs only
        long missed = (ticker.monotonicNanos() - from) / period; // never early: not negative
        due = from + missed * period;
        return missed > 0 && late == LatePolicy.SKIP;
    }

    /**
     * Moves on to the next period.
     *
     * @return the time until then
     */
    Duration next() {
        long now = ticker.monotonicNanos();
        if (repeat == Repeat.FIXED_DELAY) {
            due = later(now, period);
        } else if (late == LatePolicy.SKIP) {
            due = later(due + (now - due) / period * period, period); // also those that fell due during the run
        } else {
            due = later(due, period);
        }
        return timeLeft();
    }

    /** The time until it is due; zero when it should have run already. */
    Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, getDelay(TimeUnit.NANOSECONDS)));
    }

    /** A sum of times that are not negative; too large ones mean never. */
    private static long later(long time, long span) {
        long sum = time + span;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    @Override
    public boolean isPeriodic() {
        return repeat != Repeat.NEVER;
    }

    @Override
    public long getDelay(TimeUnit unit) {
        return unit.convert(due - ticker.monotonicNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
        if (other instanceof SlotTask<?> task) {
            int byTime = Long.compare(due, task.due);
            return byTime != 0 ? byTime : Long.compare(number, task.number);
        }
        return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }

    @Override
    public void run() {
        runOnce();
    }

    @Override
    protected void done() {
        whenDone.accept(this);
    }
}

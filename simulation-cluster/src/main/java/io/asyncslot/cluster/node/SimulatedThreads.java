package io.asyncslot.cluster.node;

import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The threads of one process of the cluster: they stand still until one of their steps is asked for. One step is under way at a
 * time, whichever stack it is on: nothing here is concurrent.
 */
public final class SimulatedThreads implements NodeThreads {

    /** Where steps wait. */
    public interface Stacks {

        /** Lets others go on until something holds, or until so many nanoseconds are over. */
        void until(BooleanSupplier holds, long nanos);

        /** Lets others go on until the start of a run is answered that was asked for just now. */
        void asked(BooleanSupplier answered);

        /** A number below the one that it is given. */
        int below(int bound);
    }

    /** The step that looks at the timers: it sets none, and never waits. */
    public static final String TIMERS = "timers";

    private static final long NEVER = Long.MAX_VALUE;

    private final Ticker ticker;
    private final Stacks stacks;
    private final JvmBackend timers = JvmBackend.manual();
    private final Upkeep upkeep = new Upkeep();
    private final List<SimulatedLoop> loops = new ArrayList<>();

    /** When the timers have to be looked at; they are after each step, for it may have set one. */
    private long timersDue = NEVER;

    /**
     * Makes the threads of a process.
     *
     * @param ticker its clocks
     * @param stacks where its steps wait
     */
    public SimulatedThreads(Ticker ticker, Stacks stacks) {
        this.ticker = ticker;
        this.stacks = stacks;
    }

    /** A step that can be taken. */
    public record Ready(String name, Runnable step) {}

    /** The steps that can be taken now. */
    public List<Ready> ready() {
        long now = ticker.monotonicNanos();
        List<Ready> ready = new ArrayList<>();
        for (SimulatedLoop loop : loops) {
            if (loop.started && !loop.busy && !loop.over && (loop.woken || loop.closed || loop.due <= now)) {
                ready.add(new Ready(loop.name, loop::run));
            }
        }
        if (!upkeep.busy && upkeep.due() <= now) {
            ready.add(new Ready("upkeep", upkeep::run));
        }
        if (timersDue <= now) {
            ready.add(new Ready(TIMERS, this::pump));
        }
        return ready;
    }

    /** How many nanoseconds are left until a step can be taken; {@link Long#MAX_VALUE} where none can before something happens. */
    public long left() {
        long due = due();
        return due == NEVER ? NEVER : due - ticker.monotonicNanos();
    }

    private long due() {
        long due = Math.min(timersDue, upkeep.busy ? NEVER : upkeep.due());
        for (SimulatedLoop loop : loops) {
            due = loop.started && !loop.busy && !loop.over ? Math.min(due, loop.due) : due;
        }
        return due;
    }

    /** A step was taken that may have set timers. */
    public void moved() {
        timersDue = ticker.monotonicNanos();
    }

    private void pump() {
        long wake = timers.pump();
        timersDue = wake <= ticker.monotonicNanos() ? NEVER : wake; // of timers that do not run, until they do
    }

    // ---- for the node -------------------------------------------------------------------------------------------

    private final class SimulatedLoop implements Loop {

        final String name;
        private final Step step;
        boolean started;
        boolean closed;
        boolean over;
        boolean busy;
        boolean woken;
        long due;

        SimulatedLoop(String name, Step step) {
            this.name = name;
            this.step = step;
        }

        @Override
        public void start() {
            started = true;
            due = ticker.monotonicNanos();
        }

        @Override
        public void wake() {
            woken = true;
        }

        @Override
        public void close() {
            closed = true;
        }

        void run() {
            busy = true;
            if (closed) {
                over = true;
                step.over();
            } else {
                woken = false;
                long nanos = step.step();
                due = nanos == WOKEN ? NEVER : ticker.monotonicNanos() + nanos;
            }
            busy = false;
        }
    }

    private final class Later extends CompletableFuture<Object> implements ScheduledFuture<Object> {

        final Runnable task;
        final long pause;
        long due;

        Later(Runnable task, long due, long pause) {
            this.task = task;
            this.due = due;
            this.pause = pause;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - ticker.monotonicNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    /** One thread, which does one task after another. */
    private final class Upkeep extends AbstractExecutorService implements ScheduledExecutorService {

        private final List<Later> tasks = new ArrayList<>();
        private boolean shut;
        boolean busy;

        long due() {
            return tasks.stream().mapToLong(task -> task.due).min().orElse(NEVER);
        }

        void run() {
            Later first = tasks.stream()
                    .min(Comparator.comparingLong(task -> task.due))
                    .orElseThrow();
            tasks.remove(first);
            busy = true;
            first.task.run();
            busy = false;
            if (first.pause != 0 && !shut) {
                first.due = ticker.monotonicNanos() + first.pause;
                tasks.add(first);
            }
        }

        private Later add(Runnable task, long nanos, long pause) {
            if (shut) {
                throw new RejectedExecutionException("the upkeep is over");
            }
            Later later = new Later(task, ticker.monotonicNanos() + nanos, pause);
            tasks.add(later);
            return later;
        }

        @Override
        public void execute(Runnable task) {
            Later unused = add(task, 0, 0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return add(task, unit.toNanos(delay), 0);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long pause, TimeUnit unit) {
            return add(task, unit.toNanos(first), unit.toNanos(pause));
        }

        @Override
        @SuppressWarnings("unchecked") // nobody asks for the answer
        public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
            return (ScheduledFuture<V>) schedule(
                    () -> {
                        try {
                            Object unused = task.call();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    delay,
                    unit);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long first, long period, TimeUnit unit) {
            throw new UnsupportedOperationException("no node asks for that");
        }

        /** What is to be done later is done, and nothing again and again. */
        @Override
        public void shutdown() {
            shut = true;
            tasks.removeIf(task -> task.pause != 0);
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutdown();
            tasks.clear();
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shut;
        }

        @Override
        public boolean isTerminated() {
            return shut && tasks.isEmpty() && !busy;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return isTerminated();
        }
    }

    @Override
    public Loop loop(String name, Loop.Step step) {
        SimulatedLoop loop = new SimulatedLoop(name, step);
        loops.add(loop);
        return loop;
    }

    @Override
    public ScheduledExecutorService upkeep() {
        return upkeep;
    }

    /** There is none to be had: who would wait there goes on looking. */
    @Override
    public void once(Runnable task) {
        throw new RejectedExecutionException("no thread for " + task);
    }

    @Override
    public SlotBackend timers() {
        return timers;
    }

    @Override
    public void join(CompletableFuture<?> answer) {
        stacks.asked(answer::isDone);
        Object unused = answer.join();
    }

    @Override
    public boolean await(Future<?> answer, Duration limit) {
        stacks.until(answer::isDone, limit.toNanos());
        return answer.isDone();
    }

    @Override
    public void pause(Duration time) {
        stacks.until(() -> false, time.toNanos());
    }

    @Override
    public void pauseUpTo(Duration most) {
        stacks.until(() -> false, 1_000_000L * stacks.below(1 + (int) most.toMillis()));
    }
}

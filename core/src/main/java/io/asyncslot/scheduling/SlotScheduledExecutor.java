package io.asyncslot.scheduling;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.scheduling.SlotTask.Repeat;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ScheduledExecutorService} on the slots of a registry: each task is one slot, freed as soon as the task is
 * cancelled or done. Thread-safe.
 *
 * <p>Tasks run on the registry's executor, as many at once as that allows, and only while the registry is started; what
 * falls due meanwhile runs afterwards. A task is never early, and never runs twice at once. In all else it follows
 * {@link java.util.concurrent.ScheduledThreadPoolExecutor} as that is set up by itself:
 *
 * <ul>
 *   <li>after {@link #shutdown()} delayed tasks still run, and periodic ones are cancelled;
 *   <li>{@link #shutdownNow()} interrupts what runs, and answers what waited, which is not cancelled;
 *   <li>what is submitted after either is refused with {@link RejectedExecutionException};
 *   <li>a fixed rate makes up for all periods it missed, one after another, unless another {@link LatePolicy} is
 *       given;
 *   <li>an exception ends a periodic task, and its future tells it.
 * </ul>
 *
 * <p>Tasks with the same deadline, and those that are due at once, begin in no particular order. Shutting down leaves the
 * registry and its executor as they are, and must come before the registry is closed: that drops the tasks.
 */
public final class SlotScheduledExecutor extends AbstractExecutorService implements ScheduledExecutorService {

    private static final String IMMEDIATE = "-now";

    private final Ticker ticker;
    private final LatePolicy late;

    /** The slots of tasks with a delay and of periodic ones. Freed here only, by whoever then accounts for the task. */
    private final TimerSlots<SlotTask<?>> delayed;

    /** The slots of tasks that are due at once: they need not pass the timer's thread. */
    private final WorkSlots<SlotTask<?>> immediate;

    private final TaskCount tasks = new TaskCount();
    private final AtomicLong submitted = new AtomicLong();

    private final Settings settings;

    /** Keeps the process alive while there may be tasks; null before the first one, and where nobody asked. */
    private final AtomicReference<@Nullable Thread> keepAlive = new AtomicReference<>();

    /** Whether the names of the maps are being given back. */
    private final AtomicBoolean closing = new AtomicBoolean();

    /** Who runs what. Entered and left by the runs; whoever interrupts does so inside the map's atomic step. */
    private final ConcurrentHashMap<SlotTask<?>, Thread> running = new ConcurrentHashMap<>();

    /**
     * Makes an executor on a registry with the system's clocks.
     *
     * @param registry home of its slots
     * @param name the name of its timer map; the name of its work map has {@code -now} at the end
     * @throws io.asyncslot.DuplicateSlotMapException if an open map has one of the names
     * @throws IllegalArgumentException if the name is not acceptable
     */
    public SlotScheduledExecutor(AsyncSlotRegistry registry, String name) {
        this(registry, name, SystemTicker.instance());
    }

    /**
     * Makes an executor.
     *
     * @param registry home of its slots
     * @param name the name of its timer map; the name of its work map has {@code -now} at the end
     * @param ticker the registry's own ticker
     * @throws io.asyncslot.DuplicateSlotMapException if an open map has one of the names
     * @throws IllegalArgumentException if the name is not acceptable
     */
    public SlotScheduledExecutor(AsyncSlotRegistry registry, String name, Ticker ticker) {
        this(registry, name, ticker, null, LatePolicy.ALL);
    }

    /**
     * Makes an executor.
     *
     * @param registry home of its slots
     * @param name the name of its timer map; the name of its work map has {@code -now} at the end
     * @param ticker the registry's own ticker
     * @param backend the backend of its maps, null for the registry's default; the keys are tasks of this JVM, so only a
     *     backend whose slots live in this JVM can hold them
     * @param late what happens to the periods of a fixed rate that could not run when they were due
     * @throws io.asyncslot.DuplicateSlotMapException if an open map has one of the names
     * @throws io.asyncslot.BackendUnavailableException if the backend is unknown or not usable
     * @throws IllegalArgumentException if the name is not acceptable
     */
    public SlotScheduledExecutor(
            AsyncSlotRegistry registry, String name, Ticker ticker, @Nullable String backend, LatePolicy late) {
        this(registry, name, ticker, new Settings(backend, late, 0, null, false));
    }

    /**
     * Makes an executor.
     *
     * @param registry home of its slots
     * @param name the name of its timer map; the name of its work map has {@code -now} at the end
     * @param ticker the registry's own ticker
     * @param settings how it behaves
     * @throws io.asyncslot.DuplicateSlotMapException if an open map has one of the names
     * @throws io.asyncslot.BackendUnavailableException if the backend is unknown or not usable
     * @throws IllegalArgumentException if the name is not acceptable
     */
    public SlotScheduledExecutor(AsyncSlotRegistry registry, String name, Ticker ticker, Settings settings) {
        this.ticker = ticker;
        this.settings = settings;
        this.late = settings.late;
        this.delayed = registry.register(TimerMapSpec.named(name, keyType())
                .callback(this::run)
                .backend(settings.backend)
                .concurrency(settings.concurrency)
                .whenIdle(WhenIdle.KEEP)
                .build());
        try {
            this.immediate = registry.register(WorkMapSpec.named(name + IMMEDIATE, keyType())
                    .callback(this::run)
                    .backend(settings.backend)
                    .whenIdle(WhenIdle.KEEP)
                    .build());
        } catch (RuntimeException e) {
            close(delayed);
            throw e;
        }
    }

    /**
     * How an executor behaves. Immutable.
     *
     * @param backend the backend of its maps, null for the registry's default; the keys are tasks of this JVM, so only a
     *     backend whose slots live in this JVM can hold them
     * @param late what happens to the periods of a fixed rate that could not run when they were due
     * @param concurrency how many tasks may run at once; 0 for no limit but that of the registry's executor
     * @param threadNamePrefix what the names of threads begin with while they run tasks; null to leave names alone
     * @param keepAlive whether a thread that is no daemon keeps the process alive from the first task until the end
     */
    public record Settings(
            @Nullable String backend,
            LatePolicy late,
            int concurrency,
            @Nullable String threadNamePrefix,
            boolean keepAlive) {}

    @SuppressWarnings("unchecked") // there is no class of SlotTask<?> but that of SlotTask
    private static Class<SlotTask<?>> keyType() {
        return (Class<SlotTask<?>>) (Class<?>) SlotTask.class;
    }

    // ---- submitting ---------------------------------------------------------------------------------------------

    /**
     * Runs a task once, after a delay.
     *
     * @throws RejectedExecutionException after shutdown
     */
    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return start(task(callable(command), unit.toNanos(delay), Repeat.NEVER, 0));
    }

    /**
     * Runs a task once, after a delay.
     *
     * @throws RejectedExecutionException after shutdown
     */
    @Override
    public <V extends @Nullable Object> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return start(task(callable, unit.toNanos(delay), Repeat.NEVER, 0));
    }

    /**
     * Runs a task again and again, at an unchanging distance between the points it is due.
     *
     * @throws RejectedExecutionException after shutdown
     */
    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return periodic(command, initialDelay, Repeat.FIXED_RATE, period, unit);
    }

    /**
     * Runs a task again and again, at an unchanging distance between the end of a run and the begin of the next.
     *
     * @throws RejectedExecutionException after shutdown
     */
    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return periodic(command, initialDelay, Repeat.FIXED_DELAY, delay, unit);
    }

    @Override
    public void execute(Runnable command) {
        var unused = schedule(command, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Runnable task, T result) {
        return schedule(Executors.callable(task, result), 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
        return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    private ScheduledFuture<?> periodic(
            Runnable command, long initialDelay, Repeat repeat, long period, TimeUnit unit) {
        Callable<?> task = callable(command);
        Objects.requireNonNull(unit, "unit");
        if (period <= 0) {
            throw new IllegalArgumentException("the period must be positive: " + period + " " + unit);
        }
        return start(task(task, unit.toNanos(initialDelay), repeat, unit.toNanos(period)));
    }

    private static Callable<?> callable(Runnable command) {
        return Executors.callable(command);
    }

    private <V extends @Nullable Object> SlotTask<V> task(Callable<V> task, long delay, Repeat repeat, long period) {
        Objects.requireNonNull(task, "callable");
        return new SlotTask<>(task, ticker, submitted.getAndIncrement(), delay, repeat, period, late, this::free);
    }

    private <V extends @Nullable Object> SlotTask<V> start(SlotTask<V> task) {
        if (!tasks.admit()) {
            throw new RejectedExecutionException(task + " comes after the shutdown of '" + delayed.name() + "'");
        }
        if (!arm(task)) {
            tasks.leave();
            throw new RejectedExecutionException(task + " found the registry of '" + delayed.name() + "' closed");
        }
        // published first, then looked: a shutdown that did not find the slot is seen here
        boolean late = task.isPeriodic() ? tasks.isShutdown() : tasks.isStopped();
        if (late && free(task)) {
            task.cancel(false);
        }
        stayAlive();
        return task;
    }

    private boolean arm(SlotTask<?> task) {
        Duration delay = task.timeLeft();
        return task.isPeriodic() || !delay.isZero() || settings.concurrency > 0 // the limit is that of one map
                ? delayed.start(task, delay) == StartOutcome.STARTED
                : immediate.submit(task) == SubmitOutcome.SUBMITTED;
    }

    // ---- running ------------------------------------------------------------------------------------------------

    private void run(SlotTask<?> task, SlotFiring firing) {
        String prefix = settings.threadNamePrefix;
        if (prefix == null) {
            runTask(task, firing);
            return;
        }
        Thread thread = Thread.currentThread();
        String name = thread.getName();
        thread.setName(prefix + name.substring(name.lastIndexOf('-') + 1));
        try {
            runTask(task, firing);
        } finally {
            thread.setName(name);
        }
    }

    private void runTask(SlotTask<?> task, SlotFiring firing) {
        running.put(task, Thread.currentThread());
        boolean begun = tasks.begin(); // after the line above: a stop is seen here, or sees us there
        try {
            if (!begun) {
                task.cancel(false);
            } else if (task.runOnce() && firing.restart(task.next()) == StartOutcome.FREED) {
                task.cancel(false);
            }
        } finally {
            running.remove(task);
            if (task.isCancelled() || tasks.isStopped()) {
                Thread.interrupted(); // it was meant for the task and is nobody else's
            }
            if (begun) {
                leave();
            }
        }
    }

    /** One less to see through; the last one, after a shutdown, gives back what the executor has. */
    private void leave() {
        tasks.leave();
        if (tasks.hasEnded() && closing.compareAndSet(false, true)) {
            // in a thread of its own: a map is not closed by its own callback, which this may be
            Thread end = new Thread(this::closeIfEnded, "asyncslot-executor-end");
            end.setDaemon(true);
            end.start();
        }
    }

    /** Starts the thread that keeps the process alive, with the first task. */
    private void stayAlive() {
        if (!settings.keepAlive || keepAlive.get() != null || tasks.isShutdown()) {
            return;
        }
        Thread thread = new Thread(tasks::awaitEnd, delayed.name() + "-keep-alive");
        thread.setDaemon(false);
        if (keepAlive.compareAndSet(null, thread)) {
            thread.start();
        }
    }

    /** Frees the slot of a task, once; answers whether this call did it. */
    private boolean free(SlotTask<?> task) {
        boolean freed = delayed.delete(task) != DeleteOutcome.ABSENT || immediate.delete(task) != DeleteOutcome.ABSENT;
        if (freed) {
            leave();
        }
        return freed;
    }

    // ---- ending -------------------------------------------------------------------------------------------------

    @Override
    public void shutdown() {
        tasks.shutdown();
        visit(delayed, task -> {
            if (task.isPeriodic()) {
                task.cancel(false);
            }
        });
        closeIfEnded();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return shutdownNow(thread -> true);
    }

    private List<Runnable> shutdownNow(Predicate<Thread> interrupts) {
        List<Runnable> waiting = drain();
        running.forEach((task, thread) -> {
            if (interrupts.test(thread)) {
                running.computeIfPresent(task, (same, present) -> { // while it is inside that task, and in no other
                    present.interrupt();
                    return present;
                });
            }
        });
        closeIfEnded();
        return waiting;
    }

    /**
     * Ends all tasks as {@link #shutdownNow()} does, and cancels those that waited: whoever waits for one of their futures
     * is told.
     *
     * @return how many waited
     */
    public int shutdownAndCancel() {
        return shutdownAndCancel(thread -> true);
    }

    /**
     * The same, where the interrupt is not for every thread: one that ends the application inside a task, for example, goes on.
     *
     * @param interrupts tells which of the threads that run tasks to interrupt
     * @return how many waited
     */
    public int shutdownAndCancel(Predicate<Thread> interrupts) {
        return cancel(shutdownNow(interrupts));
    }

    /**
     * Shuts down and cancels the tasks that wait. Those that run end by themselves: nothing interrupts them, and periodic
     * ones do not run again.
     *
     * @return how many waited
     */
    public int cancelWaiting() {
        int cancelled = cancel(drain());
        closeIfEnded();
        return cancelled;
    }

    private static int cancel(List<Runnable> waiting) {
        for (Runnable task : waiting) {
            if (task instanceof Future<?> future) {
                future.cancel(true);
            }
        }
        return waiting.size();
    }

    /** Lets no further run begin, and frees what waits. */
    private List<Runnable> drain() {
        tasks.stop();
        List<Runnable> waiting = new ArrayList<>();
        visit(delayed, task -> drain(delayed, task, waiting));
        visit(immediate, task -> drain(immediate, task, waiting));
        return waiting;
    }

    private void drain(SlotMap<SlotTask<?>> slots, SlotTask<?> task, List<Runnable> waiting) {
        CancelOutcome outcome = slots.cancel(task);
        if (outcome == CancelOutcome.CANCELLED && free(task)) {
            waiting.add(task);
        } else if (outcome == CancelOutcome.RUNNING && task.isPeriodic()) {
            task.cancel(false); // it will not be run again, and its future should say so
        }
    }

    private static void visit(SlotMap<SlotTask<?>> slots, Consumer<SlotTask<?>> visitor) {
        slots.scan(Integer.MAX_VALUE, null, (SlotSnapshot slot) -> visitor.accept((SlotTask<?>) slot.key()));
    }

    @Override
    public boolean isShutdown() {
        return tasks.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return tasks.hasEnded();
    }

    /**
     * Whether tasks wait for their time, or for a thread.
     *
     * @return whether there are some
     */
    public boolean hasWaiting() {
        return delayed.stats().armed() + immediate.stats().armed() > 0;
    }

    /**
     * Whether no task runs at the moment. Tasks that wait for their time do not count.
     *
     * @return false while any task runs
     */
    public boolean isIdle() {
        return running.isEmpty();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        boolean ended = tasks.awaitEnd(timeout, unit);
        closeIfEnded();
        return ended;
    }

    /** Gives the names of the maps back to the registry; not from inside a task, which is left to others. */
    private void closeIfEnded() {
        if (tasks.hasEnded()) {
            close(delayed);
            close(immediate);
        }
    }

    private static void close(SlotMap<?> slots) {
        try {
            slots.close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is closed all the same
        }
    }
}

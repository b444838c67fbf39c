package io.asyncslot.test.explore;

import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Runs a scenario in every order in which its actors, time and the callbacks can meet, on the production engine with
 * manual time, one thread at a time. A failure comes with its steps and with a schedule that replays it.
 *
 * <pre>{@code
 * SlotExplorer.create().explore(run -> {
 *     Sessions sessions = new Sessions();                                 // the code under test
 *     TimerSlots<String> timers = run.registry().register(sessions.map());
 *     run.actor("login", () -> sessions.login("s1"));
 *     run.actor("logout", () -> sessions.logout("s1"));
 *     run.passes(Duration.ofMinutes(30));
 *     run.finallyHolds(() -> assertThat(sessions.open()).isEmpty());
 * });
 * }</pre>
 *
 * <p>If there are not too many orders, the explorer tries all of them, depth first. Otherwise, it draws the second half
 * of the runs at random. It never interrupts a strand between two points: it explores neither data that threads share
 * without a point between their accesses, nor the memory model. A strand that waits for five seconds while no other
 * strand can continue counts as deadlocked. Immutable and thread-safe.
 */
public final class SlotExplorer {

    /** The maximum number of orders to try, unless you set another. */
    public static final int DEFAULT_MAX_RUNS = 10_000;

    private final int maxRuns;
    private final long seed;

    private SlotExplorer(int maxRuns, long seed) {
        this.maxRuns = maxRuns;
        this.seed = seed;
    }

    /**
     * An explorer of up to {@value #DEFAULT_MAX_RUNS} orders.
     *
     * @return the explorer
     */
    public static SlotExplorer create() {
        return new SlotExplorer(DEFAULT_MAX_RUNS, 1);
    }

    /**
     * Limits the exploration.
     *
     * @param runs the maximum number of orders to try, at least 1
     * @return an explorer with this limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public SlotExplorer maxRuns(int runs) {
        if (runs < 1) {
            throw new IllegalArgumentException("'runs' must be at least 1: " + runs);
        }
        return new SlotExplorer(runs, seed);
    }

    /**
     * Chooses the orders that are drawn at random.
     *
     * @param value any number
     * @return an explorer with this seed
     */
    public SlotExplorer seed(long value) {
        return new SlotExplorer(maxRuns, value);
    }

    /**
     * Explores.
     *
     * @param scenario sets up a run; called once for each
     * @return what was covered
     * @throws ExplorationFailedError at the first run in which an actor, a callback or a check failed
     */
    public Exploration explore(ExploredScenario scenario) {
        ExecutorService threads = threads();
        try {
            int runs = 0;
            int longest = 0;
            int searched = Math.max(1, maxRuns / 2);
            Schedule schedule = Schedule.first();
            while (schedule != null && runs < searched) {
                longest = Math.max(longest, run(scenario, schedule, ++runs, threads));
                schedule = schedule.next();
            }
            Random random = new Random(seed);
            while (schedule != null && runs < maxRuns) {
                longest = Math.max(longest, run(scenario, Schedule.drawn(random), ++runs, threads));
            }
            return new Exploration(runs, schedule == null, longest, seed);
        } finally {
            threads.shutdownNow();
        }
    }

    /**
     * Runs one order again.
     *
     * @param schedule as an {@link ExplorationFailedError} gave it; empty for the order in which no strand is
     *     interrupted
     * @param scenario the same scenario
     * @throws ExplorationFailedError if the run fails
     * @throws IllegalArgumentException if {@code schedule} is not a schedule
     */
    public void replay(String schedule, ExploredScenario scenario) {
        ExecutorService threads = threads();
        try {
            run(scenario, Schedule.parse(schedule), 1, threads);
        } finally {
            threads.shutdownNow();
        }
    }

    private static int run(ExploredScenario scenario, Schedule schedule, int number, ExecutorService threads) {
        ExploredRun run = new ExploredRun(threads);
        Throwable failure = failureOf(run, scenario, schedule);
        try {
            if (failure != null) {
                throw new ExplorationFailedError(number, schedule, run.steps(), failure);
            }
            return run.steps().size();
        } finally {
            run.close();
        }
    }

    private static @Nullable Throwable failureOf(ExploredRun run, ExploredScenario scenario, Schedule schedule) {
        try {
            scenario.prepare(run);
            run.run(schedule);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        } catch (Throwable e) {
            return e;
        }
    }

    private static ExecutorService threads() {
        return Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "explored");
            thread.setDaemon(true);
            return thread;
        });
    }
}

package io.asyncslot.test.explore;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/**
 * One run of an exploration: a registry with manual time, the actors that use it, and the checks that must hold.
 * Another strand may continue at each <em>point</em>: where an actor begins, before each operation on a map of this
 * registry, where a due run is taken up, before and after its callback, and at each call of {@link #point} by the test.
 *
 * <p>The scenario sets it up on one thread; any thread may call {@link #point}.
 */
public final class ExploredRun {

    private final Strands strands;
    private final ManualTime time;
    private final List<Duration> spans = new ArrayList<>();
    private final List<ExploredAction> invariants = new ArrayList<>();
    private final List<ExploredAction> endings = new ArrayList<>();
    private final ConcurrentLinkedQueue<Throwable> callbackFailures = new ConcurrentLinkedQueue<>();
    private boolean failuresAllowed;

    ExploredRun(Executor threads) {
        this.strands = new Strands(threads);
        ManualTicker ticker = new ManualTicker(ManualTime.DEFAULT_WALL_CLOCK);
        JvmBackend engine = JvmBackend.manual();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(strands)
                .ticker(ticker)
                .backend(new ExploredBackend(engine))
                .interceptor(this::around)
                .build();
        registry.start();
        this.time = ManualTime.of(ticker, engine, registry);
    }

    private void around(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        String what = firing.map() + "[" + key + "]";
        Strands.point("callback of " + what);
        try {
            next.run(key, firing);
        } catch (Throwable e) {
            callbackFailures.add(e);
            throw e;
        } finally {
            Strands.point("callback of " + what + " ends");
        }
    }

    /**
     * The registry of this run, started.
     *
     * @return the registry
     */
    public AsyncSlotRegistry registry() {
        return time.registry();
    }

    /**
     * Adds a thread that uses the code under test, or the slots themselves.
     *
     * @param name its name in the list of steps
     * @param action what it does; the run fails if it throws
     * @return this run
     */
    public ExploredRun actor(String name, ExploredAction action) {
        strands.add(name, "begins", action);
        return this;
    }

    /**
     * Lets time pass, as one step among those of the actors; several spans pass in this order.
     *
     * @param span how long, not negative
     * @return this run
     * @throws IllegalArgumentException if it is negative
     */
    public ExploredRun passes(Duration span) {
        if (span.isNegative()) {
            throw new IllegalArgumentException("'span' must not be negative: " + span);
        }
        spans.add(span);
        return this;
    }

    /**
     * Adds a check that must hold after every step.
     *
     * @param check throws when it does not hold; must not wait for an actor
     * @return this run
     */
    public ExploredRun always(ExploredAction check) {
        invariants.add(check);
        return this;
    }

    /**
     * Adds a check that must hold when every actor and callback has ended and all time has passed.
     *
     * @param check throws when it does not hold
     * @return this run
     */
    public ExploredRun finallyHolds(ExploredAction check) {
        endings.add(check);
        return this;
    }

    /**
     * Allows callbacks to throw. Otherwise, the run fails if a callback throws.
     *
     * @return this run
     */
    public ExploredRun callbacksMayFail() {
        failuresAllowed = true;
        return this;
    }

    /**
     * Lets another strand continue here: for the test's own stand-ins, for example between a read and a write. Does
     * nothing on a thread that is neither an actor nor a callback of an exploration.
     *
     * @param label the text for the list of steps
     */
    public static void point(String label) {
        Strands.point(label);
    }

    void run(Schedule schedule) throws Throwable {
        if (!spans.isEmpty()) {
            actor("time", () -> {
                for (Duration span : spans) {
                    Strands.point(span + " passes");
                    time.advance(span);
                }
            });
        }
        strands.run(schedule, this::settle);
        for (SlotMap<?> map : registry().maps()) {
            checkBooks(map);
        }
        for (ExploredAction ending : endings) {
            ending.run();
        }
    }

    private void settle() throws Exception {
        time.runPending();
        Throwable failed = failuresAllowed ? null : callbackFailures.peek();
        if (failed != null) {
            throw new AssertionError("a callback failed: " + failed, failed);
        }
        for (ExploredAction invariant : invariants) {
            invariant.run();
        }
    }

    /** The engine's own promise at rest: every armed period has ended in one way. */
    private static void checkBooks(SlotMap<?> map) {
        SlotMapStats stats = map.stats();
        long ended = stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped() + stats.armed();
        if (stats.started() != ended || stats.running() != 0 || stats.references() != stats.slots()) {
            throw new AssertionError("the counts of map '" + map.name() + "' do not balance: " + stats);
        }
    }

    List<String> steps() {
        return strands.steps();
    }

    void close() {
        strands.letGo();
        time.close();
    }
}

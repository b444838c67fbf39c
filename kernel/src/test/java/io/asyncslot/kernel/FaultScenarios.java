package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/** Operations that fail at each of their points in turn, and what has to hold afterwards. Loaded by {@link FaultyClasses}. */
public final class FaultScenarios {

    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LATER = Duration.ofMillis(20);
    private static final Duration FAR = Duration.ofHours(3);

    /** More than it takes to find a slot whose event has not come. */
    private static final Duration LONG = Duration.ofSeconds(8);

    private static final int CAPACITY = 16;
    private static final String V = "victim";

    /** What is done with a world. */
    private interface Act {
        void on(World world) throws Exception;
    }

    /**
     * An operation.
     *
     * @param prepare what is done before, without faults
     * @param act what fails
     * @param runs how often the callback of the victim runs when nothing fails
     * @param least how often it runs at least when something fails
     * @param most how often it runs at most when something fails
     */
    private record Scenario(Act prepare, Act act, int runs, int least, int most) {}

    private static final Map<String, Scenario> ALL = scenarios();

    private FaultScenarios() {}

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        Act nothing = w -> {};
        Act armed = w -> w.timers.start(V, LATER);
        Act filed = armedThen(World::pump);
        Act due = armedThen(w -> w.ticker.advance(LATER));
        Act handed = armedThen(w -> {
            w.ticker.advance(LATER);
            w.pump();
        });
        all.put("start fresh", new Scenario(nothing, armed, 1, 0, 1));
        all.put("start after a run", new Scenario(w -> w.fire(V), armed, 2, 1, 2));
        all.put("start later", new Scenario(filed, w -> w.timers.start(V, LATER.multipliedBy(2)), 1, 1, 1));
        all.put("start earlier", new Scenario(filed, w -> w.timers.start(V, SOON), 1, 1, 1));
        all.put("touch later", new Scenario(filed, w -> w.timers.touch(V, LATER.multipliedBy(2)), 1, 1, 1));
        all.put("touch earlier", new Scenario(filed, w -> w.timers.touch(V, SOON), 1, 1, 1));
        all.put("cancel", new Scenario(filed, w -> w.timers.cancel(V), 0, 0, 1));
        all.put("delete", new Scenario(filed, w -> w.timers.delete(V), 0, 0, 1));
        all.put("delete of what was handed over", new Scenario(handed, w -> w.timers.delete(V), 0, 0, 1));
        all.put("many at once", new Scenario(nothing, w -> w.timers.startAll(List.of("a", V, "b"), LATER), 1, 0, 1));
        all.put("start of the wall clock", new Scenario(nothing, w -> w.dated.start(V, LATER), 1, 0, 1));
        all.put("submit fresh", new Scenario(nothing, w -> w.works.submit(V), 1, 0, 1));
        all.put("submit again", new Scenario(w -> w.works.submit(V), w -> w.works.submit(V), 1, 1, 1));
        all.put(
                "submit after a run",
                new Scenario(
                        w -> {
                            w.works.submit(V);
                            w.settle();
                        },
                        w -> w.works.submit(V),
                        2,
                        1,
                        2));
        all.put(
                "pause and resume",
                new Scenario(
                        due,
                        w -> {
                            w.timers.pause(V);
                            w.settle();
                            w.timers.resume(V);
                        },
                        1,
                        1,
                        1));
        all.put("hand-over", new Scenario(due, World::pump, 1, 1, 1));
        all.put(
                "slots given to another process",
                new Scenario(filed, w -> w.backend.handOver().letGo(), 1, 1, 1));
        all.put("run", new Scenario(handed, World::runAll, 1, 1, 1));
        all.put("hand-over and run", new Scenario(due, World::settle, 1, 1, 1));
        all.put(
                "several due",
                new Scenario(
                        w -> {
                            w.timers.startAll(List.of("a", V, "b", "c"), LATER);
                            w.ticker.advance(LATER);
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put(
                "refusals of the executor",
                new Scenario(
                        armedThen(w -> {
                            w.timers.start("a", LATER);
                            w.ticker.advance(LATER);
                            w.refusals = 2;
                        }),
                        w -> {
                            w.settle();
                            w.ticker.advance(LATER);
                            w.settle();
                        },
                        1,
                        1,
                        1));
        all.put(
                "refusals of the kernel",
                new Scenario(
                        w -> w.refusing(6),
                        w -> {
                            w.timers.startAll(List.of("a", V, "b", "c"), LATER);
                            w.settle();
                            w.ticker.advance(LATER);
                            w.settle();
                        },
                        1,
                        0,
                        1));
        all.put(
                "a slot that the kernel takes later",
                new Scenario(
                        w -> {
                            w.refusing(2);
                            w.timers.startAll(List.of("a", V), LONG);
                            w.settle();
                            w.ticker.advance(Duration.ofMillis(100));
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put(
                "a call that the kernel refuses",
                new Scenario(w -> w.kernel.failingRuns = 2, armedThen(World::settle), 1, 0, 1));
        all.put(
                "full ring",
                new Scenario(
                        w -> {
                            w.kernel.ringCapacity = 1;
                            w.timers.startAll(List.of("a", "b", "c", V), LATER);
                            w.ticker.advance(LATER);
                            w.kernel.tick();
                            w.ticker.advance(LATER);
                            w.kernel.tick();
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put(
                "wall clock set",
                new Scenario(
                        w -> {
                            for (String key : List.of("a", V, "b")) {
                                w.dated.start(key, FAR);
                            }
                            w.settle();
                            w.ticker.setWallClock(Instant.ofEpochSecond(0, w.ticker.realtimeNanos())
                                    .plus(FAR));
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put("stop", new Scenario(handed, w -> w.registry.stop(Duration.ZERO), 1, 1, 1));
        all.put("restart in a run", inRun((w, firing) -> firing.restart(SOON), 2));
        all.put("retry in a run", inRun((w, firing) -> firing.retry(SOON), 2));
        all.put("delete in a run", inRun((w, firing) -> w.timers.delete(V), 1));
        all.put(
                "later incarnation",
                inRun(
                        (w, firing) -> {
                            w.timers.delete(V);
                            w.timers.start(V, Duration.ZERO);
                            w.pump();
                            w.runNext(); // it finds that its former incarnation runs
                        },
                        2));
        all.put(
                "periods",
                new Scenario(
                        w -> {
                            w.periodic.start("period", SOON);
                            w.ticker.advance(SOON);
                        },
                        w -> {
                            w.settle();
                            w.ticker.advance(Duration.ofSeconds(21));
                            w.settle();
                        },
                        0,
                        0,
                        0));
        all.put("run that was cut off", new Scenario(World::cutOff, World::settle, 1, 1, 1));
        all.put(
                "run that was cut off, stopped",
                new Scenario(
                        w -> {
                            w.cutOff();
                            w.pump();
                        },
                        w -> {
                            w.registry.stop(Duration.ZERO);
                            w.pump();
                            w.registry.start();
                            w.settle();
                        },
                        1,
                        1,
                        1));
        all.put(
                "run that was cut off, deleted",
                new Scenario(
                        World::cutOff,
                        w -> {
                            w.timers.delete(V);
                            w.settle();
                        },
                        0,
                        0,
                        1));
        return all;
    }

    private static Act armedThen(Act then) {
        return w -> {
            w.timers.start(V, LATER);
            then.on(w);
        };
    }

    private interface InRun {
        void in(World world, SlotFiring firing) throws Exception;
    }

    private static Scenario inRun(InRun step, int runs) {
        return new Scenario(
                armedThen(w -> {
                    w.ticker.advance(LATER);
                    w.pump();
                    w.step = step;
                }),
                World::runAll,
                runs,
                1,
                runs);
    }

    /** The names of all scenarios. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Lets a scenario fail at each of its points in turn; answers how many there are. */
    public static int run(String name, boolean rich, boolean allocations) throws Exception {
        Scenario scenario = ALL.get(name);
        for (int number = 1; ; number++) {
            World world = new World(rich);
            scenario.prepare.on(world);
            FaultPoints.arm(allocations, number);
            Throwable thrown = null;
            try {
                scenario.act.on(world);
            } catch (Throwable e) {
                thrown = e;
            }
            Error injected = FaultPoints.disarm();
            try {
                if (thrown != null
                        && (injected == null
                                || !String.valueOf(thrown.getMessage()).contains("injected"))) {
                    throw thrown;
                }
                world.check(scenario, thrown != null || world.stepFailed);
            } catch (Throwable e) {
                if (injected != null && injected != e) {
                    e.addSuppressed(injected);
                }
                throw new AssertionError(
                        "point " + number + " of '" + name + "'"
                                + (allocations ? ", an allocation" : ", a call")
                                + (thrown == null ? "" : "; it threw " + thrown)
                                + ": " + e.getMessage(),
                        e);
            }
            if (injected == null) {
                return number - 1;
            }
        }
    }

    /** Maps on a kernel and clocks that stand still, and an executor whose tasks run when the scenario wants it. */
    private static final class World {
        final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
        final Deque<Runnable> tasks = new ArrayDeque<>();
        final Map<String, Integer> runs = new LinkedHashMap<>();
        final Map<String, Long> generations = new LinkedHashMap<>();
        final boolean rich;
        SimulatedKernel kernel = new SimulatedKernel(ticker, CAPACITY, 32);
        KernelBackend backend;
        AsyncSlotRegistry registry;
        TimerSlots<String> timers;
        TimerSlots<String> dated;
        TimerSlots<String> periodic;
        WorkSlots<String> works;
        int refusals;
        InRun step;
        boolean stepFailed;

        World(boolean rich) {
            this.rich = rich;
            begin();
        }

        /** A process begins. */
        private void begin() {
            KernelOptions options = KernelOptions.defaults();
            backend =
                    KernelBackend.manual(kernel.attach(true), rich ? options.withTouchable(Set.of("timers")) : options);
            AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(this::execute)
                    .ticker(ticker)
                    .backend(backend)
                    .listener((firing, took, failure) -> {});
            if (rich) {
                builder.armingContext(() -> "context");
                builder.interceptor((key, firing, callback) -> callback.run(key, firing));
            }
            registry = builder.build();
            registry.start();
            int history = rich ? 4 : 0;
            timers = registry.register(TimerMapSpec.named("timers", String.class)
                    .delay(FAR)
                    .historySize(history)
                    .concurrency(rich ? 1 : 0)
                    .callback(this::ran)
                    .build());
            dated = registry.register(TimerMapSpec.named("dated", String.class)
                    .clock(SlotClock.REALTIME)
                    .historySize(history)
                    .callback(this::ran)
                    .build());
            periodic = registry.register(TimerMapSpec.named("periodic", String.class)
                    .historySize(history)
                    .every(Duration.ofSeconds(10))
                    .late(rich ? LatePolicy.SKIP : LatePolicy.ONCE)
                    .callback(this::ran)
                    .build());
            works = registry.register(WorkMapSpec.named("works", String.class)
                    .historySize(history)
                    .callback(this::ran)
                    .build());
        }

        /** A process is killed in a run of the victim, and another one begins. */
        void cutOff() throws Exception {
            SimulatedKernel[] image = new SimulatedKernel[1];
            step = (w, firing) -> image[0] = kernel.image();
            fire(V);
            kernel = image[0];
            tasks.clear();
            runs.clear();
            begin();
        }

        private void execute(Runnable task) {
            if (refusals > 0) {
                refusals--;
                throw new RejectedExecutionException("full");
            }
            tasks.add(task);
        }

        /** Lets the kernel refuse so many new slots. */
        void refusing(int count) {
            int[] left = {count};
            kernel.memory = place -> left[0]-- > 0 ? -SimulatedKernel.ENOMEM : 0;
        }

        private void ran(String key, SlotFiring firing) throws Exception {
            Long former = generations.put(firing.map() + "/" + key, firing.generation());
            if (former != null && firing.attempt() == 1) {
                assertThat(firing.generation()).as("generation of " + key).isGreaterThanOrEqualTo(former);
            }
            runs.merge(key, 1, Integer::sum);
            InRun present = step;
            step = null;
            if (present != null) {
                stepFailed = true;
                present.in(this, firing);
                stepFailed = false;
            }
        }

        int runsOf(String key) {
            return runs.getOrDefault(key, 0);
        }

        void fire(String key) {
            timers.start(key, LATER);
            ticker.advance(LATER);
            settle();
        }

        void pump() {
            backend.pump();
        }

        boolean runNext() {
            Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            }
            return task != null;
        }

        void runAll() {
            while (runNext()) {
                // until there is none
            }
        }

        /** Runs all that is due now. */
        void settle() {
            do {
                backend.pump();
            } while (runNext());
        }

        void drive() {
            for (int i = 0; i < 4; i++) {
                settle();
                ticker.advance(LATER);
            }
            settle();
        }

        void check(Scenario scenario, boolean inDoubt) throws Exception {
            if (backend.report().reasons().toString().contains("handed over")) { // the slots are another process's
                assertThat(kernel.attached).as("processes that hold the slots").isZero();
                assertThat(!inDoubt && backend.engine().isInUse()) // in doubt it may have failed before it closed them
                        .as("a map counts as open still, for which the next process has waited in vain")
                        .isFalse();
                begin();
            }
            registry.start();
            timers.resume();
            timers.resume(V);
            drive();
            if (runsOf(V) < scenario.least || !inDoubt && runsOf(V) < scenario.runs) {
                ticker.advance(LONG);
                drive();
            }
            assertThat(runsOf(V))
                    .as("runs of the victim")
                    .isBetween(inDoubt ? scenario.least : scenario.runs, inDoubt ? scenario.most : scenario.runs);
            periodic.start("period", SOON);
            ticker.advance(SOON);
            int periods = runsOf("period");
            drive();
            assertThat(runsOf("period")).as("runs of a periodic slot").isGreaterThan(periods);
            periodic.delete("period");
            ticker.advance(LONG);
            drive();
            for (String other : runs.keySet()) {
                if (!other.equals(V) && !other.equals("period")) {
                    assertThat(runsOf(other)).as("runs of " + other).isEqualTo(1);
                }
            }
            dated.delete(V);
            assertEmpty();
            int before = runsOf(V);
            assertThat(timers.start(V, LATER)).isEqualTo(StartOutcome.STARTED);
            for (int i = 1; i < CAPACITY; i++) {
                assertThat(works.submit("room" + i)).as("submit " + i).isEqualTo(SubmitOutcome.SUBMITTED);
            }
            assertThat(works.submit("too many")).isEqualTo(SubmitOutcome.REJECTED);
            drive();
            assertThat(runsOf(V)).as("runs after a further start").isEqualTo(before + 1);
            for (int i = 1; i < CAPACITY; i++) {
                assertThat(runsOf("room" + i)).as("runs of room" + i).isEqualTo(1);
            }
            assertEmpty();
            registry.close();
            backend.pump();
            assertThat(backend.report().details()).containsEntry("inFlight", 0L);
        }

        private void assertEmpty() {
            drive();
            for (SlotMap<String> map : List.of(timers, dated, works, periodic)) {
                SlotMapStats stats = map.stats();
                assertThat(stats.slots()).as("slots in " + stats).isZero();
                assertThat(stats.references()).as("references in " + stats).isZero();
            }
            assertThat(kernel.timers()).as("timers in the kernel").isZero();
            assertThat(kernel.works()).as("work items in the kernel").isZero();
            assertThat(backend.report().available()).as("health").isTrue();
            assertThat(backend.report().details())
                    .containsEntry("inFlight", 0L)
                    .containsEntry("waitForThread", 0)
                    .containsEntry("slots", 0)
                    .containsEntry("fallbacksNow", 0)
                    .containsEntry("recordsRepaired", 0L);
        }
    }
}

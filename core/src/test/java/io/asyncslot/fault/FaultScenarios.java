package io.asyncslot.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CloseOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.SharingExecutor;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Operations that fail at each of their points in turn, and what has to hold afterwards. Loaded by {@link FaultyClasses}. */
public final class FaultScenarios {

    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LATER = Duration.ofMillis(20);
    private static final Duration FAR = Duration.ofHours(3);
    private static final int MOST_SLOTS = 8;
    private static final int CELLS = 2048;
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
     * @param tasks whether it begins with a task in the executor's hands
     */
    private record Scenario(Act prepare, Act act, int runs, int least, int most, boolean tasks) {

        Scenario(Act prepare, Act act, int runs, int least, int most) {
            this(prepare, act, runs, least, most, false);
        }
    }

    private static final Map<String, Scenario> ALL = scenarios();

    private FaultScenarios() {}

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        Act nothing = w -> {};
        Act armed = w -> w.timers.start(w.key(V), LATER);
        Act filed = armedThen(World::pump);
        Act due = armedThen(w -> w.ticker.advance(LATER));
        Act handed = armedThen(w -> {
            w.ticker.advance(LATER);
            w.pump();
        });
        all.put("start fresh", new Scenario(nothing, armed, 1, 0, 1));
        all.put("start after a run", new Scenario(w -> w.fire(V), armed, 2, 1, 2));
        all.put("start with a full intake", new Scenario(w -> w.fillIntake(0), armed, 1, 0, 1));
        all.put(
                "start earlier with a full intake",
                new Scenario(
                        armedThen(w -> {
                            w.pump();
                            w.fillIntake(1);
                        }),
                        w -> w.timers.start(w.key(V), SOON),
                        1,
                        1,
                        1));
        all.put(
                "delete with a full intake",
                new Scenario(
                        armedThen(w -> {
                            w.pump();
                            w.fillIntake(1);
                        }),
                        w -> w.timers.delete(w.key(V)),
                        0,
                        0,
                        1));
        all.put("start later", new Scenario(filed, w -> w.timers.start(w.key(V), LATER.multipliedBy(2)), 1, 1, 1));
        all.put("start earlier", new Scenario(filed, w -> w.timers.start(w.key(V), SOON), 1, 1, 1));
        all.put("touch later", new Scenario(filed, w -> w.timers.touch(w.key(V), LATER.multipliedBy(2)), 1, 1, 1));
        all.put("touch earlier", new Scenario(filed, w -> w.timers.touch(w.key(V), SOON), 1, 1, 1));
        all.put("cancel", new Scenario(filed, w -> w.timers.cancel(w.key(V)), 0, 0, 1));
        all.put("cancel of a command", new Scenario(armed, w -> w.timers.cancel(w.key(V)), 0, 0, 1));
        all.put("delete", new Scenario(filed, w -> w.timers.delete(w.key(V)), 0, 0, 1));
        all.put("delete of a command", new Scenario(armed, w -> w.timers.delete(w.key(V)), 0, 0, 1));
        all.put("delete of what was handed over", new Scenario(handed, w -> w.timers.delete(w.key(V)), 0, 0, 1, true));
        all.put("submit fresh", new Scenario(nothing, w -> w.works.submit(w.key(V)), 1, 0, 1));
        all.put(
                "submit again",
                new Scenario(w -> w.works.submit(w.key(V)), w -> w.works.submit(w.key(V)), 1, 1, 1, true));
        all.put(
                "submit after a run",
                new Scenario(
                        w -> {
                            w.works.submit(w.key(V));
                            w.settle();
                        },
                        w -> w.works.submit(w.key(V)),
                        2,
                        1,
                        2));
        all.put(
                "pause and resume",
                new Scenario(
                        due,
                        w -> {
                            w.timers.pause(w.key(V));
                            w.settle();
                            w.timers.resume(w.key(V));
                        },
                        1,
                        1,
                        1));
        all.put(
                "pause and resume of the map",
                new Scenario(
                        due,
                        w -> {
                            w.timers.pause();
                            w.settle();
                            w.timers.resume();
                        },
                        1,
                        1,
                        1));
        all.put(
                "pause and resume of work",
                new Scenario(
                        w -> {
                            w.works.pause();
                            w.works.submit(w.key(V));
                            w.settle();
                        },
                        w -> w.works.resume(),
                        1,
                        1,
                        1));
        all.put("commands", new Scenario(armed, World::pump, 1, 1, 1));
        all.put("hand-over", new Scenario(due, World::pump, 1, 1, 1));
        all.put("run", new Scenario(handed, w -> w.hand.runAll(), 1, 1, 1, true));
        all.put("hand-over and run", new Scenario(due, World::settle, 1, 1, 1));
        all.put(
                "several due",
                new Scenario(
                        w -> {
                            for (String key : List.of("a", V, "b", "c")) {
                                w.timers.start(w.key(key), LATER);
                            }
                            w.ticker.advance(LATER);
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put(
                "refusals",
                new Scenario(
                        armedThen(w -> {
                            w.timers.start(w.key("a"), LATER);
                            w.ticker.advance(LATER);
                            w.hand.refuseNext(2);
                        }),
                        w -> {
                            w.settle();
                            w.ticker.advance(LATER);
                            w.settle();
                        },
                        1,
                        1,
                        1));
        all.put("stop", new Scenario(handed, w -> w.registry.stop(Duration.ZERO), 1, 1, 1, true));
        Act inLine = armedThen(w -> {
            w.timers.start(w.key("a"), LATER);
            w.ticker.advance(LATER);
            w.hand.refuseNext(2);
            w.pump();
        });
        all.put("stop with a line", new Scenario(inLine, w -> w.registry.stop(Duration.ZERO), 1, 1, 1));
        all.put("close of a map with a line", new Scenario(inLine, w -> w.timers.close(Duration.ZERO), 0, 0, 1, true));
        all.put(
                "buckets",
                new Scenario(
                        w -> {
                            w.timers.start(w.key("far"), FAR);
                            w.timers.start(w.key(V), Duration.ofMinutes(1));
                            w.pump();
                            w.ticker.advance(Duration.ofMinutes(1));
                        },
                        World::settle,
                        1,
                        1,
                        1));
        all.put("restart in a run", inRun((w, firing) -> firing.restart(SOON), 2));
        all.put("retry in a run", inRun((w, firing) -> firing.retry(SOON), 2));
        all.put(
                "postpone in a run",
                inRun(
                        (w, firing) -> {
                            w.postponed = true;
                            firing.postpone(SOON);
                        },
                        2));
        all.put("delete in a run", inRun((w, firing) -> w.timers.delete(w.key(V)), 1));
        all.put("cancel in a run", inRun((w, firing) -> w.timers.cancel(w.key(V)), 1));
        all.put(
                "failure in a run",
                inRun(
                        (w, firing) -> {
                            throw new IllegalArgumentException("the callback fails");
                        },
                        1));
        all.put(
                "later incarnation",
                inRun(
                        (w, firing) -> {
                            w.timers.delete(w.key(V));
                            w.timers.start(w.key(V), Duration.ZERO);
                            w.pump();
                            if (w.hand.size() > 0) {
                                w.hand.runNext(); // it finds that its former incarnation runs
                            }
                        },
                        2));
        all.put(
                "periods",
                new Scenario(
                        w -> {
                            w.periodic.start(w.key("period"), SOON);
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
        Act valued = w -> w.valued.start(w.key(V), LATER, 1);
        all.put("start with a value", new Scenario(nothing, valued, 1, 0, 1));
        all.put("start with a further value", new Scenario(valued, valued, 1, 1, 1));
        all.put("touch of a value", new Scenario(valued, w -> w.valued.touch(w.key(V), SOON), 1, 1, 1));
        all.put("take", new Scenario(valued, w -> w.valued.take(w.key(V)), 0, 0, 1));
        all.put("run with a value", new Scenario(valued, World::drive, 1, 1, 1));
        all.put("start of a calendar", new Scenario(nothing, w -> w.periodic.start(w.key("period")), 0, 0, 0));
        all.put(
                "touch of a calendar",
                new Scenario(
                        w -> w.periodic.start(w.key("period")),
                        w -> {
                            w.periodic.touch(w.key("period"));
                            w.periodic.touch(w.key("period"), SOON);
                        },
                        0,
                        0,
                        0));
        all.put(
                "wall clock set back",
                new Scenario(
                        w -> {
                            w.periodic.start(w.key("period"));
                            w.pump();
                            w.ticker.setWall(Duration.ofSeconds(-7));
                        },
                        World::settle,
                        0,
                        0,
                        0));
        all.put(
                "close",
                new Scenario(
                        w -> {
                            w.timers.start(w.key("a"), LATER);
                            w.works.submit(w.key("b"));
                            w.fire(V);
                        },
                        w -> {
                            w.closes = true;
                            w.registry.close();
                        },
                        1,
                        1,
                        1));
        all.put("close of a map", new Scenario(handed, w -> w.timers.close(Duration.ZERO), 0, 0, 1, true));
        return all;
    }

    private static Act armedThen(Act then) {
        return w -> {
            w.timers.start(w.key(V), LATER);
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
                w -> w.hand.runAll(),
                runs,
                1,
                runs,
                true);
    }

    /** The names of all scenarios. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** The names of those that begin with a task in the executor's hands. */
    public static List<String> namesWithTasks() {
        List<String> names = new ArrayList<>();
        ALL.forEach((name, scenario) -> {
            if (scenario.tasks) {
                names.add(name);
            }
        });
        return names;
    }

    /** Lets a scenario fail at each of its points in turn; answers how many there are. */
    public static int run(String name, boolean rich, boolean inline, FaultPoints.Kind kind) throws Exception {
        Scenario scenario = ALL.get(name);
        for (int number = 1; ; number++) {
            World world = new World(rich, inline);
            scenario.prepare.on(world);
            FaultPoints.arm(kind, number);
            Throwable thrown = null;
            try {
                scenario.act.on(world);
            } catch (Throwable e) {
                thrown = e;
            }
            boolean reached = FaultPoints.disarm();
            try {
                if (thrown != null
                        && (!reached || !String.valueOf(thrown.getMessage()).contains("injected"))) {
                    throw thrown;
                }
                check(scenario, world, thrown != null || world.stepFailed);
            } catch (Throwable e) {
                throw new AssertionError(
                        "point " + number + " of '" + name + "'"
                                + ", " + kind
                                + (thrown == null ? "" : "; it threw " + thrown)
                                + ": " + e.getMessage(),
                        thrown == null ? e : withCause(e, thrown));
            }
            if (!reached) {
                return number - 1;
            }
        }
    }

    private static Throwable withCause(Throwable e, Throwable injected) {
        e.addSuppressed(injected);
        return e;
    }

    private static void check(Scenario scenario, World w, boolean inDoubt) throws Exception {
        if (w.closes) {
            w.registry.close();
        } else {
            w.registry.start();
            w.timers.resume();
            w.timers.resume(w.key(V));
            w.works.resume();
        }
        w.drive();
        assertThat(w.wrong).isNull();
        int runs = w.runsOf(V);
        if (inDoubt) {
            assertThat(runs).as("runs of the victim").isBetween(scenario.least, scenario.most);
        } else {
            assertThat(runs).as("runs of the victim").isEqualTo(scenario.runs);
        }
        for (String other : w.runs.keySet()) {
            if (!other.equals(V) && !other.equals("far") && !other.equals("period") && !w.timers.isClosed()) {
                assertThat(w.runsOf(other)).as("runs of " + other).isEqualTo(1);
            }
        }
        if (!w.periodic.isClosed()) {
            w.periodic.start(w.key("period"), SOON);
            w.ticker.advance(SOON);
            int before = w.runsOf("period");
            w.drive();
            assertThat(w.runsOf("period")).as("runs of a periodic slot").isGreaterThan(before);
            w.periodic.cancel(w.key("period"));
        }
        if (!w.timers.isClosed()) {
            w.timers.delete(w.key("far"));
            w.drive();
            w.assertAtRest(w.timers);
            long armedBefore = w.timers.stats().slots();
            for (int i = 0; i < MOST_SLOTS - armedBefore; i++) {
                assertThat(w.timers.start(w.key("room" + i), LATER))
                        .as("start " + i)
                        .isEqualTo(StartOutcome.STARTED);
            }
            assertThat(w.timers.start(w.key("too many"), LATER)).isEqualTo(StartOutcome.REJECTED);
            w.timers.cancel(w.key("too many"));
            w.drive();
            for (int i = 0; i < MOST_SLOTS - armedBefore; i++) {
                assertThat(w.runsOf("room" + i)).as("runs of room" + i).isEqualTo(1);
                w.timers.delete(w.key("room" + i));
            }
            int before = w.runsOf(V);
            assertThat(w.timers.start(w.key(V), LATER)).isEqualTo(StartOutcome.STARTED);
            w.drive();
            assertThat(w.runsOf(V))
                    .as("runs of the victim after a further start")
                    .isEqualTo(before + 1);
            w.assertAtRest(w.timers);
        }
        if (!w.works.isClosed()) {
            w.drive();
            w.assertAtRest(w.works);
            int before = w.runsOf("new work");
            assertThat(w.works.submit(w.key("new work"))).isEqualTo(SubmitOutcome.SUBMITTED);
            w.drive();
            assertThat(w.runsOf("new work")).isEqualTo(before + 1);
        }
        for (SlotMap<Key> map : List.of(w.timers, w.works, w.periodic, w.valued)) {
            assertThat(map.close(Duration.ofSeconds(5))).as("close of " + map).isEqualTo(CloseOutcome.CLOSED);
        }
        w.registry.close();
        w.backend.pump();
        for (SlotMap<Key> map : List.of(w.timers, w.works, w.periodic, w.valued)) {
            SlotMapStats stats = map.stats();
            assertThat(stats.slots()).as("slots in " + stats).isZero();
            assertThat(stats.references()).as("references in " + stats).isZero();
        }
        assertThat(w.released).as("releases of bindings").hasValue(4);
        assertThat(w.backend.report().details()).containsEntry("inFlight", 0L);
    }

    private static final class Key {
        private final String name;
        private final boolean colliding;

        Key(String name, boolean colliding) {
            this.name = name;
            this.colliding = colliding;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && key.name.equals(name);
        }

        @Override
        public int hashCode() {
            return colliding ? 7 : name.hashCode();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Maps on clocks that stand still, and an executor whose tasks run when the scenario wants it. */
    private static final class World {
        final ManualTicker ticker = new ManualTicker();
        final HandExecutor hand = new HandExecutor();
        final JvmBackend backend = JvmBackend.manual();
        final AsyncSlotRegistry registry;
        final TimerSlots<Key> timers;
        final TimerSlots<Key> periodic;
        final ValueTimerSlots<Key, Integer> valued;
        final WorkSlots<Key> works;
        final AtomicInteger released = new AtomicInteger();
        final Map<String, Integer> runs = new LinkedHashMap<>();
        final Map<String, Long> generations = new LinkedHashMap<>();
        final boolean rich;
        InRun step;
        boolean closes;
        boolean stepFailed;
        boolean postponed;
        String wrong;

        World(boolean rich, boolean inline) {
            this.rich = rich;
            Executor executor = inline ? Runnable::run : rich ? hand : new SharingExecutor(hand);
            AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(executor)
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
            timers = registry.register(TimerMapSpec.named("timers", Key.class)
                    .maxEntries(MOST_SLOTS)
                    .historySize(history)
                    .concurrency(rich ? 1 : 0)
                    .callback(this::ran)
                    .build());
            periodic = registry.register(TimerMapSpec.named("periodic", Key.class)
                    .historySize(history)
                    .every(Duration.ofSeconds(10))
                    .clock(rich ? SlotClock.REALTIME : SlotClock.MONOTONIC)
                    .late(rich ? LatePolicy.SKIP : LatePolicy.ONCE)
                    .callback(this::ran)
                    .build());
            works = registry.register(WorkMapSpec.named("works", Key.class)
                    .maxEntries(MOST_SLOTS)
                    .historySize(history)
                    .callback(this::ran)
                    .build());
            registry.register(TimerMapSpec.named("valued", Key.class)
                    .historySize(history)
                    .callback(SlotValues.merging(Integer.class, Integer::sum), (key, value, firing) -> ran(key, firing))
                    .build());
            valued = registry.timers("valued", Key.class, Integer.class);
            for (SlotMap<Key> map : List.of(timers, periodic, works, valued)) {
                map.rebind(this::ran, released::incrementAndGet);
            }
        }

        Key key(String name) {
            return new Key(name, rich);
        }

        private void ran(Key key, SlotFiring firing) throws Exception {
            Long former = generations.put(firing.map() + "/" + key, firing.generation());
            if (former != null && firing.attempt() == 1 && firing.generation() <= former && !postponed) {
                wrong = "a first attempt of " + key + " with generation " + firing.generation() + " after " + former;
            }
            postponed = false;
            runs.merge(key.name, 1, Integer::sum);
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
            timers.start(key(key), LATER);
            ticker.advance(LATER);
            settle();
        }

        /** Uses up the cells of a chunk of the intake, so that the next command needs another chunk. */
        void fillIntake(int used) {
            for (int i = used; i < CELLS; i++) {
                timers.start(key("filler"), LATER);
                timers.delete(key("filler"));
            }
        }

        void pump() {
            backend.pump();
        }

        /** Runs all that is due now. */
        void settle() {
            int ran;
            do {
                backend.pump();
                ran = hand.runAll();
            } while (ran != 0);
        }

        void drive() {
            for (int i = 0; i < 4; i++) {
                settle();
                ticker.advance(LATER);
            }
            settle();
        }

        void assertAtRest(SlotMap<?> map) {
            SlotMapStats stats = map.stats();
            assertThat(stats.armed()).as("armed in " + stats).isZero();
            assertThat(stats.running()).as("running in " + stats).isZero();
            assertThat(stats.queued()).as("queued in " + stats).isZero();
            assertThat(stats.references()).as("references in " + stats).isEqualTo(stats.slots());
            assertThat(backend.report().details()).containsEntry("inFlight", 0L).containsEntry("waitForThread", 0);
        }
    }
}

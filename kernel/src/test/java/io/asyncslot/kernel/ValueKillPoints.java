package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/**
 * Operations on slots with values, during which the process is killed at each call and each store in turn. Every value that an
 * operation had accepted is handed to exactly one firing by the next process, or gone with the operation that was under way and
 * takes it away. Loaded by {@link FaultyClasses}.
 */
public final class ValueKillPoints {

    private static final Duration LATER = Duration.ofMillis(20);
    private static final Duration FAR = Duration.ofHours(1);
    private static final String K = "key";

    private interface Act {
        void on(World world) throws Exception;
    }

    /**
     * An operation.
     *
     * @param prepare what has answered before
     * @param act what is under way when the process is killed
     * @param sure the values that the next process hands over in any case
     * @param maybe those that it may hand over, or not
     */
    private record Scenario(Act prepare, Act act, Set<Integer> sure, Set<Integer> maybe) {}

    private static final Map<String, Scenario> ALL = scenarios();

    private ValueKillPoints() {}

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        Act nothing = w -> {};
        Act two = w -> {
            w.collect.start(K, LATER, 1);
            w.collect.start(K, LATER, 2);
        };
        Act due = w -> {
            two.on(w);
            w.ticker.advance(LATER);
            w.pump();
        };
        all.put("fresh", new Scenario(nothing, w -> w.collect.start(K, LATER, 1), Set.of(), Set.of(1)));
        all.put("one more", new Scenario(two, w -> w.collect.start(K, LATER, 3), Set.of(1, 2), Set.of(3)));
        all.put(
                "flush",
                new Scenario(
                        two,
                        w -> {
                            w.collect.start(K, LATER, 3);
                            w.collect.start(K, LATER, 4);
                            w.pump();
                        },
                        Set.of(1, 2),
                        Set.of(3, 4)));
        all.put("cancel", new Scenario(two, w -> w.collect.cancel(K), Set.of(), Set.of(1, 2)));
        all.put("delete", new Scenario(two, w -> w.collect.delete(K), Set.of(), Set.of(1, 2)));
        all.put("take", new Scenario(two, w -> w.collect.takeAll(K), Set.of(), Set.of(1, 2)));
        all.put(
                "take and start",
                new Scenario(
                        two,
                        w -> {
                            w.collect.takeAll(K);
                            w.collect.start(K, LATER, 3);
                        },
                        Set.of(),
                        Set.of(1, 2, 3)));
        all.put("run", new Scenario(due, World::runAll, Set.of(), Set.of(1, 2)));
        all.put(
                "retry",
                new Scenario(
                        w -> {
                            due.on(w);
                            w.inRun = firing -> firing.retry(LATER);
                        },
                        World::runAll,
                        Set.of(1, 2),
                        Set.of()));
        all.put(
                "start in a run",
                new Scenario(
                        w -> {
                            due.on(w);
                            w.inRun = firing -> w.collect.start(K, LATER, 3);
                        },
                        World::runAll,
                        Set.of(),
                        Set.of(1, 2, 3)));
        all.put(
                "superseded in a run",
                new Scenario(
                        w -> {
                            due.on(w);
                            w.inRun = firing -> {
                                w.collect.start(K, LATER, 3);
                                firing.retry(LATER);
                            };
                        },
                        World::runAll,
                        Set.of(1, 2),
                        Set.of(3)));
        all.put(
                "retry and cancel",
                new Scenario(
                        w -> {
                            due.on(w);
                            w.inRun = firing -> {
                                firing.retry(LATER);
                                w.collect.cancel(K);
                                w.collect.start(K, LATER, 3);
                            };
                        },
                        World::runAll,
                        Set.of(),
                        Set.of(1, 2, 3)));
        all.put(
                "last",
                new Scenario(w -> w.last.start(K, LATER, 1), w -> w.last.start(K, LATER, 2), Set.of(), Set.of(1, 2)));
        all.put(
                "first",
                new Scenario(w -> w.first.start(K, LATER, 1), w -> w.first.start(K, LATER, 2), Set.of(1), Set.of()));
        all.put(
                "merged",
                new Scenario(
                        w -> w.merged.start(K, LATER, 1), w -> w.merged.start(K, LATER, 2), Set.of(), Set.of(1, 3)));
        all.put(
                "merged by a retry",
                new Scenario(
                        w -> {
                            w.merged.start(K, LATER, 1);
                            w.ticker.advance(LATER);
                            w.pump();
                            w.inRun = firing -> {
                                w.merged.start(K, LATER, 2);
                                firing.retry(LATER);
                            };
                        },
                        World::runAll,
                        Set.of(),
                        Set.of(1, 2, 3)));
        all.put("submit", new Scenario(w -> w.works.submit(K, 1), w -> w.works.submit(K, 2), Set.of(1), Set.of(2)));
        all.put(
                "submit in a run",
                new Scenario(
                        w -> {
                            w.works.submit(K, 1);
                            w.pump();
                            w.inRun = firing -> w.works.submit(K, 2);
                        },
                        World::runAll,
                        Set.of(),
                        Set.of(1, 2)));
        all.put(
                "schedule",
                new Scenario(
                        w -> w.scheduled.start(K, SlotSchedule.every(FAR)),
                        w -> w.scheduled.start(K, SlotSchedule.every(LATER)),
                        Set.of(),
                        Set.of()));
        all.put("close", new Scenario(two, w -> w.collect.close(Duration.ZERO), Set.of(1, 2), Set.of()));
        all.put(
                "close and open",
                new Scenario(
                        two,
                        w -> {
                            w.collect.close(Duration.ZERO);
                            w.open();
                            w.collect.start(K, LATER, 3);
                        },
                        Set.of(1, 2),
                        Set.of(3)));
        ofEachMerge(all);
        ofShapes(all);
        closedDuringARun(all, due);
        return all;
    }

    /** What a slot with one value goes through, however values are merged. */
    private static void ofEachMerge(Map<String, Scenario> all) {
        Act nothing = w -> {};
        Map<String, Function<World, ValueTimerSlots<String, Integer>>> maps = new LinkedHashMap<>();
        maps.put("collect", w -> w.collect);
        maps.put("last", w -> w.last);
        maps.put("first", w -> w.first);
        maps.put("merged", w -> w.merged);
        maps.forEach((name, of) -> {
            Act one = w -> of.apply(w).start(K, LATER, 1);
            Act due = w -> {
                one.on(w);
                w.ticker.advance(LATER);
                w.pump();
            };
            String in = " (" + name + ")";
            all.put("fresh" + in, new Scenario(nothing, one, Set.of(), Set.of(1)));
            all.put(
                    "start without a value" + in,
                    new Scenario(one, w -> of.apply(w).start(K, LATER.multipliedBy(2)), Set.of(1), Set.of()));
            all.put(
                    "touch" + in,
                    new Scenario(one, w -> of.apply(w).touch(K, LATER.multipliedBy(2)), Set.of(1), Set.of()));
            all.put("cancel" + in, new Scenario(one, w -> of.apply(w).cancel(K), Set.of(), Set.of(1)));
            all.put("take" + in, new Scenario(one, w -> of.apply(w).takeAll(K), Set.of(), Set.of(1)));
            all.put("delete" + in, new Scenario(one, w -> of.apply(w).delete(K), Set.of(), Set.of(1)));
            all.put(
                    "delete and start" + in,
                    new Scenario(
                            one,
                            w -> {
                                of.apply(w).delete(K);
                                of.apply(w).start(K, LATER, 2);
                            },
                            Set.of(),
                            Set.of(1, 2)));
            all.put("run" + in, new Scenario(due, World::runAll, Set.of(), Set.of(1)));
            all.put(
                    "run that fails and is retried" + in,
                    new Scenario(
                            w -> {
                                due.on(w);
                                w.inRun = firing -> {
                                    firing.retry(LATER);
                                    throw new IllegalStateException("as it is to be");
                                };
                            },
                            World::runAll,
                            Set.of(1),
                            Set.of()));
            all.put(
                    "second attempt" + in,
                    new Scenario(
                            w -> {
                                due.on(w);
                                w.inRun = firing -> firing.retry(LATER);
                                w.runAll();
                                w.ticker.advance(LATER);
                                w.pump();
                            },
                            World::runAll,
                            Set.of(),
                            Set.of(1)));
            all.put(
                    "take and delete in a run" + in,
                    new Scenario(
                            w -> {
                                due.on(w);
                                w.inRun = firing -> {
                                    of.apply(w).start(K, LATER, 2);
                                    of.apply(w).takeAll(K);
                                    of.apply(w).delete(K);
                                    of.apply(w).start(K, LATER, 3);
                                };
                            },
                            World::runAll,
                            Set.of(),
                            Set.of(1, 2, 3)));
        });
    }

    private static void ofShapes(Map<String, Scenario> all) {
        Act nothing = w -> {};
        Act capped = w -> {
            w.capped.start(K, LATER, 1);
            w.ticker.advance(LATER.dividedBy(2));
        };
        all.put(
                "start beyond the latest",
                new Scenario(capped, w -> w.capped.start(K, FAR, 2), Set.of(), Set.of(1, 2)));
        all.put("touch beyond the latest", new Scenario(capped, w -> w.capped.touch(K, FAR), Set.of(1), Set.of()));
        Act throttled = w -> {
            w.throttled.submit(K, 1);
            w.pump();
            w.runAll();
        };
        Act waits = w -> {
            throttled.on(w);
            w.throttled.submit(K, 2);
        };
        all.put("first of an interval", new Scenario(nothing, throttled, Set.of(), Set.of(1)));
        all.put(
                "submit in an interval",
                new Scenario(throttled, w -> w.throttled.submit(K, 2), Set.of(), Set.of(1, 2)));
        all.put(
                "run after an interval",
                new Scenario(
                        waits,
                        w -> {
                            w.ticker.advance(LATER);
                            w.pump();
                            w.runAll();
                        },
                        Set.of(),
                        Set.of(1, 2)));
        all.put("take in an interval", new Scenario(waits, w -> w.throttled.takeAll(K), Set.of(), Set.of(1, 2)));
        all.put(
                "end of an interval",
                new Scenario(
                        throttled,
                        w -> {
                            w.ticker.advance(LATER);
                            w.throttled.stats(); // which frees what rests
                            w.throttled.submit("other", 3);
                        },
                        Set.of(),
                        Set.of(1, 3)));
        Act scheduled = w -> w.scheduled.start(K, SlotSchedule.every(LATER));
        all.put("schedule fresh", new Scenario(nothing, scheduled, Set.of(), Set.of()));
        all.put("schedule ended", new Scenario(scheduled, w -> w.scheduled.start(K, LATER), Set.of(), Set.of()));
        all.put("schedule cancelled", new Scenario(scheduled, w -> w.scheduled.cancel(K), Set.of(), Set.of()));
        all.put(
                "run of a schedule",
                new Scenario(
                        w -> {
                            scheduled.on(w);
                            w.ticker.advance(LATER);
                            w.pump();
                        },
                        World::runAll,
                        Set.of(),
                        Set.of()));
    }

    /** The map is closed while a run goes on, and opened again: killed in one thread, while the other waits. */
    private static void closedDuringARun(Map<String, Scenario> all, Act due) {
        Act reopen = w -> {
            w.collect.close(Duration.ZERO);
            w.open();
            w.collect.start(K, LATER, 4);
        };
        all.put(
                "close and open during a run",
                new Scenario(
                        w -> {
                            due.on(w);
                            CountDownLatch inside = new CountDownLatch(1);
                            w.inRun = firing -> {
                                w.collect.start(K, LATER, 3);
                                inside.countDown();
                                w.goOn.await();
                            };
                            w.runner = new Thread(w::runAll, "runner");
                            w.runner.start();
                            inside.await();
                        },
                        w -> {
                            reopen.on(w);
                            FaultPoints.disarm();
                            w.goOn.countDown();
                            w.runner.join();
                        },
                        Set.of(1, 2, 3),
                        Set.of(4)));
        all.put(
                "end of a run of a map that was opened again",
                new Scenario(
                        w -> {
                            due.on(w);
                            w.inRun = firing -> {
                                w.collect.start(K, LATER, 3);
                                Thread other = new Thread(
                                        () -> {
                                            try {
                                                reopen.on(w);
                                            } catch (Exception e) {
                                                throw new IllegalStateException(e);
                                            }
                                        },
                                        "other");
                                other.start();
                                other.join();
                            };
                        },
                        World::runAll,
                        Set.of(),
                        Set.of(1, 2, 3, 4)));
    }

    /** The names of all scenarios. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Kills at each point of a scenario; answers how many there are. */
    public static int run(String name) throws Exception {
        Scenario scenario = ALL.get(name);
        for (int number = 1; ; number++) {
            World world =
                    new World(new SimulatedKernel(new ManualTicker(Instant.parse("2026-01-01T00:00:00Z")), 8, 16));
            scenario.prepare.on(world);
            SimulatedKernel[] image = new SimulatedKernel[1];
            List<Integer> handed = new ArrayList<>();
            Set<String> running = new HashSet<>();
            FaultPoints.tell(number, () -> {
                image[0] = world.kernel.image();
                handed.addAll(world.acknowledged);
                running.addAll(world.begun.keySet());
            });
            scenario.act.on(world);
            FaultPoints.disarm();
            boolean killed = image[0] != null;
            try {
                if (killed) {
                    world.inRun = null;
                    check(scenario, new World(image[0], world.ticker), handed);
                } else {
                    if (!world.collect.isClosed()) { // else its values wait for who opens the map next
                        world.finish();
                    }
                    return number - 1;
                }
            } catch (Throwable e) {
                throw new AssertionError("point " + number + " of '" + name + "': " + e.getMessage(), e);
            }
        }
    }

    private static void check(Scenario scenario, World next, List<Integer> before) throws Exception {
        assertThat(next.backend.report().details())
                .as("damage")
                .containsEntry("recordsDamaged", 0)
                .containsEntry("valuesDamaged", 0);
        next.finish();
        List<Integer> all = new ArrayList<>(next.acknowledged);
        all.addAll(before);
        assertThat(all)
                .as("values, each for one firing")
                .doesNotHaveDuplicates()
                .containsAll(scenario.sure);
        Set<Integer> known = new TreeSet<>(scenario.sure);
        known.addAll(scenario.maybe);
        assertThat(known).as("values that were accepted").containsAll(all);
    }

    /** A process. */
    private static final class World {
        final ManualTicker ticker;
        final SimulatedKernel kernel;
        final KernelBackend backend;
        final AsyncSlotRegistry registry;
        final Deque<Runnable> tasks = new ArrayDeque<>();

        /** What each firing was handed, by map, key and generation. */
        final Map<String, List<Integer>> begun = new HashMap<>();

        /** Attempts of one firing that were handed other values. */
        final List<String> wrong = new ArrayList<>();

        /** Values of firings that have ended, and have not passed them on. */
        final List<Integer> acknowledged = new ArrayList<>();

        ValueTimerSlots<String, Integer> collect;
        ValueTimerSlots<String, Integer> last;
        ValueTimerSlots<String, Integer> first;
        ValueTimerSlots<String, Integer> merged;
        ValueWorkSlots<String, Integer> works;
        TimerSlots<String> scheduled;
        int scheduledRuns;
        ValueTimerSlots<String, Integer> capped;
        ValueWorkSlots<String, Integer> throttled;
        InRun inRun;
        boolean passedOn;

        /** For a run on a thread of its own. */
        final CountDownLatch goOn = new CountDownLatch(1);

        Thread runner;

        private interface InRun {
            void in(SlotFiring firing) throws Exception;
        }

        World(SimulatedKernel kernel) {
            this(kernel, (ManualTicker) kernel.ticker());
        }

        World(SimulatedKernel kernel, ManualTicker ticker) {
            this.ticker = ticker;
            this.kernel = kernel;
            backend = KernelBackend.manual(kernel.attach(true), KernelOptions.defaults());
            registry = new AsyncSlotRegistryBuilder(tasks::add)
                    .ticker(ticker)
                    .backend(backend)
                    .listener((firing, took, failure) -> acknowledge(firing))
                    .build();
            registry.start();
            open();
            last = timers("last", SlotValues.last(Integer.class));
            first = timers("first", SlotValues.first(Integer.class));
            merged = timers("merged", SlotValues.merging(Integer.class, Integer::sum));
            registry.register(WorkMapSpec.named("works", String.class)
                    .values(SlotValues.collect(Integer.class))
                    .whenIdle(WhenIdle.KEEP)
                    .callback(this::ran)
                    .build());
            works = registry.works("works", String.class, Integer.class);
            registry.register(TimerMapSpec.named("capped", String.class)
                    .values(SlotValues.last(Integer.class))
                    .maxWait(LATER.multipliedBy(2))
                    .callback(this::ran)
                    .build());
            capped = registry.timers("capped", String.class, Integer.class);
            registry.register(WorkMapSpec.named("throttled", String.class)
                    .values(SlotValues.collect(Integer.class))
                    .minInterval(LATER)
                    .callback(this::ran)
                    .build());
            throttled = registry.works("throttled", String.class, Integer.class);
            scheduled = registry.register(TimerMapSpec.named("scheduled", String.class)
                    .keySchedules(true)
                    .callback((key, firing) -> scheduledRuns++)
                    .build());
        }

        void open() {
            registry.register(TimerMapSpec.named("collect", String.class)
                    .values(SlotValues.collect(Integer.class))
                    .flushAt(4)
                    .maxWait(FAR)
                    .callback(this::ran)
                    .build());
            collect = registry.timers("collect", String.class, Integer.class);
        }

        private ValueTimerSlots<String, Integer> timers(String name, SlotValues<Integer> values) {
            registry.register(TimerMapSpec.named(name, String.class)
                    .values(values)
                    .callback(this::ran)
                    .build());
            return registry.timers(name, String.class, Integer.class);
        }

        private static List<Integer> values(SlotFiring firing) {
            List<Integer> values = new ArrayList<>();
            Object value = firing.value();
            if (value instanceof Collection<?> several) {
                several.forEach(each -> values.add((Integer) each));
            } else if (value != null) {
                values.add((Integer) value);
            }
            return values;
        }

        private void ran(String key, SlotFiring firing) throws Exception {
            List<Integer> handed = values(firing);
            List<Integer> former = begun.put(firing.map() + "/" + key + "/" + firing.generation(), handed);
            if (former != null && !former.equals(handed)) {
                wrong.add("attempts were handed " + former + ", then " + handed);
            }
            InRun present = inRun;
            inRun = null;
            passedOn = present != null;
            if (present != null) {
                present.in(firing);
            }
        }

        /** What a firing was handed, unless it has passed that on: then it is pending again. */
        private void acknowledge(SlotFiring firing) {
            if (!passedOn) {
                acknowledged.addAll(values(firing));
            }
            passedOn = false;
        }

        void pump() {
            backend.pump();
        }

        void runAll() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }

        /** Runs all that is pending; nothing is left then, nor a value in an entry. */
        void finish() {
            for (int i = 0; i < 6; i++) {
                pump();
                runAll();
                ticker.advance(LATER);
            }
            scheduled
                    .find(K)
                    .ifPresent(slot ->
                            assertThat(slot.schedule()).isIn(SlotSchedule.every(FAR), SlotSchedule.every(LATER)));
            scheduled.delete(K);
            ticker.advance(FAR);
            pump();
            runAll();
            pump();
            int used = 0;
            for (int entry = 0; entry < Layout.valueEntries(kernel.capacity); entry++) {
                long at = Layout.valueAt(entry, SimulatedKernel.VALUE_BYTES);
                used += (long) Layout.LONG.get(kernel.values, at + Layout.VALUE_SEAL) == 0 ? 0 : 1;
            }
            assertThat(used).as("values that nobody will be handed").isZero();
            assertThat(wrong).isEmpty();
        }
    }
}

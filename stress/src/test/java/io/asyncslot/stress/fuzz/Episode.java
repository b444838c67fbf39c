package io.asyncslot.stress.fuzz;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/**
 * One run of the fuzzer: some maps, some hundred random steps, each compared with the model; everything follows from the
 * seed. Fails by {@link Mismatch}.
 */
final class Episode {

    /** The engine and the model disagree. */
    static final class Mismatch extends AssertionError {
        private static final long serialVersionUID = 1L;

        Mismatch(String message) {
            super(message);
        }
    }

    /** With no more slots than the engine handles in one slice, the order of firings is exact. */
    private static final int EXACT_ORDER = 60;

    /** How often a driver may have to look again at once. */
    private static final int MOVES = 40;

    /** What the queue of those that wait for a thread pauses after its first refusal and after its worst, in microseconds. */
    private static final long SHORTEST_BACK_OFF = 1_000;

    private static final long LONGEST_BACK_OFF = 32_000;

    private static final long WALL = 1_790_000_000L;
    private static final long DAY = 86_400_000_000L;

    /** No clock goes farther than this: the wall clock would leave the range of nanoseconds. */
    private static final long HORIZON = 60L * 365 * DAY;

    /** Widths of the engine's buckets and other spans worth hitting exactly, in microseconds. */
    private static final long[] SPANS = {
        0, 1, 1_000, 1_024, 2_048, 262_144, 268_435, 524_288, 67_108_864, 68_719_476, 17_179_869_184L, DAY, 51 * DAY
    };

    private final long seed;
    private final WrongRule wrong;
    private final Random random;
    private final ManualTicker ticker = new ManualTicker(Instant.ofEpochSecond(WALL));
    private final JvmBackend backend = JvmBackend.manual();
    private final AsyncSlotRegistry registry;
    private final List<TimerSlots<Integer>> maps = new ArrayList<>();
    private final List<ModelMap> models = new ArrayList<>();
    private final int keys;
    private final boolean refusing;
    private final StringBuilder trace = new StringBuilder();

    private int step;
    private boolean pumping;
    /** Until when at most the engine hands over nothing, in monotonic microseconds: set by a refusal. */
    private long pausedUntil;

    /** How long at most it waits after the next refusal, in microseconds: twice as long each time, while something waits. */
    private long backOff = SHORTEST_BACK_OFF;

    private boolean settling;
    private int actions;
    private int firings;
    private long elapsed;
    private final Map<SlotClock, Long> lastStraight = new EnumMap<>(SlotClock.class);

    /** What the first disagreement inside a callback was: thrown once the pump has returned. */
    private String failure = "";

    Episode(long seed, WrongRule wrong) {
        this.seed = seed;
        this.wrong = wrong;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L); // seeds side by side begin alike
        boolean mayRefuse = random.nextInt(4) == 0;
        this.registry = new AsyncSlotRegistryBuilder(this::execute)
                .backend(backend)
                .ticker(ticker)
                .build();
        int count = 1 + random.nextInt(4);
        int total = new int[] {1, 4, EXACT_ORDER, EXACT_ORDER, 300}[random.nextInt(5)];
        this.keys = Math.max(1, total / count);
        for (int i = 0; i < count; i++) {
            open("m" + i, i);
        }
        // which missed periods a refusal leaves for later depends on what the engine looked at first: the model can't
        // say
        this.refusing =
                mayRefuse && models.stream().noneMatch(model -> model.period != 0 && model.late == LatePolicy.SKIP);
        registry.start();
    }

    private void open(String name, int index) {
        SlotClock clock = SlotClock.values()[random.nextInt(3)];
        LatePolicy late = LatePolicy.values()[random.nextInt(3)];
        long period =
                random.nextInt(3) != 0 ? 0 : late == LatePolicy.ALL ? DAY + random.nextLong(50 * DAY) : span() + 1;
        int capacity = random.nextInt(4) == 0 ? 1 + random.nextInt(keys) : 0;
        boolean freesIdle = random.nextInt(3) != 0;
        TimerMapSpec.Builder<Integer> spec = TimerMapSpec.named(name, Integer.class)
                .clock(clock)
                .late(late)
                .maxEntries(capacity)
                .whenIdle(freesIdle ? WhenIdle.FREE : WhenIdle.KEEP)
                .callback((key, firing) -> fired(index, key, firing));
        if (period != 0) {
            spec.every(micros(period));
        }
        maps.add(registry.register(spec.build()));
        models.add(new ModelMap(name, clock, period, late, capacity, freesIdle, wrong));
    }

    /** Runs to the end; answers how many callbacks ran. */
    int run() {
        try {
            int steps = 50 + random.nextInt(250);
            for (step = 1; step <= steps; step++) {
                int operations = random.nextInt(4) == 0 ? random.nextInt(2 * keys + 1) : 1 + random.nextInt(4);
                for (int i = 0; i < operations; i++) {
                    operate(random.nextInt(maps.size()), random.nextInt(keys), false);
                }
                if (random.nextInt(3) != 0) {
                    moveTime();
                }
                if (random.nextInt(4) != 0) {
                    pump();
                }
            }
            settle();
        } finally {
            registry.close();
        }
        return firings;
    }

    // ---- steps ----------------------------------------------------------------------------------------------------

    private void operate(int index, int key, boolean inside) {
        TimerSlots<Integer> map = maps.get(index);
        ModelMap model = models.get(index);
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> {
                Duration delay = delay(inside);
                Object expected = model.start(key, deadline(model, delay), step);
                model.link(key);
                same("start " + model.name + "/" + key + " " + delay, expected, map.start(key, delay));
            }
            case 5, 6 -> {
                Duration delay = delay(inside);
                Object expected = model.touch(key, deadline(model, delay), step);
                same("touch " + model.name + "/" + key + " " + delay, expected, map.touch(key, delay));
            }
            case 7, 8 -> same("cancel " + model.name + "/" + key, model.cancel(key), map.cancel(key));
            case 9 -> same("delete " + model.name + "/" + key, model.delete(key), map.delete(key));
            case 10 -> {
                Duration delay = delay(inside);
                Set<Integer> batch = new LinkedHashSet<>();
                for (int i = random.nextInt(keys + 1); i > 0; i--) {
                    batch.add(random.nextInt(keys));
                }
                int[] outcomes = new int[StartOutcome.values().length];
                for (int each : batch) {
                    outcomes[model.start(each, deadline(model, delay), step).ordinal()]++;
                    model.link(each);
                }
                StartSummary expected = new StartSummary(
                        outcomes[StartOutcome.STARTED.ordinal()],
                        outcomes[StartOutcome.REARMED.ordinal()],
                        outcomes[StartOutcome.REJECTED.ordinal()],
                        outcomes[StartOutcome.CLOSED.ordinal()]);
                same("startAll " + model.name + batch + " " + delay, expected, map.startAll(batch, delay));
            }
            default -> {
                if (model.clock == SlotClock.REALTIME) {
                    long at = now(SlotClock.REALTIME) / 1_000 + (inside ? 1 : -DAY) + random.nextLong(2 * DAY);
                    Instant instant = Instant.ofEpochSecond(at / 1_000_000, at % 1_000_000 * 1_000);
                    Object expected = model.start(key, at, step);
                    model.link(key);
                    same("startAt " + model.name + "/" + key + " " + instant, expected, map.startAt(key, instant));
                }
            }
        }
    }

    private void moveTime() {
        long span = span();
        if (random.nextInt(3) == 0) {
            long left = earliest() - now(SlotClock.MONOTONIC) / 1_000 + random.nextInt(3) - 1;
            span = left < 0 || left > 100 * DAY ? 0 : left;
        }
        span = Math.min(span, HORIZON - elapsed);
        Duration by = random.nextInt(5) == 0 ? Duration.ofNanos(span * 1_000 + random.nextInt(1_000)) : micros(span);
        switch (random.nextInt(10)) {
            case 0 -> {
                note("suspend " + by);
                elapsed += span;
                ticker.suspend(by);
                skewMonotonic(by);
            }
            case 1 -> {
                long wall = WALL * 1_000_000 + elapsed + (random.nextBoolean() ? 1 : -1) * Math.min(span, 30 * DAY);
                if (wall * 1_000 < now(SlotClock.REALTIME) && models.stream().anyMatch(ModelMap::followsTheWallClock)) {
                    return; // such a slot would look for an earlier point, which the model does not: WallClockStepTests
                }
                note("wall clock " + wall);
                ticker.setWallClock(Instant.ofEpochSecond(wall / 1_000_000, wall % 1_000_000 * 1_000));
            }
            default -> {
                note("advance " + by);
                elapsed += span;
                ticker.advance(by);
            }
        }
    }

    /** The earliest deadline on the monotonic clock, NEVER if there is none. */
    private long earliest() {
        long least = ModelMap.NEVER;
        for (ModelMap model : models) {
            if (model.clock == SlotClock.MONOTONIC) {
                for (ModelMap.Slot slot : model.slots()) {
                    least = slot.armed ? Math.min(least, slot.deadline) : least;
                }
            }
        }
        return least;
    }

    private long pump() {
        note("pump");
        pumping = true;
        actions = 0;
        lastStraight.clear();
        long wake = backend.pump();
        pumping = false;
        boolean refused = ticker.monotonicNanos() / 1_000 < pausedUntil;
        backOff = refused ? Math.min(2 * backOff, LONGEST_BACK_OFF) : SHORTEST_BACK_OFF;
        if (!failure.isEmpty()) {
            fail(failure);
        }
        step++;
        compare(wake);
        // moving slots from bucket to bucket may go on at once, but it comes to an end
        for (int again = 0; wake / 1_000 <= now(SlotClock.MONOTONIC) / 1_000; again++) {
            if (again == MOVES) {
                fail("spins: nothing is left to do, yet it wakes at " + wake);
            }
            int before = firings;
            wake = backend.pump();
            same("firings in a pump too many", before, firings);
        }
        return wake;
    }

    private void execute(Runnable callback) {
        if (refusing && random.nextInt(8) == 0) {
            pausedUntil = ticker.monotonicNanos() / 1_000 + backOff;
            throw new RejectedExecutionException();
        }
        callback.run();
    }

    private void fired(int index, int key, SlotFiring firing) {
        ModelMap model = models.get(index);
        long nanos = now(model.clock);
        firings++;
        note(" fires " + firing);
        ModelMap.Slot before = model.find(key);
        boolean straight = before != null && before.straight && before.armedIn < step;
        ModelMap.Slot slot = model.begin(key, firing.generation(), nanos / 1_000);
        if (!pumping || slot == null) {
            wrong("a firing that the model has not: " + firing + " of " + describe(before) + " at " + nanos);
            return;
        }
        try {
            if (firing.lateness().isNegative()) {
                wrong("early: " + firing);
            }
            checkOrder(model, firing, straight, nanos);
            callback(index, key, firing, slot);
        } finally {
            model.end(slot);
        }
    }

    private void checkOrder(ModelMap model, SlotFiring firing, boolean straight, long nanos) {
        if (!straight || refusing || keys * maps.size() > EXACT_ORDER) {
            return;
        }
        long deadline = nanos - firing.lateness().toNanos();
        Long before = lastStraight.put(model.clock, deadline);
        if (before != null && before > deadline) {
            wrong("out of order: " + firing + ", deadline " + deadline + " after " + before);
        }
    }

    private void callback(int index, int key, SlotFiring firing, ModelMap.Slot slot) {
        if (settling || random.nextInt(3) != 0 || ++actions > 2 * keys) {
            return;
        }
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    Duration delay = delay(true);
                    Object expected = models.get(index).arm(slot, deadline(models.get(index), delay), step);
                    same("  restart " + delay, expected, firing.restart(delay));
                }
                case 1 -> operate(index, key, true);
                case 2 -> operate(random.nextInt(maps.size()), random.nextInt(keys), true);
                default -> {
                    long ignored = backend.pump(); // does nothing: the outer pump goes on
                }
            }
        }
        if (random.nextInt(10) == 0) {
            throw new IllegalStateException("a callback that fails");
        }
    }

    // ---- comparison -------------------------------------------------------------------------------------------------

    private void compare(long wake) {
        long monotonic = now(SlotClock.MONOTONIC);
        long latest = Long.MAX_VALUE;
        boolean paused = ticker.monotonicNanos() / 1_000 < pausedUntil;
        for (int i = 0; i < maps.size(); i++) {
            ModelMap model = models.get(i);
            long now = now(model.clock) / 1_000;
            model.skip(now);
            for (ModelMap.Slot slot : model.slots()) {
                if (!slot.armed || slot.deadline == ModelMap.NEVER) {
                    continue;
                }
                if (slot.deadline <= now && !paused) {
                    fail("lost: " + model.name + "/" + describe(slot) + " is due at " + now);
                }
                long left = Math.max(0, slot.deadline - now);
                long look = model.clock == SlotClock.MONOTONIC
                        ? slot.deadline * 1_000
                        : (monotonic / 1_000 + left) * 1_000; // whoever pumps sets the clocks, and pumps again then
                latest = Math.min(latest, look);
            }
            compare(model, maps.get(i).stats());
        }
        if (paused) {
            latest = Math.max(latest, pausedUntil * 1_000);
        }
        if (wake > latest) {
            fail("wakes too late: at " + wake + ", something is due at " + latest + ", now " + monotonic);
        }
    }

    private void compare(ModelMap model, SlotMapStats stats) {
        same(model.name + " armed", model.armed(), stats.armed());
        same(model.name + " slots", (long) model.slots().size(), stats.slots());
        same(model.name + " fired", model.fired, stats.fired());
        same(model.name + " running", 0L, stats.running());
        long accounted = stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped() + stats.armed();
        same(model.name + " started", accounted, stats.started());
    }

    /** Goes from wake-up to wake-up, as a driver would: every firing is then exactly on time. */
    private void settle() {
        note("settle");
        pump();
        settling = true;
        int left = 0;
        for (int i = 0; i < maps.size(); i++) {
            for (int key = 0; key < keys; key++) {
                ModelMap model = models.get(i);
                ModelMap.Slot slot = model.find(key);
                boolean far = model.clock != SlotClock.MONOTONIC
                        && slot != null
                        && slot.deadline - now(model.clock) / 1_000 > 20_000_000;
                if (model.period != 0 || far || slot != null && slot.deadline > HORIZON) {
                    same(
                            "delete " + model.name + "/" + key,
                            model.delete(key),
                            maps.get(i).delete(key));
                } else {
                    left++;
                }
            }
        }
        long budget = 12L * left + 1_000;
        for (long wakes = 0; models.stream().anyMatch(model -> model.armed() != 0); wakes++) {
            long wake = pump();
            if (wakes > budget) {
                fail("does not settle: " + wakes + " wake-ups for " + left + " slots");
            }
            long by = wake - now(SlotClock.MONOTONIC);
            if (wake == Long.MAX_VALUE || by > (HORIZON - elapsed) * 1_000) {
                break;
            }
            elapsed += by / 1_000 + 1;
            ticker.advance(Duration.ofNanos(Math.max(0, by)));
        }
        pump();
    }

    // ---- values ----------------------------------------------------------------------------------------------------

    private long span() {
        return switch (random.nextInt(8)) {
            case 0, 1 ->
                Math.max(0, SPANS[random.nextInt(SPANS.length)] * (1 + random.nextInt(3)) + random.nextInt(3) - 1);
            case 2, 3 -> random.nextLong(5_000);
            case 4 -> random.nextLong(2_000_000);
            case 5 -> random.nextLong(200_000_000);
            case 6 -> random.nextLong(30_000_000_000L);
            default -> random.nextInt(50) == 0 ? random.nextLong(40L * 365 * DAY) : random.nextLong(4 * DAY);
        };
    }

    private Duration delay(boolean inside) {
        if (random.nextInt(60) == 0) {
            return Duration.ofSeconds(Long.MAX_VALUE);
        }
        long span = span();
        if (random.nextInt(3) == 0) {
            // the edge of a bucket, give or take one
            long width = 1L << 10 + 8 * random.nextInt(5);
            long now = now(SlotClock.MONOTONIC) / 1_000;
            span = Math.max(0, (now / width + 1 + random.nextInt(3)) * width - now + random.nextInt(3) - 1);
        }
        if (inside && random.nextInt(4) != 0) {
            span = Math.max(1, span);
        }
        return random.nextInt(4) == 0 ? Duration.ofNanos(span * 1_000 + random.nextInt(1_000)) : micros(span);
    }

    private long deadline(ModelMap model, Duration delay) {
        return ModelMap.deadline(now(model.clock), delay, wrong);
    }

    private long suspendedForModel;

    private void skewMonotonic(Duration by) {
        if (wrong == WrongRule.SUSPEND_COUNTS) {
            suspendedForModel += by.toNanos();
        }
    }

    /** What a clock shows: to the model, which may be told wrong. */
    private long now(SlotClock clock) {
        return switch (clock) {
            case MONOTONIC -> ticker.monotonicNanos() + suspendedForModel;
            case REALTIME ->
                wrong == WrongRule.WALL_CLOCK_STANDS
                        ? WALL * 1_000_000_000 + ticker.boottimeNanos()
                        : ticker.realtimeNanos();
            case BOOTTIME -> ticker.boottimeNanos();
        };
    }

    private static Duration micros(long span) {
        return Duration.ofSeconds(span / 1_000_000, span % 1_000_000 * 1_000);
    }

    // ---- reports ----------------------------------------------------------------------------------------------------

    private void same(String what, Object expected, Object actual) {
        note(what + " -> " + actual);
        if (!expected.equals(actual)) {
            String message = what + ": the model says " + expected + ", the engine " + actual;
            if (pumping) {
                wrong(message);
            } else {
                fail(message);
            }
        }
    }

    private void wrong(String message) {
        if (failure.isEmpty()) {
            failure = message;
        }
    }

    private void note(String line) {
        trace.append(step).append(": ").append(line).append('\n');
    }

    private static String describe(ModelMap.Slot slot) {
        return slot == null
                ? "no slot"
                : slot.key + " armed=" + slot.armed + " deadline=" + slot.deadline + " running=" + slot.running;
    }

    private void fail(String message) {
        int from = Math.max(0, trace.length() - 6_000);
        throw new Mismatch("seed " + seed + ", step " + step + ": " + message + "\n" + trace.substring(from));
    }
}

package io.asyncslot.stress.fuzz;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.stress.fuzz.Episode.Mismatch;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One run of the fuzzer on a map with values: random steps, each compared with a plain model that has every value in one place.
 * So each value goes to exactly one firing, take, cancel or delete, or to the value that it was merged with. Everything follows from
 * the seed. Fails by {@link Mismatch}.
 */
final class ValueEpisode {

    /** Mistakes that the model can be told to make. */
    enum Wrong {
        NONE,
        /** What a run was handed is pending once more. */
        RUN_LEAVES_VALUES,
        /** A take leaves what it hands out. */
        TAKE_LEAVES_VALUES,
        /** A cancel leaves the values to the next start. */
        CANCEL_LEAVES_VALUES,
        /** A deadline goes beyond the latest one. */
        NO_MAX_WAIT,
        /** A slot is due when it has one value more than it takes. */
        FLUSH_TOO_LATE,
        /** A slot takes one value more than it may have. */
        ONE_VALUE_MORE
    }

    private static final int KEYS = 5;

    /** Spans in microseconds, not far apart: so that caps and flushes meet deadlines. */
    private static final long[] SPANS = {1, 10, 1_000, 1_024, 5_000, 262_144};

    /** What a key has, as the model knows it. */
    private static final class Slot {
        final List<Integer> pending = new ArrayList<>();
        boolean armed;
        boolean running;
        long deadline;
        long latest;
    }

    private final long seed;
    private final Random random;
    private final Wrong wrong;
    private final ManualTicker ticker = new ManualTicker(Instant.ofEpochSecond(1_790_000_000L));
    private final JvmBackend backend = JvmBackend.manual();
    private final AsyncSlotRegistry registry;
    private final ValueTimerSlots<Integer, Integer> map;
    private final Slot[] slots = new Slot[KEYS];
    private final Merge merge;
    private final long maxWait;
    private final int flushAt;
    private final int maxValues;
    private final StringBuilder trace = new StringBuilder();
    private int next = 1;
    private int handed;
    private @Nullable Mismatch failure;

    ValueEpisode(long seed, Wrong wrong) {
        this.seed = seed;
        this.wrong = wrong;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.merge = Merge.values()[random.nextInt(Merge.values().length)];
        boolean collects = merge == Merge.COLLECT;
        this.maxWait = random.nextBoolean() ? 0 : 1 + span();
        this.flushAt = collects && random.nextBoolean() ? 1 + random.nextInt(4) : 0;
        this.maxValues = collects && random.nextBoolean() ? Math.max(1, flushAt) + random.nextInt(4) : 0;
        for (int i = 0; i < KEYS; i++) {
            slots[i] = new Slot();
        }
        this.registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(ticker)
                .build();
        TimerMapSpec.Builder<Integer> spec = TimerMapSpec.named("values", Integer.class)
                .values(values())
                .callback((key, firing) -> fired(key, firing));
        if (maxWait != 0) {
            spec.maxWait(micros(maxWait));
        }
        if (flushAt != 0) {
            spec.flushAt(flushAt);
        }
        registry.register(spec.build());
        this.map = registry.timers("values", Integer.class, Integer.class);
        registry.start();
    }

    private SlotValues<Integer> values() {
        return switch (merge) {
            case LAST -> SlotValues.last(Integer.class);
            case FIRST -> SlotValues.first(Integer.class);
            case FUNCTION -> SlotValues.merging(Integer.class, Integer::sum);
            case COLLECT ->
                maxValues == 0
                        ? SlotValues.collect(Integer.class)
                        : SlotValues.collect(Integer.class).maxValues(maxValues);
        };
    }

    /** Runs to the end; answers how many values were handed to firings. */
    int run() {
        try {
            for (int step = 50 + random.nextInt(200); step > 0; step--) {
                for (int i = random.nextInt(6); i > 0; i--) {
                    operate(random.nextInt(KEYS), false);
                }
                long span = span();
                trace.append(" +").append(span);
                ticker.advance(micros(span));
                pump();
                compare();
            }
            return handed;
        } finally {
            registry.close();
        }
    }

    private void operate(int key, boolean inside) {
        Slot slot = slots[key];
        switch (random.nextInt(inside ? 8 : 10)) {
            case 0, 1, 2, 3, 4 -> {
                long delay = span();
                int value = next++;
                same(
                        "start " + key + " " + delay + " " + value,
                        start(slot, delay, value),
                        map.start(key, micros(delay), value));
            }
            case 5 -> {
                long delay = span();
                same("touch " + key + " " + delay, touch(slot, delay), map.touch(key, micros(delay)));
            }
            case 6 -> {
                List<Integer> expected = List.copyOf(slot.pending);
                slot.armed = false;
                clear(slot, Wrong.TAKE_LEAVES_VALUES);
                same("take " + key, expected, map.takeAll(key));
            }
            case 7 -> {
                CancelOutcome expected = slot.armed
                        ? CancelOutcome.CANCELLED
                        : slot.running ? CancelOutcome.RUNNING : CancelOutcome.ABSENT;
                slot.armed = false;
                clear(slot, Wrong.CANCEL_LEAVES_VALUES);
                same("cancel " + key, expected, map.cancel(key));
            }
            default -> {
                DeleteOutcome expected = slot.armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.ABSENT;
                slot.armed = false;
                slot.pending.clear();
                same("delete " + key, expected, map.delete(key));
            }
        }
    }

    private void clear(Slot slot, Wrong unless) {
        if (wrong != unless) {
            slot.pending.clear();
        }
    }

    private StartOutcome start(Slot slot, long delay, int value) {
        if (maxValues != 0 && slot.pending.size() >= maxValues + (wrong == Wrong.ONE_VALUE_MORE ? 1 : 0)) {
            return StartOutcome.REJECTED;
        }
        long now = now();
        boolean was = slot.armed;
        if (!was) {
            slot.latest = maxWait == 0 || wrong == Wrong.NO_MAX_WAIT ? Long.MAX_VALUE : now + maxWait;
        }
        merge(slot.pending, value);
        slot.deadline = Math.min(now + delay, slot.latest);
        if (flushAt != 0 && slot.pending.size() >= flushAt + (wrong == Wrong.FLUSH_TOO_LATE ? 1 : 0)) {
            slot.deadline = Math.min(slot.deadline, now);
        }
        slot.armed = true;
        return was ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    private void merge(List<Integer> pending, int value) {
        if (pending.isEmpty() || merge == Merge.COLLECT) {
            pending.add(value);
        } else if (merge == Merge.LAST) {
            pending.set(0, value);
        } else if (merge == Merge.FUNCTION) {
            pending.set(0, pending.get(0) + value);
        }
    }

    private TouchOutcome touch(Slot slot, long delay) {
        if (!slot.armed) {
            return slot.running ? TouchOutcome.NOT_ARMED : TouchOutcome.ABSENT;
        }
        long due = Math.min(now() + delay, slot.latest);
        boolean flushed = flushAt != 0 && slot.pending.size() >= flushAt;
        slot.deadline = flushed ? Math.min(due, slot.deadline) : due;
        return TouchOutcome.MOVED;
    }

    private void fired(int key, SlotFiring firing) {
        Slot slot = slots[key];
        try {
            if (!slot.armed || slot.running || slot.deadline > now()) {
                throw mismatch("fires " + firing + ", but is due at " + slot.deadline + " of " + now());
            }
            same("fire " + key, handed(slot), firing.value());
            handed += slot.pending.size();
            slot.armed = false;
            slot.running = true;
            clear(slot, Wrong.RUN_LEAVES_VALUES);
            for (int i = random.nextInt(3); i > 0; i--) {
                operate(key, true);
            }
        } catch (Mismatch e) {
            failure = failure == null ? e : failure;
        } finally {
            slot.running = false;
        }
        if (random.nextInt(8) == 0) {
            throw new IllegalStateException("a callback that fails");
        }
    }

    private @Nullable Object handed(Slot slot) {
        if (merge == Merge.COLLECT) {
            return List.copyOf(slot.pending);
        }
        return slot.pending.isEmpty() ? null : slot.pending.get(0);
    }

    /** What a callback arms with enough values is due in the same moment: until nothing is. */
    private void pump() {
        for (int i = 0; i == 0 || i < 100 && earliest() <= now(); i++) {
            backend.pump();
            if (failure != null) {
                throw failure;
            }
        }
    }

    private long earliest() {
        long least = Long.MAX_VALUE;
        for (Slot slot : slots) {
            least = slot.armed ? Math.min(least, slot.deadline) : least;
        }
        return least;
    }

    private void compare() {
        for (int key = 0; key < KEYS; key++) {
            Slot slot = slots[key];
            if (slot.armed && slot.deadline <= now()) {
                throw mismatch("lost: key " + key + " is due since " + slot.deadline + " at " + now());
            }
            SlotSnapshot found = map.find(key).orElse(null);
            same("whether there is " + key, slot.armed, found != null);
            if (found != null) {
                same("pending of " + key, handed(slot), found.value());
                same("time left of " + key, micros(slot.deadline - now()), found.timeLeft());
            }
        }
    }

    private void same(String what, @Nullable Object expected, @Nullable Object is) {
        trace.append("; ").append(what).append(" = ").append(is);
        if (!Objects.equals(expected, is)) {
            throw mismatch(what + " is " + is + ", should be " + expected);
        }
    }

    private Mismatch mismatch(String what) {
        int shown = Math.max(0, trace.length() - 2_000);
        return new Mismatch("seed " + seed + ", " + merge + ", maxWait " + maxWait + ", flushAt " + flushAt
                + ", maxValues " + maxValues + ": " + what + "; the last steps: " + trace.substring(shown));
    }

    private long now() {
        return ticker.monotonicNanos() / 1_000;
    }

    private long span() {
        return SPANS[random.nextInt(SPANS.length)] + random.nextInt(2);
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1_000);
    }
}

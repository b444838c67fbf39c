package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.UnaryOperator;

/** One map under stress: random operations on it, what its callback sees, and its books at the end. Thread-safe. */
final class StressMap {

    private static final int SHORT_MICROS = 3_000;

    final SlotMap<Integer> map;
    private final int keys;
    private final AtomicIntegerArray running;
    private final AtomicLongArray generation;
    final AtomicLong runs = new AtomicLong();
    final AtomicLong overlaps = new AtomicLong();
    final AtomicLong fallingGenerations = new AtomicLong();
    final AtomicLong early = new AtomicLong();
    final AtomicLong deletedInside = new AtomicLong();
    final AtomicLong thrown = new AtomicLong();

    private StressMap(int keys, java.util.function.Function<StressMap, SlotMap<Integer>> opener) {
        this.keys = keys;
        this.running = new AtomicIntegerArray(keys);
        this.generation = new AtomicLongArray(keys);
        this.map = opener.apply(this);
    }

    static StressMap timers(
            AsyncSlotRegistry registry, String name, int keys, UnaryOperator<TimerMapSpec.Builder<Integer>> more) {
        return new StressMap(
                keys,
                self -> registry.register(more.apply(TimerMapSpec.named(name, Integer.class)
                                .callback(self::fired)
                                .delay(Duration.ofNanos(SHORT_MICROS * 1_000L)))
                        .build()));
    }

    static StressMap works(
            AsyncSlotRegistry registry, String name, int keys, UnaryOperator<WorkMapSpec.Builder<Integer>> more) {
        return new StressMap(
                keys,
                self -> registry.register(
                        more.apply(WorkMapSpec.named(name, Integer.class).callback(self::fired))
                                .build()));
    }

    private void fired(Integer key, SlotFiring firing) throws Exception {
        if (running.getAndIncrement(key) != 0) {
            overlaps.incrementAndGet();
        }
        try {
            if (generation.getAndSet(key, firing.generation()) >= firing.generation()) {
                fallingGenerations.incrementAndGet();
            }
            if (firing.lateness().isNegative()) {
                early.incrementAndGet();
            }
            runs.incrementAndGet();
            inside(key, firing, ThreadLocalRandom.current());
        } finally {
            running.decrementAndGet(key);
        }
    }

    private void inside(Integer key, SlotFiring firing, Random random) throws Exception {
        switch (random.nextInt(24)) {
            case 0 -> {
                map.delete(key);
                deletedInside.incrementAndGet();
            }
            case 1 -> {
                map.delete(key);
                start(key, random);
            }
            case 2 -> firing.restart(Duration.ofNanos(random.nextInt(SHORT_MICROS) * 1_000L));
            case 3 -> start(key, random);
            case 4 -> map.cancelAndAwait(random.nextInt(keys), Duration.ofMillis(random.nextInt(3)));
            case 5 -> {
                thrown.incrementAndGet();
                throw new ExpectedFailure();
            }
            case 6 -> Thread.sleep(random.nextInt(2));
            case 7 -> map.close(Duration.ofSeconds(30)); // from inside: refused, nothing changes
            case 8 -> start(random.nextInt(keys), random);
            case 9 -> map.delete(random.nextInt(keys));
            default -> Thread.onSpinWait();
        }
    }

    /** One random operation. */
    void operate(Random random) throws InterruptedException {
        int key = random.nextInt(keys);
        switch (random.nextInt(16)) {
            case 0, 1 -> map.cancel(key);
            case 2, 3 -> map.delete(key);
            case 4 -> map.cancelAndAwait(key, Duration.ofNanos(random.nextInt(500_000)));
            case 5 -> map.rebind(key, this::fired);
            case 6 -> map.rebind(this::fired);
            case 7 -> map.find(key);
            default -> start(key, random);
        }
    }

    private void start(int key, Random random) {
        if (map instanceof WorkSlots<Integer> works) {
            works.submit(key);
        } else if (map instanceof TimerSlots<Integer> timers) {
            switch (random.nextInt(6)) {
                case 0 -> timers.start(key);
                case 1 -> timers.touch(key);
                case 2 -> timers.start(key, Duration.ZERO);
                case 3 -> timers.start(key, Duration.ofHours(random.nextInt(3)));
                default -> timers.start(key, Duration.ofNanos(random.nextInt(SHORT_MICROS) * 1_000L));
            }
        }
    }

    /** Ends what would go on for ever: afterwards nothing is armed once the runs under way have ended. */
    void deleteAll() {
        for (int key = 0; key < keys; key++) {
            map.delete(key);
        }
    }

    boolean isAtRest() {
        SlotMapStats stats = map.stats();
        return stats.armed() == 0 && stats.queued() == 0 && stats.running() == 0 && stats.references() == stats.slots();
    }

    long reclaimed() {
        Counters counters = ((LocalSlots<Integer>) map).counters();
        return counters.reclaimed.sum() + counters.withdrawn.sum();
    }

    private long freedIdle() {
        return ((LocalSlots<Integer>) map).counters().freedIdle.sum();
    }

    /** The books at rest. */
    void check() {
        SlotMapStats stats = map.stats();
        assertThat(overlaps).as("overlapping runs in %s", map).hasValue(0);
        assertThat(fallingGenerations)
                .as("generations that did not rise in %s", map)
                .hasValue(0);
        assertThat(early).as("early runs in %s", map).hasValue(0);
        assertThat(stats.started())
                .as("started in %s: %s", map, stats)
                .isEqualTo(stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped() + stats.armed());
        assertThat(stats.fired()).as("fired in %s", map).isEqualTo(runs.get());
        assertThat(stats.failed()).as("failed in %s", map).isEqualTo(thrown.get());
        assertThat(stats.references()).as("references in %s", map).isEqualTo(stats.slots());
        assertThat(reclaimed()).as("reclaimed in %s", map).isEqualTo(stats.deleted() + freedIdle());
        assertThat(runs.get()).as("runs in %s", map).isPositive();
    }

    /** What callbacks throw; without a stack trace, for there are many. */
    static final class ExpectedFailure extends Exception {
        private static final long serialVersionUID = 1L;

        ExpectedFailure() {
            super("expected in this test", null, false, false);
        }
    }
}

package io.asyncslot.stress.soak;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Random operations by several threads over many keys of a timer and a work map, on the real engine, under noise. Every
 * start is accounted for once, nothing is early, generations rise, runs of a key do not overlap, and the heap stays flat;
 * otherwise the process exits with 1.
 */
public final class Soak {

    /** How much more may be retained at the end than after the first interval, and after all was deleted. */
    private static final long GROWTH_LIMIT = 16L << 20;
    /** After so many operations for each key, about a third of them starts, nearly every key has been started. */
    private static final long STARTED_BY = 20;

    private static final int BATCH = 32;
    private static final int BATCHED = 3;
    private static final Duration BATCH_DELAY = Duration.ofMillis(70);
    private static final int POOL = 4;
    private static final int POOL_QUEUE = 10_000;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final int seconds;
    private final int threadCount;
    private final int keys;
    private final Ledger timerLedger;
    private final Ledger workLedger;
    private final LongAdder operations = new LongAdder();
    private final List<String> failures = new ArrayList<>();
    private final ThreadPoolExecutor pool;
    private final AsyncSlotRegistry registry;
    private final TimerSlots<Integer> timers;
    private final WorkSlots<Integer> works;
    private final Integer[] boxed;
    private volatile boolean stopped;

    private Soak(int seconds, int threadCount, int keys) {
        this.seconds = seconds;
        this.threadCount = threadCount;
        this.keys = keys;
        this.timerLedger = new Ledger("timers", keys);
        this.workLedger = new Ledger("works", keys);
        this.boxed = new Integer[keys];
        Arrays.setAll(boxed, Integer::valueOf);
        this.pool = new ThreadPoolExecutor(
                POOL,
                POOL,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(POOL_QUEUE),
                new ThreadPoolExecutor.AbortPolicy());
        this.registry = new AsyncSlotRegistryBuilder(pool).build();
        this.timers = registry.register(TimerMapSpec.named("timers", Integer.class)
                .callback(this::timerFired)
                .build());
        this.works = registry.register(WorkMapSpec.named("works", Integer.class)
                .callback(this::workRuns)
                .build());
    }

    /**
     * Runs the soak.
     *
     * @param arguments {@code --minutes N} (or {@code --seconds N}), {@code --threads N}, {@code --keys N}
     * @throws InterruptedException if interrupted
     */
    public static void main(String[] arguments) throws InterruptedException {
        int seconds = 600;
        int threads = 8;
        int keys = 100_000;
        for (int i = 0; i < arguments.length; i += 2) {
            int value = i + 1 < arguments.length ? Integer.parseInt(arguments[i + 1]) : 0;
            switch (value > 0 ? arguments[i] : "") {
                case "--minutes" -> seconds = value * 60;
                case "--seconds" -> seconds = value;
                case "--threads" -> threads = value;
                case "--keys" -> keys = value;
                default -> {
                    System.err.println("usage: soak [--minutes N | --seconds N] [--threads N] [--keys N]");
                    System.exit(2);
                }
            }
        }
        if (keys < 16 * threads) {
            System.err.println("soak: at least 16 keys a thread");
            System.exit(2);
        }
        System.exit(new Soak(seconds, threads, keys).run() ? 0 : 1);
    }

    private boolean run() throws InterruptedException {
        System.out.printf(
                "soak: %d s, %d threads, %d keys, JDK %s, %d processors, heap limit %d MiB%n",
                seconds,
                threadCount,
                keys,
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        long empty = Heap.retained();
        registry.start();
        Noise noise = new Noise();
        noise.start();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < threadCount; i++) {
            int number = i;
            Thread thread = new Thread(() -> operate(number), "soak-" + i);
            thread.start();
            threads.add(thread);
        }
        sample();
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
        noise.stop();
        drain();
        balance();
        long cleared = deleteAll();
        System.out.printf(
                "retained: %.1f MiB before the first start, %.1f MiB after all was deleted%n",
                mib(empty), mib(cleared));
        if (cleared - empty > GROWTH_LIMIT) {
            failures.add("deleted slots leave " + (cleared - empty) + " bytes behind");
        }
        registry.close();
        pool.shutdown();
        return verdict();
    }

    // ---- load -------------------------------------------------------------------------------------------------------

    @SuppressWarnings("ThreadPriorityCheck") // yields are noise, nothing relies on them
    private void operate(int thread) {
        try {
            while (!stopped) {
                for (int i = 0; i < 64; i++) {
                    operateOnce(thread);
                    operations.increment();
                }
                ThreadLocalRandom random = ThreadLocalRandom.current();
                if (random.nextInt(4) == 0) {
                    Thread.yield();
                } else if (random.nextInt(4) == 0) {
                    LockSupport.parkNanos(random.nextInt(2_000_000));
                }
            }
        } catch (Throwable e) {
            timerLedger.violation("an operation failed: " + e);
        }
    }

    private void operateOnce(int thread) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int key = random.nextInt(keys);
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5, 6 -> {
                boolean owned = OwnedKeys.isOwned(key);
                if (isBatched(key)) {
                    return;
                }
                if (owned) {
                    key = OwnedKeys.ownedBy(thread, threadCount, key, keys);
                }
                long began = System.nanoTime();
                started(key, timers.start(boxed[key], delay(key)));
                if (owned) {
                    int own = key;
                    timers.find(boxed[own])
                            .ifPresent(slot -> timerLedger.owned().started(own, slot.generation(), began));
                }
            }
            case 7, 8, 9 -> {
                if (OwnedKeys.isOwned(key)) {
                    // a touch of another thread may take effect long after it has read the clock, after a later start
                    key = OwnedKeys.ownedBy(thread, threadCount, key, keys);
                }
                if (timers.touch(boxed[key], delay(key)) == TouchOutcome.MOVED) {
                    timerLedger.moved.increment();
                }
            }
            case 10, 11, 12 -> cancel(timers, timerLedger, key);
            case 13, 14 -> delete(timers, timerLedger, key);
            case 15 -> {
                if (random.nextInt(8) == 0) {
                    startAll(random);
                }
            }
            case 16, 17 -> submit(key);
            case 18 -> cancel(works, workLedger, key);
            default -> delete(works, workLedger, key);
        }
    }

    /** Keys of a kind of their own: a summary does not tell key by key, so their starts are booked together. */
    private void startAll(ThreadLocalRandom random) {
        List<Integer> batch = new ArrayList<>(BATCH);
        int last = (keys - 1 - BATCHED) / 8;
        for (int i = 0; i < BATCH; i++) {
            int key = random.nextInt(last + 1) * 8 + BATCHED;
            batch.add(boxed[key]);
        }
        StartSummary summary = timers.startAll(batch, BATCH_DELAY);
        timerLedger.startedTogether.add(summary.started());
        timerLedger.rearmed.add(summary.rearmed());
        operations.add(BATCH - 1);
        if (summary.started() + summary.rearmed() != BATCH) {
            timerLedger.violation("startAll answered " + summary);
        }
    }

    private void submit(int key) {
        SubmitOutcome outcome = works.submit(boxed[key]);
        switch (outcome) {
            case SUBMITTED -> workLedger.started(key);
            case COALESCED -> workLedger.coalesced.increment();
            default -> workLedger.violation("submit answered " + outcome);
        }
    }

    private void started(int key, StartOutcome outcome) {
        switch (outcome) {
            case STARTED -> timerLedger.started(key);
            case REARMED -> timerLedger.rearmed.increment();
            default -> timerLedger.violation("start answered " + outcome);
        }
    }

    private static void cancel(SlotMap<Integer> map, Ledger ledger, int key) {
        if (map.cancel(key) == CancelOutcome.CANCELLED) {
            ledger.cancelled(key);
        }
    }

    private static void delete(SlotMap<Integer> map, Ledger ledger, int key) {
        if (isDeletable(key) && map.delete(key) != DeleteOutcome.ABSENT) {
            ledger.deleted(key);
        }
    }

    /** The other half is never deleted while the load runs, so that its books balance by outcomes alone. */
    private static boolean isDeletable(int key) {
        return (key & 1) == 0;
    }

    private static boolean isBatched(int key) {
        return (key & 7) == BATCHED;
    }

    /** Each key has one delay, from 1 ms to 5 s; every 64th is an hour. */
    private static Duration delay(int key) {
        return Duration.ofNanos(delayNanos(key));
    }

    private static long delayNanos(int key) {
        if (isBatched(key)) {
            return BATCH_DELAY.toNanos();
        }
        int mixed = key * 0x9E3779B9 >>> 8;
        return switch (mixed & 63) {
            case 0 -> 3_600_000_000_000L;
            case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 -> 1_000_000L + mixed % 4_000_000;
            case 13, 14, 15, 16, 17, 18, 19, 20 -> 300_000_000L + mixed % 4_700 * 1_000_000L;
            default -> 5_000_000L + mixed % 295 * 1_000_000L;
        };
    }

    private void timerFired(Integer key, SlotFiring firing) {
        timerLedger.begins(key, firing, delayNanos(key));
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (!OwnedKeys.isOwned(key) && random.nextInt(16) == 0) {
            StartOutcome outcome = firing.restart(delay(key));
            if (outcome != StartOutcome.FREED) {
                started(key, outcome);
            }
        }
        if (random.nextInt(256) == 0) {
            LockSupport.parkNanos(random.nextInt(1_000_000));
        }
        timerLedger.ends(key);
    }

    @SuppressWarnings("ThreadPriorityCheck") // yields are noise, nothing relies on them
    private void workRuns(Integer key, SlotFiring firing) {
        workLedger.begins(key, firing, 0);
        if (ThreadLocalRandom.current().nextInt(256) == 0) {
            Thread.yield();
        }
        workLedger.ends(key);
    }

    // ---- judgement
    // ----------------------------------------------------------------------------------------------------

    /** Sleeps for the whole time; looks at the heap ten times. */
    private void sample() throws InterruptedException {
        System.out.printf(
                "%8s %14s %12s %12s %10s %12s %14s %12s%n",
                "second", "operations", "ops/s", "firings/s", "slots", "retained", "alloc MiB/s", "alloc B/op");
        Heap heap = new Heap();
        heap.allocatedSince();
        long began = System.nanoTime();
        long before = began;
        long operationsBefore = 0;
        long firingsBefore = 0;
        List<Long> retained = new ArrayList<>();
        int base = 0; // the first sample after which nearly every key has been started; not the very first
        for (int i = 1; i <= 10; i++) {
            long until = began + seconds * 100_000_000L * i;
            for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
            long allocated = heap.allocatedSince();
            long now = System.nanoTime();
            long done = operations.sum();
            long fired = timerLedger.firings() + workLedger.firings();
            long used = Heap.retained();
            retained.add(used);
            if (i == 1 || base == i - 1 && done < STARTED_BY * keys) {
                base = i;
            }
            double span = (now - before) / 1e9;
            System.out.printf(
                    "%8d %14d %12.0f %12.0f %10d %8.1f MiB %14.1f %12.1f%n",
                    (now - began) / 1_000_000_000,
                    done,
                    (done - operationsBefore) / span,
                    (fired - firingsBefore) / span,
                    timers.stats().slots() + works.stats().slots(),
                    mib(used),
                    allocated / span / (1 << 20),
                    (double) allocated / (done - operationsBefore));
            before = now;
            operationsBefore = done;
            firingsBefore = fired;
        }
        if (base >= retained.size() - 1) {
            System.out.println("growth: SKIPPED, keys were started for the first time until the end");
            return;
        }
        long growth = retained.get(retained.size() - 1) - retained.get(base);
        System.out.printf(
                "growth from sample %d to the last: %.1f MiB, limit %.1f%n", base + 1, mib(growth), mib(GROWTH_LIMIT));
        if (growth > GROWTH_LIMIT) {
            failures.add("the heap grows: " + retained);
        }
    }

    /** Lets everything due within seconds fire, then cancels what is left: the keys whose delay is an hour. */
    private void drain() throws InterruptedException {
        long far = Duration.ofMinutes(1).toNanos();
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end && !isDrained(far)) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        if (!isDrained(far)) {
            failures.add("something armed does not fire");
        }
        for (int key = 0; key < keys; key++) {
            if (delayNanos(key) > far) {
                cancel(timers, timerLedger, key);
            }
        }
        while (System.nanoTime() < end
                && timers.stats().running() + works.stats().running() != 0) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private boolean isDrained(long far) {
        long[] near = {0};
        int limit = Integer.MAX_VALUE;
        timers.scan(
                limit, slot -> slot.deadline() != null && delayNanos((Integer) slot.key()) < far, slot -> near[0]++);
        return near[0] == 0
                && works.stats().armed()
                                + works.stats().running()
                                + timers.stats().running()
                        == 0;
    }

    private void balance() {
        System.out.printf("  %-8s %-22s %14s %14s%n", "map", "", "by outcomes", "by counters");
        timerLedger.balance(timers.stats(), Soak::isDeletable, Soak::isBatched);
        workLedger.balance(works.stats(), Soak::isDeletable, key -> false);
        System.out.printf(
                "  firings held against a clock of our own: %d; refusals by the full executor: %d; lateness p50 %s, p99 %s,"
                        + " max %s%n",
                timerLedger.timedFirings(),
                timers.stats().deferred() + works.stats().deferred(),
                timers.stats().latenessP50(),
                timers.stats().latenessP99(),
                timers.stats().latenessMax());
        if (timerLedger.firings() == 0 || workLedger.firings() == 0 || timerLedger.timedFirings() == 0) {
            failures.add("nothing fired: the soak has shown nothing");
        }
    }

    private long deleteAll() throws InterruptedException {
        for (int key = 0; key < keys; key++) {
            timers.delete(key);
            works.delete(key);
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end && references() != 0) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        if (references() != 0) {
            failures.add(references() + " references to deleted slots are left");
        }
        long retained = Heap.retained();
        for (SlotMap<Integer> map : List.of(timers, works)) {
            CloseOutcome outcome = map.close(LIMIT);
            if (outcome != CloseOutcome.CLOSED) {
                failures.add("close answered " + outcome);
            }
        }
        return retained;
    }

    private long references() {
        return timers.stats().references() + works.stats().references();
    }

    private boolean verdict() {
        failures.addAll(timerLedger.shown());
        failures.addAll(workLedger.shown());
        long count = timerLedger.violations() + workLedger.violations();
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        System.out.printf(
                "soak: %s, %d operations, %d firings, %d violations%n",
                failures.isEmpty() ? "passed" : "FAILED",
                operations.sum(),
                timerLedger.firings() + workLedger.firings(),
                count);
        return failures.isEmpty();
    }

    private static double mib(long bytes) {
        return bytes / (double) (1 << 20);
    }
}

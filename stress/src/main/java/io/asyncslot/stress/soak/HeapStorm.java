package io.asyncslot.stress.soak;

import static java.util.Objects.requireNonNull;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A heap that is full for some milliseconds, again and again, while keys are re-armed. Afterwards every key fires, and
 * every start answers what is so; the JDK's executor under the same load is the control. Ends with 1 if a slot is lost, with
 * 77 if the heap was not full often enough for this to tell anything. What the control loses is shown and is not a failure.
 */
public final class HeapStorm {

    private static final int KEYS = 1_000;
    private static final int STORMS = 60;
    private static final long STORM_NANOS = 15_000_000;
    private static final int SMALLEST = 256;
    private static final long PAUSE_MILLIS = 25;
    private static final Duration DELAY = Duration.ofMillis(20);
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

    /** What fills the heap. Static, so that nobody finds out that it is not used. */
    private static final List<byte[]> BALLAST = new ArrayList<>(1 << 20);

    private int rearms;
    private int refusedForWantOfHeap;
    private int filled;

    private HeapStorm() {}

    /**
     * Runs both.
     *
     * @param arguments none
     * @throws InterruptedException if interrupted
     */
    public static void main(String[] arguments) throws InterruptedException {
        // The pools' threads would keep a JVM alive whose main thread has failed.
        Thread.UncaughtExceptionHandler shows = Thread.currentThread().getUncaughtExceptionHandler();
        Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> {
            try {
                shows.uncaughtException(thread, e);
            } finally {
                Runtime.getRuntime().halt(1);
            }
        });
        System.out.printf(
                "heap storm: %d storms of %d ms, %d keys, heap of %d MB%n",
                STORMS, STORM_NANOS / 1_000_000, KEYS, Runtime.getRuntime().maxMemory() >> 20);
        System.exit(new HeapStorm().storms());
    }

    private int storms() throws InterruptedException {
        // The control comes last: a JDK class whose first use meets a full heap is broken from then on.
        boolean survived = slots();
        new HeapStorm().control();
        System.out.println(survived ? "no key is lost" : "FAILED");
        if (survived && filled < STORMS / 2) {
            System.out.println("SKIPPED: the heap was full only " + filled + " times, too few to tell anything");
            return 77;
        }
        return survived ? 0 : 1;
    }

    /** The JDK's executor. */
    private void control() throws InterruptedException {
        AtomicIntegerArray runs = new AtomicIntegerArray(KEYS);
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(2);
        executor.setRemoveOnCancelPolicy(true);
        @Nullable ScheduledFuture<?>[] futures = new ScheduledFuture<?>[KEYS];
        storm(key -> {
            ScheduledFuture<?> former = futures[key];
            if (former != null) {
                former.cancel(false);
            }
            futures[key] = executor.schedule(() -> runs.incrementAndGet(key), DELAY.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        });
        Thread.sleep(DELAY.toMillis() * 2);
        AtomicIntegerArray before = copy(runs);
        for (int key = 0; key < KEYS; key++) {
            int number = key;
            futures[key] =
                    executor.schedule(() -> runs.incrementAndGet(number), DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
        within(() -> dead(runs, before) == 0);
        int dead = dead(runs, before);
        System.out.printf(
                "ScheduledThreadPoolExecutor: %,d re-arms, %,d without heap, full %d times; dead keys %d%n",
                rearms, refusedForWantOfHeap, filled, dead);
        executor.shutdownNow();
    }

    private boolean slots() throws InterruptedException {
        AtomicIntegerArray runs = new AtomicIntegerArray(KEYS);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        JvmBackend backend = new JvmBackend();
        AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(threads).backend(backend).build();
        registry.start();
        TimerSlots<Integer> timers = registry.register(TimerMapSpec.named("storm", Integer.class)
                .callback((key, firing) -> runs.incrementAndGet(key))
                .build());
        // A JDK class that fails to initialize for want of heap fails for ever, so what the report uses is used once
        // before.
        requireNonNull(shown(timers.stats(), backend.report()));
        storm(key -> {
            StartOutcome outcome = timers.start(key, DELAY);
            return outcome == StartOutcome.STARTED || outcome == StartOutcome.REARMED;
        });
        boolean quiet = within(() -> isAtRest(timers.stats(), backend.report()));
        int untruthful = 0;
        AtomicIntegerArray before = copy(runs);
        for (int key = 0; key < KEYS; key++) {
            untruthful += timers.start(key, Duration.ofHours(1)) == StartOutcome.STARTED ? 0 : 1;
            untruthful += timers.start(key, DELAY) == StartOutcome.REARMED ? 0 : 1;
        }
        within(() -> dead(runs, before) == 0);
        int dead = dead(runs, before);
        quiet &= within(() -> isAtRest(timers.stats(), backend.report()));
        BackendReport report = backend.report();
        System.out.printf(
                "AsyncSlot: %,d re-arms, %,d without heap, full %d times; dead keys %d, untruthful answers %d%n",
                rearms, refusedForWantOfHeap, filled, dead, untruthful);
        System.out.println("at rest " + quiet + ", " + shown(timers.stats(), report));
        boolean stopped = registry.stop(Duration.ofSeconds(10));
        registry.close();
        threads.shutdownNow();
        return quiet
                && dead == 0
                && untruthful == 0
                && stopped
                && report.available()
                && Long.valueOf(0).equals(report.details().get("recovered"));
    }

    private static String shown(SlotMapStats stats, BackendReport report) {
        return stats + "\navailable " + report.available() + ", driver failures "
                + report.details().get("driverFailures") + ", recovered "
                + report.details().get("recovered") + ", lost by the executor "
                + report.details().get("lostByExecutor");
    }

    private static boolean isAtRest(SlotMapStats stats, BackendReport report) {
        return stats.armed() == 0
                && stats.running() == 0
                && stats.queued() == 0
                && stats.references() == stats.slots()
                && Long.valueOf(0).equals(report.details().get("inFlight"));
    }

    /** Re-arms one key after another while the heap is full and while it is not. */
    private void storm(IntPredicate rearm) throws InterruptedException {
        int key = 0;
        for (int i = 0; i < STORMS; i++) {
            Thread filler = new Thread(this::fill, "filler");
            filler.start();
            while (filler.isAlive()) {
                key = (key + 1) % KEYS;
                try {
                    rearms += rearm.test(key) ? 1 : 0;
                } catch (OutOfMemoryError e) {
                    refusedForWantOfHeap++;
                }
            }
            filler.join();
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /** Fills the heap to the last few bytes, keeps it full for a while, and lets go of all that. */
    private void fill() {
        long limit = System.nanoTime() + LIMIT_NANOS;
        long end = limit;
        int size = 1 << 20;
        while (System.nanoTime() - end < 0) {
            try {
                BALLAST.add(new byte[size]);
            } catch (OutOfMemoryError e) {
                if (size <= SMALLEST && end == limit) {
                    filled++;
                    end = System.nanoTime() + STORM_NANOS;
                }
                size = Math.max(SMALLEST, size >> 3);
            }
        }
        BALLAST.clear();
    }

    private static AtomicIntegerArray copy(AtomicIntegerArray counts) {
        AtomicIntegerArray copy = new AtomicIntegerArray(counts.length());
        for (int i = 0; i < counts.length(); i++) {
            copy.set(i, counts.get(i));
        }
        return copy;
    }

    private static int dead(AtomicIntegerArray runs, AtomicIntegerArray before) {
        int dead = 0;
        for (int key = 0; key < KEYS; key++) {
            dead += runs.get(key) == before.get(key) ? 1 : 0;
        }
        return dead;
    }

    private static boolean within(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + LIMIT_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            Thread.sleep(5);
        }
        return true;
    }
}

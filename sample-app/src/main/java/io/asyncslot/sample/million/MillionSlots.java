package io.asyncslot.sample.million;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.sample.Report;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A million slots in one map, without Spring: all started, all re-armed several times, some cancelled, some deleted,
 * some cancelled at the very moment they are due, the rest left to expire within a few seconds. Then the counts must
 * meet: started = fired + cancelled + deleted, none early, none twice. Ends with 1 if they do not.
 */
public final class MillionSlots {

    private static final int REARMS = 3;
    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration FIRST_EXPIRY = Duration.ofSeconds(3);
    private static final Duration EXPIRIES = Duration.ofSeconds(5);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final int keys;
    private final Firings firings;
    private final BitSet racesWon = new BitSet();
    private final LongAdder wrongOutcomes = new LongAdder();

    private MillionSlots(int keys) {
        this.keys = keys;
        this.firings = new Firings(keys);
    }

    public static void main(String[] args) throws InterruptedException {
        int keys = args.length == 0 ? 1_000_000 : Integer.parseInt(args[0]);
        if (keys < 1) {
            throw new IllegalArgumentException("the number of slots must be at least 1: " + keys);
        }
        System.exit(new MillionSlots(keys).run() ? 0 : 1);
    }

    private boolean run() throws InterruptedException {
        int threads = Runtime.getRuntime().availableProcessors();
        try (var executor = new AutoCloseableExecutor(threads);
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor.pool()).build()) {
            TimerSlots<Integer> timers = registry.register(TimerMapSpec.named("million", Integer.class)
                    .callback((key, firing) -> firings.fired(key))
                    .build());
            registry.start();
            Report report = new Report(System.out);
            report.took("%,d slots started".formatted(keys), keys, () -> forAll(key -> start(timers, key, FAR, false)));
            report.took(
                    "each re-armed %d times".formatted(REARMS),
                    (long) keys * REARMS,
                    () -> IntStream.range(0, REARMS).forEach(round -> forAll(key -> start(timers, key, FAR, true))));
            report.took("some cancelled, some deleted", keys / 5, () -> forAll(key -> end(timers, key)));
            report.heap("all armed");
            report.took("the others re-armed to expire", keys - keys / 5, () -> forAll(key -> expireSoon(timers, key)));
            report.took("some cancelled when due", keys / 10, () -> race(timers));
            awaitRest(timers);
            report.heap("all over");
            return check(report, timers.stats());
        }
    }

    private void forAll(IntConsumer step) {
        IntStream.range(0, keys).parallel().forEach(step);
    }

    private void start(TimerSlots<Integer> timers, int key, Duration delay, boolean again) {
        firings.expect(key, delay);
        expect(again ? StartOutcome.REARMED : StartOutcome.STARTED, timers.start(key, delay));
    }

    private void end(TimerSlots<Integer> timers, int key) {
        switch (Fate.of(key)) {
            case CANCELLED -> expect(CancelOutcome.CANCELLED, timers.cancel(key));
            case DELETED -> expect(DeleteOutcome.DELETED_ARMED, timers.delete(key));
            default -> {}
        }
    }

    /** Deadlines rise with the keys, so that one thread can follow them. */
    private void expireSoon(TimerSlots<Integer> timers, int key) {
        Fate fate = Fate.of(key);
        if (fate == Fate.RACED || fate == Fate.EXPIRED) {
            Duration delay = FIRST_EXPIRY.plusNanos(EXPIRIES.toNanos() / keys * key);
            start(timers, key, delay, true);
        }
    }

    private void race(TimerSlots<Integer> timers) {
        for (int key = 0; key < keys; key++) {
            if (Fate.of(key) == Fate.RACED) {
                for (long left = firings.nanosLeft(key); left > 0; left = firings.nanosLeft(key)) {
                    LockSupport.parkNanos(left);
                }
                racesWon.set(key, timers.cancel(key) == CancelOutcome.CANCELLED);
            }
        }
    }

    private void expect(Enum<?> expected, Enum<?> outcome) {
        if (outcome != expected) {
            wrongOutcomes.increment();
        }
    }

    private static void awaitRest(TimerSlots<Integer> timers) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        for (SlotMapStats stats = timers.stats();
                stats.armed() + stats.running() + stats.queued() > 0 && System.nanoTime() - end < 0;
                stats = timers.stats()) {
            Thread.sleep(50);
        }
    }

    private boolean check(Report report, SlotMapStats stats) {
        long twice = 0;
        long lost = 0;
        long undead = 0;
        for (int key = 0; key < keys; key++) {
            int runs = firings.runs(key);
            Fate fate = Fate.of(key);
            boolean fires = fate == Fate.EXPIRED || (fate == Fate.RACED && !racesWon.get(key));
            twice += runs > 1 ? 1 : 0;
            lost += fires && runs == 0 ? 1 : 0;
            undead += !fires && runs > 0 ? 1 : 0;
        }
        int cancelled = (int) IntStream.range(0, keys)
                .filter(key -> Fate.of(key) == Fate.CANCELLED)
                .count();
        int deleted = (int) IntStream.range(0, keys)
                .filter(key -> Fate.of(key) == Fate.DELETED)
                .count();
        report.line("fired p50 / p99 / max late: %d / %d / %d us"
                .formatted(micros(stats.latenessP50()), micros(stats.latenessP99()), micros(stats.latenessMax())));
        report.line("handed over again because the executor was full: %,d times".formatted(stats.deferred()));
        report.check("started", keys, stats.started());
        report.check("re-armed", (long) keys * (REARMS + 1) - cancelled - deleted, stats.rearmed());
        report.check("cancelled", cancelled + racesWon.cardinality(), stats.cancelled());
        report.check("deleted", deleted, stats.deletedArmed());
        report.check("fired", (long) keys - cancelled - racesWon.cardinality() - deleted, stats.fired());
        report.check(
                "fired + cancelled + deleted",
                stats.started(),
                stats.fired() + stats.cancelled() + stats.deletedArmed());
        report.check("early", 0, firings.early());
        report.check("twice", 0, twice);
        report.check("never though due", 0, lost);
        report.check("after cancel or delete", 0, undead);
        report.check("failed", 0, stats.failed());
        report.check("dropped", 0, stats.dropped());
        report.check("armed at the end", 0, stats.armed());
        report.check("references, one a slot left", (long) keys - deleted, stats.references());
        report.check("other outcomes than expected", 0, wrongOutcomes.sum());
        return report.passed();
    }

    private static long micros(Duration duration) {
        return TimeUnit.NANOSECONDS.toMicros(duration.toNanos());
    }

    /** A bounded pool that refuses when it is full: the slots are then handed over again. */
    private record AutoCloseableExecutor(ThreadPoolExecutor pool) implements AutoCloseable {

        AutoCloseableExecutor(int threads) {
            this(new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(10_000)));
        }

        @Override
        public void close() {
            pool.shutdown();
        }
    }
}

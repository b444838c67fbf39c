package io.asyncslot.stress.soak;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * README's first example a million times, all sessions at once, and a million others after them: each is started, re-armed
 * once by a further request, and expires. Afterwards the map must be empty and the heap be back where it began, but for the
 * tables of index and wheel, which keep the size they had when most slots were armed, however many sessions follow. With
 * {@code --keep} idle slots stay, which shows what that costs.
 */
public final class Sessions {

    private static final int HISTORY = 8;
    private static final Duration EXPIRY = Duration.ofSeconds(5);

    /** What may be left: the histories of the 256 slots that departed last, and what the JVM itself has kept meanwhile. */
    private static final long TOLERANCE_BYTES = 2_000_000;

    /** What the tables of index and wheel may keep for each slot that was armed at the same time. */
    private static final int TABLE_BYTES = 24;

    private final int sessions;
    private final WhenIdle whenIdle;
    private final LongAdder expired = new LongAdder();

    private Sessions(int sessions, WhenIdle whenIdle) {
        this.sessions = sessions;
        this.whenIdle = whenIdle;
    }

    /**
     * Runs the sessions.
     *
     * @param arguments {@code --sessions N}, {@code --keep}
     * @throws InterruptedException if interrupted
     */
    public static void main(String[] arguments) throws InterruptedException {
        int sessions = 1_000_000;
        WhenIdle whenIdle = WhenIdle.FREE;
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals("--keep")) {
                whenIdle = WhenIdle.KEEP;
            } else if (arguments[i].equals("--sessions") && i + 1 < arguments.length) {
                sessions = Integer.parseInt(arguments[++i]);
            } else {
                System.err.println("usage: sessions [--sessions N] [--keep]");
                System.exit(2);
            }
        }
        System.exit(new Sessions(sessions, whenIdle).run() ? 0 : 1);
    }

    private boolean run() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(pool).build()) {
            TimerSlots<String> slots = registry.register(TimerMapSpec.named("session", String.class)
                    .delay(EXPIRY)
                    .historySize(HISTORY)
                    .whenIdle(whenIdle)
                    .callback((key, firing) -> expired.increment())
                    .build());
            registry.start();
            expireAll(slots, "warm-up", Math.min(10_000, sessions));
            long before = Heap.retained();
            long armed = expireAll(slots, "session", sessions);
            long tables = Heap.retained();
            long ignored = expireAll(slots, "further", sessions);
            long after = Heap.retained();
            SlotMapStats stats = slots.stats();
            long left = after - tables;
            System.out.printf(
                    "sessions: %,d, when idle %s%n"
                            + "heap: before %,d bytes, all armed %,d bytes (%d a session), all expired %,d bytes (%.1f)%n"
                            + "as many again: %,d bytes; left: %,d bytes (%.1f a session), %,d slots, %,d references%n",
                    sessions,
                    whenIdle,
                    before,
                    armed,
                    (armed - before) / sessions,
                    tables,
                    (double) (tables - before) / sessions,
                    after,
                    left,
                    (double) left / sessions,
                    stats.slots(),
                    stats.references());
            boolean good = stats.slots() == 0
                    && stats.references() == 0
                    && after - before < (long) TABLE_BYTES * sessions + TOLERANCE_BYTES;
            System.out.println(
                    good ? "the heap is back where it began, but for empty tables" : "LEFT BEHIND: see above");
            return good;
        } finally {
            pool.shutdownNow();
        }
    }

    /** Starts and re-arms so many sessions and waits until all have expired; answers the heap while all are armed. */
    private long expireAll(TimerSlots<String> slots, String prefix, int number) throws InterruptedException {
        long until = expired.sum() + number;
        for (int i = 0; i < number; i++) {
            slots.start(prefix + i, Duration.ofMinutes(30));
        }
        long armed = Heap.retained();
        for (int i = 0; i < number; i++) {
            slots.start(prefix + i);
        }
        while (expired.sum() < until
                || slots.stats().running() != 0
                || slots.stats().queued() != 0) {
            Thread.sleep(20);
        }
        return armed;
    }
}

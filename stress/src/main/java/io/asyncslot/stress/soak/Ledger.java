package io.asyncslot.stress.soak;

import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;

/**
 * What the callers of one map were told and what its callbacks saw, by key: written by outcomes alone, so that it can be
 * held against the map's own counters. Thread-safe.
 */
final class Ledger {

    /** How many violations are kept as text. */
    private static final int SHOWN = 20;

    private final String name;
    private final AtomicIntegerArray started;
    private final AtomicIntegerArray fired;
    private final AtomicIntegerArray cancelled;
    private final AtomicIntegerArray deleted;
    private final AtomicIntegerArray running;
    private final AtomicLongArray generation;

    private final OwnedKeys owned;

    /** Starts whose keys are not told apart. */
    final LongAdder startedTogether = new LongAdder();

    final LongAdder rearmed = new LongAdder();
    final LongAdder moved = new LongAdder();
    final LongAdder coalesced = new LongAdder();
    private final LongAdder timed = new LongAdder();
    private final AtomicLong violations = new AtomicLong();
    private final List<String> shown = new ArrayList<>();

    Ledger(String name, int keys) {
        this.name = name;
        this.started = new AtomicIntegerArray(keys);
        this.fired = new AtomicIntegerArray(keys);
        this.cancelled = new AtomicIntegerArray(keys);
        this.deleted = new AtomicIntegerArray(keys);
        this.running = new AtomicIntegerArray(keys);
        this.generation = new AtomicLongArray(keys);
        this.owned = new OwnedKeys(keys);
    }

    /** The starts of keys that have an owner. */
    OwnedKeys owned() {
        return owned;
    }

    void started(int key) {
        started.incrementAndGet(key);
    }

    void cancelled(int key) {
        cancelled.incrementAndGet(key);
    }

    void deleted(int key) {
        deleted.incrementAndGet(key);
    }

    /** A callback begins, for a key that is never armed with less than {@code leastDelay} nanoseconds. */
    void begins(int key, SlotFiring firing, long leastDelay) {
        long now = System.nanoTime();
        if (running.getAndSet(key, 1) != 0) {
            violation("key " + key + ": two runs overlap, " + firing);
        }
        long before = generation.getAndSet(key, firing.generation());
        if (firing.generation() <= before) {
            violation("key " + key + ": " + firing + " after generation " + before);
        }
        if (firing.lateness().isNegative()) {
            violation("key " + key + ": early by the engine's own clock, " + firing);
        }
        if (OwnedKeys.isOwned(key) && leastDelay != 0) {
            long since = owned.began(key, firing.generation());
            if (since != 0) {
                timed.increment();
                if (now - since < leastDelay) {
                    violation(
                            "key " + key + ": fired " + (now - since) + " ns after its start began, not " + leastDelay);
                }
            }
        }
        fired.incrementAndGet(key);
    }

    void ends(int key) {
        running.set(key, 0);
    }

    synchronized void violation(String what) {
        violations.incrementAndGet();
        if (shown.size() < SHOWN) {
            shown.add(name + ": " + what);
        }
    }

    /**
     * Balances the books of a map at rest with nothing armed.
     *
     * @param deletable which keys may have been deleted
     * @param together which keys' starts were booked together; they are never deleted
     */
    void balance(SlotMapStats stats, IntPredicate deletable, IntPredicate together) {
        long deletedArmed = 0;
        long openTogether = startedTogether.sum();
        for (int key = 0; key < started.length(); key++) {
            int open = started.get(key) - fired.get(key) - cancelled.get(key);
            if (together.test(key)) {
                openTogether += open;
                continue;
            }
            int most = deletable.test(key) ? deleted.get(key) : 0;
            deletedArmed += open;
            if (open < 0 || open > most) {
                violation("key " + key + ": started " + started.get(key) + ", fired " + fired.get(key) + ", cancelled "
                        + cancelled.get(key) + ", deleted " + deleted.get(key));
            }
        }
        if (openTogether != 0) {
            violation("of the starts booked together " + openTogether + " neither fired nor were cancelled");
        }
        agree("started", sum(started) + startedTogether.sum(), stats.started());
        agree("fired", sum(fired), stats.fired());
        agree("cancelled", sum(cancelled), stats.cancelled());
        agree("deleted", sum(deleted), stats.deleted());
        agree("deleted while armed", deletedArmed, stats.deletedArmed());
        agree("re-armed", rearmed.sum(), stats.rearmed());
        agree("moved", moved.sum(), stats.moved());
        agree("coalesced", coalesced.sum(), stats.coalesced());
        agree("armed at the end", 0, stats.armed());
        agree("running at the end", 0, stats.running());
        agree("queued at the end", 0, stats.queued());
        agree("skipped", 0, stats.skipped());
        agree("dropped", 0, stats.dropped());
    }

    private void agree(String what, long outcomes, long counter) {
        System.out.printf(
                "  %-8s %-22s %14d %14d%s%n", name, what, outcomes, counter, outcomes == counter ? "" : "  !");
        if (outcomes != counter) {
            violation(what + ": the outcomes say " + outcomes + ", the map's counter " + counter);
        }
    }

    long firings() {
        return sum(fired);
    }

    long timedFirings() {
        return timed.sum();
    }

    long violations() {
        return violations.get();
    }

    synchronized List<String> shown() {
        return List.copyOf(shown);
    }

    private static long sum(AtomicIntegerArray counts) {
        long sum = 0;
        for (int key = 0; key < counts.length(); key++) {
            sum += counts.get(key);
        }
        return sum;
    }
}

package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.backend.Micros;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/** What BPF programs touch, and when those touches count. Thread-safe. */
final class TouchRecords {

    /*
     *   toucher    finds the place in the index, stores the time `at` in the touch record
     *   operation  reads the clock, changes the word, raises `since` to that reading, copies the word, looks at the promise
     *   reader     reads the word, then `since`, then `at`; at > since: due at + delay, if that is later than the word says
     *
     * A reader that has the new word and not yet the new `since` takes the slot for due too late: the operation's look at the
     * promise, which comes after its store, puts that right. One that has the old word and the new `since` takes it for due
     * too early, and fails: to begin a run takes a CAS on that word. The reading is the one that the operation reckons its
     * deadline from: a touch that comes after it counts, however long the operation takes to its step.
     */

    /** A map's touches do not put off farther: a hundred years. */
    static final long MAX_NANOS = 100L * 366 * 86_400_000_000_000L;

    private final boolean present;
    private final MemorySegment since;
    private final MemorySegment touches;
    private final RecordFields fields;
    private final RecordOwners owners;

    /** Reads CLOCK_MONOTONIC as the kernel does, in nanoseconds. */
    private final LongSupplier clock;

    /** How far a touch puts the slots of each map off, in nanoseconds: 0 where they cannot be touched. Any thread. */
    private final AtomicLongArray delays = new AtomicLongArray(Layout.DIRECTORY_RECORDS);

    /** The numbers of those maps' names. */
    private final AtomicLongArray nameNumbers = new AtomicLongArray(Layout.DIRECTORY_RECORDS);

    /**
     * Takes the records into use.
     *
     * @param clock reads CLOCK_MONOTONIC as the kernel does, in nanoseconds
     */
    TouchRecords(KernelPort port, RecordFields fields, RecordOwners owners, LongSupplier clock) {
        this.present = port.touchable();
        this.since = port.since();
        this.touches = port.touches();
        this.fields = fields;
        this.owners = owners;
        this.clock = clock;
    }

    /** Whether there is room for touches. */
    boolean isPresent() {
        return present;
    }

    /** Says how far a touch puts the slots of a map off, 0 if they cannot be touched; before it has any. */
    void touchable(int map, String name, long nanos) {
        nameNumbers.set(map, Layout.nameNumber(name));
        delays.set(map, nanos);
    }

    /** Whether the slot of a record can be touched. */
    boolean isTouchable(int place) {
        return present && delay(place) != 0;
    }

    /** By the heap, for a slot of this process. */
    private long delay(int place) {
        int map = owners.map(place);
        return map < 0 || map >= Layout.DIRECTORY_RECORDS ? 0 : delays.get(map);
    }

    /** A reading for {@link #made}. */
    long reading() {
        return present ? clock.getAsLong() : 0;
    }

    /** A slot of this process has been made: touches count from this reading on. */
    void made(int place, long reading) {
        if (present) {
            LONG.setVolatile(since, Layout.sinceAt(place) + Layout.SINCE_SINCE, reading);
            write(place);
        }
    }

    /** A slot that a former process left is one of this process: its last touch counts as before. */
    void takenUp(int place) {
        if (present) {
            write(place);
        }
    }

    /** Writes what a touch does to a slot of this process. */
    private void write(int place) {
        long nanos = delay(place);
        long at = Layout.sinceAt(place);
        LONG.setVolatile(since, at + Layout.SINCE_MAP, nanos == 0 ? 0 : nameNumbers.get(owners.map(place)));
        LONG.setVolatile(since, at + Layout.SINCE_DELAY, nanos);
        LONG.setVolatile(touches, Layout.touchAt(place) + Layout.TOUCH_INCARNATION, fields.incarnation(place));
    }

    /** Touches of a slot, of which the caller holds a reference, count from this reading on, or from a later one. */
    void armed(int place, long reading) {
        long at = Layout.sinceAt(place) + Layout.SINCE_SINCE;
        for (; ; ) {
            long seen = (long) LONG.getVolatile(since, at);
            if (seen >= reading || LONG.compareAndSet(since, at, seen, reading)) {
                return;
            }
        }
    }

    /** When a slot of this process is due by its last touch, in microseconds of the monotonic clock; 0 without one. */
    long until(int place) {
        return present ? until(place, delay(place)) : 0;
    }

    /** The same of a slot that a former process left, in a map that is open. */
    long leftUntil(int place, int map) {
        return present ? until(place, delays.get(map)) : 0;
    }

    private long until(int place, long nanos) {
        if (nanos == 0) {
            return 0;
        }
        try {
            long from = (long) LONG.getVolatile(since, Layout.sinceAt(place) + Layout.SINCE_SINCE);
            long at = (long) LONG.getVolatile(touches, Layout.touchAt(place) + Layout.TOUCH_AT);
            boolean counts = at > Math.max(0, from) && at <= clock.getAsLong() + Layout.TOUCH_AHEAD_NANOS;
            return counts ? Math.min(Micros.NEVER, Micros.ceil(at + nanos)) : 0;
        } catch (IllegalStateException e) {
            return 0; // the backend was closed meanwhile, and the memory with it
        }
    }

    /** Makes good what others changed of a slot's touches, and answers whether there was something. With the engine's lock. */
    boolean verify(int place) {
        if (!isTouchable(place)) {
            return false;
        }
        long at = Layout.sinceAt(place);
        long touchAt = Layout.touchAt(place);
        long from = (long) LONG.getVolatile(since, at + Layout.SINCE_SINCE);
        long stamp = (long) LONG.getVolatile(touches, touchAt + Layout.TOUCH_AT);
        // after both: what is right is not ahead of this reading, however long this thread is held up
        long latest = clock.getAsLong() + Layout.TOUCH_AHEAD_NANOS;
        boolean isWrong = false;
        if (from < 0 || from > latest) {
            isWrong = LONG.compareAndSet(since, at + Layout.SINCE_SINCE, from, 0L);
        }
        if (stamp < 0 || stamp > latest) {
            isWrong |= LONG.compareAndSet(touches, touchAt + Layout.TOUCH_AT, stamp, 0L);
        }
        if ((long) LONG.getVolatile(since, at + Layout.SINCE_DELAY) != delay(place)
                || (long) LONG.getVolatile(touches, touchAt + Layout.TOUCH_INCARNATION) != fields.incarnation(place)) {
            write(place);
            isWrong = true;
        }
        return isWrong;
    }

    /** The record of a slot is erased. */
    void clear(int place) {
        if (present) {
            Layout.zero(since, Layout.sinceAt(place), Layout.SINCE_BYTES);
            Layout.zero(touches, Layout.touchAt(place), Layout.TOUCH_BYTES);
        }
    }
}

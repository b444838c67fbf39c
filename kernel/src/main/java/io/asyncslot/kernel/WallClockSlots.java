package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.SlotClock;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.spi.Ticker;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Slots on the wall clock that the kernel measures by the monotonic one: owns the offsets that the kernel is told, and has the
 * slots set anew when the wall clock was set. Used with the engine's lock, unless a method says otherwise.
 */
final class WallClockSlots {

    /** The wall clock has been set when its distance to the monotonic clock changes by more than this. */
    private static final long CLOCK_NOISE_NANOS = 1_000_000L;

    private final KernelPort port;
    private final Ticker ticker;
    private final SlotRecords records;

    /** What the kernel was told to add to the monotonic clock to read the wall clock. Set with the lock; volatile. */
    private volatile long offset;

    /** Records whose slot the kernel has a timer for: as long as there are some we look whether the clock was set. */
    private final BitSet places;

    /** How many those are. */
    private int count;

    /** From which record on slots are still to be looked at, since the clock was set. */
    private int setFor = Integer.MAX_VALUE;

    /** The record whose look has failed, and is to be repeated once; -1 for none. */
    private int unseen = -1;

    /** Whether the first slot has come since {@link #takeChanged}: the engine may have to look earlier than it knew. */
    private boolean changed;

    /** How often the wall clock was found set while slots were on it. Written with the lock, read by all. */
    private final AtomicLong sets = new AtomicLong();

    WallClockSlots(KernelPort port, Ticker ticker, SlotRecords records) {
        this.port = port;
        this.ticker = ticker;
        this.records = records;
        this.places = new BitSet(port.capacity()); // with room for all: setting one takes no heap
        tell();
    }

    /**
     * Whether a promise may have elapsed; any thread. The kernel measured it by the offset that it was told, and not since:
     * what it looks like now is nearly the same.
     */
    boolean hasLapsed(long promise) {
        long now = ticker.realtimeNanos();
        return Math.abs(now - ticker.monotonicNanos() - offset) > CLOCK_NOISE_NANOS
                || promise <= Micros.floor(now) + CLOCK_NOISE_NANOS / 1_000;
    }

    /** Adds the slot of a record. */
    void add(int place) {
        if (!places.get(place)) {
            if (count == 0) {
                tell();
            }
            places.set(place);
            count++;
            changed = true;
        }
    }

    void remove(int place) {
        if (places.get(place)) {
            places.clear(place);
            count--;
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** A time of the wall clock on the kernel's timer, nanoseconds. */
    long toMonotonic(long nanos) {
        return Math.max(0, nanos - offset);
    }

    /** How often the clock was found set; any thread. */
    long sets() {
        return sets.get();
    }

    /**
     * Looks whether the clock was set, and has each slot looked at if so; goes on behind the one that failed. That one is looked
     * at once more: if this fails too, it is found when it is overdue.
     */
    void follow(SlotLooks looks) {
        if (count == 0) {
            return;
        }
        long present = ticker.realtimeNanos() - ticker.monotonicNanos();
        if (Math.abs(present - offset) > CLOCK_NOISE_NANOS) {
            setFor = 0; // first: a reading that fails may come after the offset was told
            tell();
            sets.incrementAndGet();
        }
        int failed = unseen;
        unseen = -1; // first: what fails twice must not keep the others waiting
        setAnew(failed, looks);
        while (setFor < records.owners().end()) {
            unseen = setFor++;
            setAnew(unseen, looks);
            unseen = -1;
        }
        setFor = Integer.MAX_VALUE;
    }

    /** Has the slot of a record looked at, by the clock as it is now. */
    private void setAnew(int place, SlotLooks looks) {
        ControlBlock<?> block = records.owners().owner(place);
        if (block != null && block.clock() == SlotClock.REALTIME) {
            looks.event(place);
        }
    }

    /** Makes good what others wrote over the offsets. */
    void repair() {
        put(SlotClock.REALTIME, offset);
        put(SlotClock.MONOTONIC, 0);
    }

    private void tell() {
        long monotonic = ticker.monotonicNanos();
        offset = ticker.realtimeNanos() - monotonic;
        repair();
        put(SlotClock.BOOTTIME, ticker.boottimeNanos() - monotonic);
    }

    private void put(SlotClock clock, long nanos) {
        LONG.setVolatile(port.header(), Layout.HEADER_CLOCK_OFFSET + (long) clock.ordinal() * Long.BYTES, nanos);
    }
}

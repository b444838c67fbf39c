package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The last transitions of one slot: a ring of two words an entry. Lock-free; any thread may add and look.
 *
 * <p>An entry is written in two steps, so a reader may meet one half old and half new, or a place taken and not yet
 * written: both halves carry the lap round the ring they belong to, and the reader leaves out what does not match, and
 * what a later writer has taken the place of meanwhile.
 */
final class History {

    private static final int KIND_BITS = 4;
    private static final int LAP_BITS = 8;
    private static final int LAP_MASK = (1 << LAP_BITS) - 1;
    private static final int CAUSE_BITS = 16;
    private static final int CAUSE_MASK = (1 << CAUSE_BITS) - 1;

    /** A span has 39 bits: microseconds up to six days, whole seconds beyond, which this bit says. */
    private static final long IN_SECONDS = 1L << 39;

    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final Kind[] KINDS = Kind.values();
    private static final VarHandle ADDED;
    private static final VarHandle RING = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        try {
            ADDED = MethodHandles.lookup().findVarHandle(History.class, "added", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Two words an entry. Stored with release by whoever has the entry's number, read with acquire. */
    private final long[] ring;

    /** Number of the next entry. Taken by atomic add, by whoever adds. */
    private volatile int added;

    History(int size) {
        this.ring = new long[2 * size];
    }

    /**
     * Adds an entry.
     *
     * @param kind what happened
     * @param now when, in microseconds of the map's clock
     * @param detail a span in microseconds, or -1 for none
     * @param cause the number of what caused it, 0 for none
     */
    void add(Kind kind, long now, long detail, int cause) {
        int number = (int) ADDED.getAndAdd(this, 1);
        int at = 2 * Integer.remainderUnsigned(number, ring.length / 2);
        long lap = lap(number, ring.length / 2);
        RING.setRelease(ring, at, (now << KIND_BITS | kind.ordinal()) << LAP_BITS | lap);
        RING.setRelease(ring, at + 1, (packed(detail) << CAUSE_BITS | cause) << LAP_BITS | lap);
    }

    private static long packed(long detail) {
        long span = Math.min(Math.max(detail, -1), Micros.NEVER) + 1;
        return span < IN_SECONDS ? span : IN_SECONDS | (span - 1) / MICROS_PER_SECOND;
    }

    private static @Nullable Duration unpacked(long span) {
        if ((span & IN_SECONDS) != 0) {
            return Duration.ofSeconds(span & ~IN_SECONDS);
        }
        return span == 0 ? null : Micros.toDuration(span - 1);
    }

    /**
     * The entries, oldest first.
     *
     * @param toInstant how a moment of the map's clock is shown
     * @param toCause what a cause's number stands for
     * @return at most as many entries as the ring holds
     */
    List<SlotEvent> entries(LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
        int size = ring.length / 2;
        int end = added;
        List<SlotEvent> entries = new ArrayList<>(size);
        int begin = Integer.compareUnsigned(end, size) < 0 ? 0 : end - size;
        for (int number = begin; number != end; number++) {
            int at = 2 * Integer.remainderUnsigned(number, size);
            long head = (long) RING.getAcquire(ring, at);
            long detail = (long) RING.getAcquire(ring, at + 1);
            long lap = lap(number, size);
            boolean overtaken = added - number > size; // as many writers later the lap bits are the same again
            if (overtaken || (head & LAP_MASK) != lap || (detail & LAP_MASK) != lap) {
                continue;
            }
            long span = detail >>> LAP_BITS;
            long body = head >>> LAP_BITS;
            entries.add(new SlotEvent(
                    toInstant.apply(body >>> KIND_BITS),
                    KINDS[(int) body & (1 << KIND_BITS) - 1],
                    unpacked(span >>> CAUSE_BITS),
                    toCause.apply((int) span & CAUSE_MASK)));
        }
        return entries;
    }

    /** The low bits of an entry's lap, counted from 1, so that a place never written is of no lap looked for first. */
    private static long lap(int number, int size) {
        return (Integer.divideUnsigned(number, size) + 1L) & LAP_MASK;
    }
}

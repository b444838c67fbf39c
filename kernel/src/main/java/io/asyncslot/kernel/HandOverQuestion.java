package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.HEADER_HAND_OVER_UNTIL;
import static io.asyncslot.kernel.Layout.LONG;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The question of another process, in the header of pinned slots, whether their holder hands them over; as the holder sees
 * it. Thread-safe; to be used while the memory is there.
 */
final class HandOverQuestion {

    /*
     *   0             nobody asks
     *   a time        asked, until then; the asker moves it on while it waits, and takes it back when it gives up
     *   GIVEN         the holder has decided, and lets go
     *
     * Who asks, who takes back and who decides do it by a CAS on what they saw: so the holder decides for a question that
     * stands, and an asker that could not take it back knows that the slots are about to be free.
     *
     * Anybody with write access to the pins may write there. So one store is no question: it has to be a time that an asker
     * may have written, and to move while the holder looks.
     */

    /** How long a question counts, unless it is renewed. */
    static final long NANOS = 5_000_000_000L;

    /** The holder has decided to hand over. */
    static final long GIVEN = -1;

    /** How much later than that a question may be: the asker's clock was read before. */
    private static final long SLACK_NANOS = 1_000_000_000L;

    /** A live asker renews its question within this time. */
    private static final long LIVE_NANOS = 200_000_000L;

    private final MemorySegment header;
    private final LongSupplier clock;

    /** Whether {@link #give} has decided, or is about to. Volatile. */
    private volatile boolean given;

    /**
     * Looks at a header.
     *
     * @param header the pinned slots' header
     * @param clock reads CLOCK_MONOTONIC as the kernel does, in nanoseconds
     */
    HandOverQuestion(MemorySegment header, LongSupplier clock) {
        this.header = header;
        this.clock = clock;
    }

    /** Whether a question stands. */
    boolean isAsked() {
        return stands(read());
    }

    /** Whether a question stands and somebody has moved it while this call waited for that: 200 ms at most. */
    boolean isLive() {
        long before = read();
        long end = System.nanoTime() + LIVE_NANOS;
        while (stands(before) && System.nanoTime() < end) {
            LockSupport.parkNanos(this, LIVE_NANOS / 20);
            long now = read();
            if (now > before) {
                return stands(now);
            }
            before = now; // of two that ask, or taken back
        }
        return false;
    }

    /** Decides for the question that stands: from then on it cannot be taken back. False if none stands. */
    boolean give() {
        given = true;
        boolean done = false;
        try {
            for (long asked = read(); stands(asked); asked = read()) {
                if (LONG.compareAndSet(header, HEADER_HAND_OVER_UNTIL, asked, GIVEN)) {
                    done = true;
                    return true;
                }
            }
            return false;
        } finally {
            given = done;
        }
    }

    /** Clears what nobody can have asked, and answers whether there was something. */
    boolean clear() {
        long seen = read();
        boolean wrong = seen > clock.getAsLong() + NANOS + SLACK_NANOS || seen < 0 && !given;
        return wrong && LONG.compareAndSet(header, HEADER_HAND_OVER_UNTIL, seen, 0L);
    }

    private boolean stands(long asked) {
        long now = clock.getAsLong();
        return asked > now && asked <= now + NANOS + SLACK_NANOS;
    }

    private long read() {
        return (long) LONG.getVolatile(header, HEADER_HAND_OVER_UNTIL);
    }
}

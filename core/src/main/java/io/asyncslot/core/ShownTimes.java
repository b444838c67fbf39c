package io.asyncslot.core;

import io.asyncslot.backend.Micros;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * How moments of a map's clock are shown on the wall clock: each at the same instant whenever it is looked at. Thread-safe, lock-free.
 *
 * <p>Two readings of two clocks never have quite the same distance, so the distance is measured once, and again only when a clock was
 * set or the machine was suspended. What has been shown by then keeps its instant.
 */
final class ShownTimes {

    /** Distances that differ less are the same: nobody sets a clock by that, and few readings are interrupted for so long. */
    private static final long STEP_NANOS = 10_000_000;

    /** How far ahead a look says that it has been: so that looks in quick succession write nothing. */
    private static final long AHEAD_MICROS = 1_000_000;

    /** How many distances are remembered: who sets the clock more often than that sees the oldest moments move. */
    private static final int MOST = 64;

    /**
     * A distance.
     *
     * @param offset what to add to the map's clock, in nanoseconds
     * @param after the moments that it is for, in microseconds of the map's clock
     * @param shown up to where it may have been used
     * @param former the one for earlier moments
     */
    private record Distance(
            long offset, long after, long shown, @Nullable Distance former) {

        Instant instant(long at) {
            Distance distance = this;
            while (distance.former != null && at <= distance.after) {
                distance = distance.former;
            }
            return Instant.ofEpochSecond(0, distance.offset).plusNanos(Micros.toNanos(at));
        }

        Distance bounded(int most) {
            return new Distance(offset, after, shown, former == null || most == 1 ? null : former.bounded(most - 1));
        }
    }

    private final AtomicReference<@Nullable Distance> latest = new AtomicReference<>();

    /**
     * A look.
     *
     * @param nanos a reading of the map's clock
     * @param wall a reading of the wall clock, taken with it
     * @return shows moments, in microseconds of the map's clock
     */
    LongFunction<Instant> at(long nanos, long wall) {
        long now = Micros.floor(nanos);
        long offset = wall - nanos;
        for (; ; ) {
            Distance seen = latest.get();
            Distance next;
            if (seen == null) {
                next = new Distance(offset, 0, now + AHEAD_MICROS, null);
            } else if (Math.abs(offset - seen.offset) > STEP_NANOS) {
                next = new Distance(offset, Math.min(now, seen.shown), now + AHEAD_MICROS, seen.bounded(MOST));
            } else if (now > seen.shown) {
                next = new Distance(seen.offset, seen.after, now + AHEAD_MICROS, seen.former);
            } else {
                return seen::instant;
            }
            if (latest.compareAndSet(seen, next)) {
                return next::instant;
            }
        }
    }
}

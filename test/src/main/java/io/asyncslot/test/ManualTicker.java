package io.asyncslot.test;

import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clocks that stand still until a test moves them. Thread-safe. The monotonic and the boot-time clock begin at zero, the
 * wall clock at a given instant.
 */
public final class ManualTicker implements Ticker {

    private final AtomicLong monotonic = new AtomicLong();
    private final AtomicLong suspended = new AtomicLong();

    /** How far the wall clock is ahead of the boot-time clock. */
    private final AtomicLong wallOffset;

    /**
     * Makes clocks.
     *
     * @param wallClock where the wall clock begins, not before 1970
     */
    public ManualTicker(Instant wallClock) {
        this.wallOffset = new AtomicLong(nanos(wallClock));
    }

    @Override
    public long monotonicNanos() {
        return monotonic.get();
    }

    @Override
    public long boottimeNanos() {
        return monotonic.get() + suspended.get();
    }

    @Override
    public long realtimeNanos() {
        return boottimeNanos() + wallOffset.get();
    }

    /**
     * Lets time pass on all clocks.
     *
     * @param span not negative
     * @throws IllegalArgumentException if it is negative
     */
    public void advance(Duration span) {
        monotonic.addAndGet(notNegative(span));
    }

    /**
     * Suspends the machine: time passes on the boot-time and the wall clock, not on the monotonic one.
     *
     * @param span not negative
     * @throws IllegalArgumentException if it is negative
     */
    public void suspend(Duration span) {
        suspended.addAndGet(notNegative(span));
    }

    /**
     * Sets the wall clock, forward or back. The other clocks do not change.
     *
     * @param instant the new time, not before 1970
     */
    public void setWallClock(Instant instant) {
        wallOffset.set(nanos(instant) - boottimeNanos());
    }

    /**
     * Moves the monotonic clock, and the others with it, to a reading.
     *
     * @param nanos the reading; ignored if it is in the past
     */
    void advanceTo(long nanos) {
        monotonic.accumulateAndGet(nanos, Math::max);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    private static long notNegative(Duration span) {
        if (span.isNegative()) {
            throw new IllegalArgumentException("'span' must not be negative: " + span);
        }
        return span.toNanos();
    }
}

package io.asyncslot.jvm;

import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * How long the driver sleeps, and how: it may spin through the last stretch, and it merges wake-ups that come thick and fast.
 * Measures by the injected ticker. The driver's own.
 *
 * <p>Each wake-up for a deadline is charged with the interval, and time pays it off. As long as no more than {@link #FREE} of
 * them are unpaid the driver wakes when something is due. From then on what is due waits for the payment: so the driver wakes
 * for deadlines once per interval, never early, and no deadline waits longer than the interval. While it is awake it does what
 * is due at once: that costs no wake-up.
 */
final class DriverSleep {

    /** A time that no deadline is before. */
    private static final long NOTHING = -1;

    /** How many wake-ups may be unpaid before the next one waits. */
    static final int FREE = 16;

    private final Ticker ticker;
    private final long spinNanos;
    private final long intervalMicros;
    private final LongConsumer park;

    /** When all wake-ups for deadlines will be paid off, monotonic microseconds. */
    private long paidAt = Long.MIN_VALUE / 2;

    DriverSleep(Ticker ticker, JvmOptions options, LongConsumer park) {
        this.ticker = ticker;
        this.spinNanos = options.spin().toNanos();
        this.intervalMicros = options.wakeInterval().toNanos() / 1_000;
        this.park = park;
    }

    /** A way to park that lets go of the CPU, for so many nanoseconds at the most. */
    static LongConsumer parking(Object blocker) {
        return nanos -> LockSupport.parkNanos(blocker, nanos);
    }

    /**
     * Before which deadlines others are to wake the driver.
     *
     * @param due when something may be due, in microseconds
     * @return that time; or one before all deadlines if the driver, merging, would not act on an earlier one either
     */
    long watch(long due) {
        return due <= notBefore() ? NOTHING : due;
    }

    /**
     * Sleeps, unless something is due already.
     *
     * @param due when something may be due, in microseconds; {@link Micros#NEVER} for no such time
     * @param asleep false once somebody has woken the driver
     */
    void until(long due, BooleanSupplier asleep) {
        if (nanosTo(due) <= 0) {
            return;
        }
        long at = Math.max(due, notBefore());
        long parked = nanosTo(at) - spinNanos;
        if (parked > 0) {
            park.accept(parked);
        }
        if (spinNanos != 0) {
            spin(at, asleep);
        }
        if (intervalMicros != 0) {
            long now = Micros.floor(ticker.monotonicNanos());
            // no more than what puts the next one off by an interval: others wake the driver as often as they like
            paidAt = Math.min(Math.max(paidAt, now), now + FREE * intervalMicros) + intervalMicros;
        }
    }

    /** When the next wake-up for a deadline may be. */
    private long notBefore() {
        return paidAt - FREE * intervalMicros;
    }

    /** Waits through the last stretch; not at all if that has not begun, after a park that ended early. */
    private void spin(long at, BooleanSupplier asleep) {
        while (asleep.getAsBoolean()) {
            long left = nanosTo(at);
            if (left <= 0 || left > spinNanos) {
                return;
            }
            Thread.onSpinWait();
        }
    }

    private long nanosTo(long micros) {
        return micros == Micros.NEVER ? Long.MAX_VALUE : micros * 1_000 - ticker.monotonicNanos();
    }
}

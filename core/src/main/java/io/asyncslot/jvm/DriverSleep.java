package io.asyncslot.jvm;

import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * How long the driver sleeps, and how: it may spin through the last stretch, and it may merge wake-ups. Measures by the
 * injected ticker. The driver's own.
 *
 * <p>Merged, what is due less than the interval after a wake-up waits until the interval is over. So the driver wakes
 * for deadlines once per interval, never early, and no deadline waits longer than the interval. While it is awake it
 * does what is due at once: that costs no wake-up.
 */
final class DriverSleep {

    /** A time that no deadline is before. */
    private static final long NOTHING = -1;

    private final Ticker ticker;
    private final long spinNanos;
    private final long intervalMicros;
    private final LongConsumer park;

    /** When the next wake-up for a deadline may be, monotonic microseconds. */
    private long notBefore = Long.MIN_VALUE;

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
        return due <= notBefore ? NOTHING : due;
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
        long at = Math.max(due, notBefore);
        long parked = nanosTo(at) - spinNanos;
        if (parked > 0) {
            park.accept(parked);
        }
        if (spinNanos != 0) {
            spin(at, asleep);
        }
        if (intervalMicros != 0) {
            notBefore = Micros.floor(ticker.monotonicNanos()) + intervalMicros;
        }
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

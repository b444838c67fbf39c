package io.asyncslot.spi;

import io.asyncslot.SlotClock;

/**
 * Where time comes from. Injected everywhere; {@link SystemTicker} is the one implementation that asks the system.
 * Thread-safe. All three clocks count nanoseconds; readings are at least 0 and stay below 2^62.
 */
public interface Ticker {

    /**
     * Time since some origin of this ticker; never goes back.
     *
     * @return nanoseconds of the monotonic clock
     */
    long monotonicNanos();

    /**
     * The wall clock; it may be set forward and back.
     *
     * @return nanoseconds since 1970-01-01T00:00Z
     */
    long realtimeNanos();

    /**
     * Like the monotonic clock, but counts time in suspend if the platform can tell.
     *
     * @return nanoseconds of the boot-time clock; never goes back
     */
    long boottimeNanos();

    /**
     * Reads one of the clocks.
     *
     * @param clock which
     * @return its nanoseconds
     */
    default long nanos(SlotClock clock) {
        return switch (clock) {
            case MONOTONIC -> monotonicNanos();
            case REALTIME -> realtimeNanos();
            case BOOTTIME -> boottimeNanos();
        };
    }
}

package io.asyncslot.backend;

import java.time.Duration;
import java.time.Instant;

/**
 * Points in time as the state word holds them: whole microseconds of a map's clock, 52 bits. Conversions round up,
 * so that nothing is early, and saturate at {@link #NEVER}.
 */
public final class Micros {

    /** The largest deadline, about 142 years from the clock's origin; a slot armed for it never fires. */
    public static final long NEVER = (1L << 52) - 1;

    private static final long NANOS_PER_MICRO = 1_000;
    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long MAX_SECONDS = NEVER / MICROS_PER_SECOND;

    private Micros() {}

    /**
     * The microsecond a reading of a clock is in.
     *
     * @param nanos a reading, in nanoseconds
     * @return whole microseconds, rounded down
     */
    public static long floor(long nanos) {
        return nanos / NANOS_PER_MICRO;
    }

    /**
     * The deadline a delay after a reading.
     *
     * @param nowNanos a reading of the map's clock
     * @param delay not negative
     * @return the deadline, rounded up, at most {@link #NEVER}
     */
    public static long after(long nowNanos, Duration delay) {
        long seconds = delay.toSeconds();
        if (seconds > MAX_SECONDS) {
            return NEVER;
        }
        return Math.min(NEVER, ceil(nowNanos + seconds * 1_000_000_000L + delay.toNanosPart()));
    }

    /**
     * A point of the wall clock as a deadline of a map on the REALTIME clock.
     *
     * @param instant the point
     * @return the deadline, rounded up, from 0 to {@link #NEVER}
     */
    public static long of(Instant instant) {
        long seconds = instant.getEpochSecond();
        if (seconds < 0) {
            return 0;
        }
        if (seconds > MAX_SECONDS) {
            return NEVER;
        }
        return Math.min(NEVER, seconds * MICROS_PER_SECOND + ceil(instant.getNano()));
    }

    /**
     * A span in microseconds, for periods.
     *
     * @param span not negative
     * @return whole microseconds, rounded up, at most {@link #NEVER}
     */
    public static long span(Duration span) {
        return after(0, span);
    }

    /**
     * A deadline of a map on the REALTIME clock as a point of the wall clock.
     *
     * @param micros the deadline
     * @return the point
     */
    public static Instant toInstant(long micros) {
        return Instant.ofEpochSecond(micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND * NANOS_PER_MICRO);
    }

    /**
     * A span as a Duration.
     *
     * @param micros the span
     * @return the same span
     */
    public static Duration toDuration(long micros) {
        return Duration.ofSeconds(micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND * NANOS_PER_MICRO);
    }

    /**
     * A deadline in nanoseconds, to compare with readings of a clock.
     *
     * @param micros the deadline
     * @return nanoseconds
     */
    public static long toNanos(long micros) {
        return micros * NANOS_PER_MICRO;
    }

    /**
     * A reading as a deadline would be rounded.
     *
     * @param nanos a reading, in nanoseconds
     * @return whole microseconds, rounded up
     */
    public static long ceil(long nanos) {
        return (nanos + (NANOS_PER_MICRO - 1)) / NANOS_PER_MICRO;
    }
}

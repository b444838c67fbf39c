package io.asyncslot.jvm;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the timer thread of a {@link JvmBackend} sleeps and wakes. None of this changes what fires or when it may fire at
 * the earliest, only how late it is and what that costs. What cannot be had on a machine falls away, and
 * {@link JvmBackend#report()} says so. Immutable.
 *
 * @param spin length of the last stretch before a deadline that the thread spends spinning rather than parked: a
 *     lateness near zero for a CPU that is busy meanwhile. Zero, the default, is off; at most {@link #MAX_SPIN}.
 * @param wakeInterval when wake-ups for deadlines come thick and fast, the thread wakes once in this time: less CPU, for
 *     callbacks that are later by at most this. Up to 16 of them are not put off, and as many again after as many times this
 *     interval. Counted in whole microseconds. 80 microseconds by default; zero is off; at most {@link #MAX_WAKE_INTERVAL}.
 * @param slice scheduler slice of the thread: the shorter, the sooner it gets its turn while all CPUs are busy. Needs
 *     Linux 6.12, Java 22 and native access. From {@link #MIN_SLICE} to {@link #MAX_SLICE}; zero leaves it alone; null,
 *     the default, is the shortest where the JVM was given native access and no filter of system calls is at work.
 *     Threads that an executor starts on the timer thread inherit it.
 * @param timerSlack how much later than asked Linux may wake the thread to merge it with others. One nanosecond by
 *     default; zero leaves it alone, which is 50 microseconds as a rule; at most {@link #MAX_WAKE_INTERVAL}. Inherited
 *     like the slice.
 */
public record JvmOptions(
        Duration spin, Duration wakeInterval, @Nullable Duration slice, Duration timerSlack) {

    /** The longest spin: beyond that a CPU is busy for nothing. */
    public static final Duration MAX_SPIN = Duration.ofMillis(1);

    /** The longest interval of wake-ups. */
    public static final Duration MAX_WAKE_INTERVAL = Duration.ofSeconds(1);

    /** The shortest slice that Linux grants. */
    public static final Duration MIN_SLICE = Duration.ofNanos(100_000);

    /** The longest slice that Linux grants. */
    public static final Duration MAX_SLICE = Duration.ofMillis(100);

    private static final JvmOptions DEFAULTS =
            new JvmOptions(Duration.ZERO, Duration.ofNanos(80_000), null, Duration.ofNanos(1));

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException naming the option, its value and the rule
     */
    public JvmOptions {
        check("spin", spin, Duration.ZERO, MAX_SPIN);
        check("wakeInterval", wakeInterval, Duration.ZERO, MAX_WAKE_INTERVAL);
        check("timerSlack", timerSlack, Duration.ZERO, MAX_WAKE_INTERVAL);
        if (slice != null && !slice.isZero()) {
            check("slice", slice, MIN_SLICE, MAX_SLICE);
        }
    }

    /**
     * What a backend has unless told otherwise: no spin, at most 12,500 wake-ups a second for long, the least slack, the shortest slice where possible.
     *
     * @return the options
     */
    public static JvmOptions defaults() {
        return DEFAULTS;
    }

    /**
     * These options with another spin.
     *
     * @param value the last stretch before a deadline to spend spinning; zero for none
     * @return new options
     */
    public JvmOptions withSpin(Duration value) {
        return new JvmOptions(value, wakeInterval, slice, timerSlack);
    }

    /**
     * These options with another interval of wake-ups.
     *
     * @param value the least time between two wake-ups for deadlines; zero for none
     * @return new options
     */
    public JvmOptions withWakeInterval(Duration value) {
        return new JvmOptions(spin, value, slice, timerSlack);
    }

    /**
     * These options with another scheduler slice.
     *
     * @param value the slice; zero to leave it alone; null for the shortest where it can be had without a risk
     * @return new options
     */
    public JvmOptions withSlice(@Nullable Duration value) {
        return new JvmOptions(spin, wakeInterval, value, timerSlack);
    }

    /**
     * These options with another timer slack.
     *
     * @param value the slack; zero to leave it alone
     * @return new options
     */
    public JvmOptions withTimerSlack(Duration value) {
        return new JvmOptions(spin, wakeInterval, slice, value);
    }

    private static void check(String option, Duration value, Duration least, Duration most) {
        Objects.requireNonNull(value, option);
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(option + " is " + value + ": it must be " + least + " to " + most);
        }
    }
}

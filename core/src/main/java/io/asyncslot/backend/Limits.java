package io.asyncslot.backend;

import java.time.Duration;

/** Checks of spans that callers give. */
public final class Limits {

    private Limits() {}

    /**
     * A delay: not null, not negative.
     *
     * @param delay the delay
     * @return the same
     * @throws IllegalArgumentException if it is null or negative
     */
    public static Duration delay(Duration delay) {
        return notNegative("delay", delay);
    }

    /**
     * A limit of waiting, in nanoseconds.
     *
     * @param limit the limit
     * @return its nanoseconds; saturates
     * @throws IllegalArgumentException if it is null or negative
     */
    public static long nanos(Duration limit) {
        notNegative("limit", limit);
        return saturatedNanos(limit);
    }

    /**
     * A span in nanoseconds.
     *
     * @param span the span
     * @return its nanoseconds; the largest number for a span that is too long for that
     */
    public static long saturatedNanos(Duration span) {
        return span.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L ? Long.MAX_VALUE : span.toNanos();
    }

    private static Duration notNegative(String name, Duration span) {
        if (span == null) {
            throw new IllegalArgumentException("'" + name + "' must not be null");
        }
        if (span.isNegative()) {
            throw new IllegalArgumentException("'" + name + "' must not be negative: " + span);
        }
        return span;
    }
}

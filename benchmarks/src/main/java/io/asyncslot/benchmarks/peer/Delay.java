package io.asyncslot.benchmarks.peer;

import java.time.Duration;

/** A span of time in both forms that the peers ask for, so that nobody pays for turning one into the other. */
public record Delay(long nanos, Duration duration) {

    /** The delay of so many nanoseconds. */
    public static Delay ofNanos(long nanos) {
        return new Delay(nanos, Duration.ofNanos(nanos));
    }
}

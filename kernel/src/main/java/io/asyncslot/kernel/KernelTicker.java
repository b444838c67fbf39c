package io.asyncslot.kernel;

import io.asyncslot.spi.Ticker;
import java.time.Instant;

/**
 * The kernel's own clocks, whose readings mean the same in every process of the machine until it is booted again: that is
 * what deadlines need that outlive a process. Linux only. Thread-safe.
 */
final class KernelTicker implements Ticker {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final TimeNamespace namespace = TimeNamespace.ofThisProcess();

    /** On Linux this is CLOCK_MONOTONIC itself, counted from boot. */
    @Override
    public long monotonicNanos() {
        return System.nanoTime() - namespace.monotonicNanos();
    }

    @Override
    public long realtimeNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
    }

    @Override
    public long boottimeNanos() {
        return KernelClock.BOOTTIME.nanos() - namespace.boottimeNanos();
    }
}

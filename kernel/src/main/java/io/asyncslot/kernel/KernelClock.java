package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The kernel's clocks, as it reads them itself. Thread-safe. */
public enum KernelClock {
    /** The wall clock. */
    REALTIME(0),
    /** Time since boot without suspend; what {@link System#nanoTime} reads on Linux. */
    MONOTONIC(1),
    /** Time since boot with suspend. */
    BOOTTIME(7);

    /** Each thread's own timespec; of no arena that ends, since threads outlive ports. */
    private static final ThreadLocal<MemorySegment> TIMESPEC =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));

    private final int number;

    KernelClock(int number) {
        this.number = number;
    }

    /**
     * Reads the clock.
     *
     * @return nanoseconds since its origin
     */
    public long nanos() {
        return SystemCalls.clock(number, TIMESPEC.get());
    }

    /**
     * The kernel's number for it.
     *
     * @return the clockid_t
     */
    public int number() {
        return number;
    }
}

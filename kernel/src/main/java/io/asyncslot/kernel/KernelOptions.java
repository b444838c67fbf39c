package io.asyncslot.kernel;

import java.time.Duration;
import java.util.Set;

/**
 * How a {@link KernelBackend} uses the kernel. Immutable.
 *
 * @param fallback what happens to a new slot that the kernel refuses
 * @param cpuPin whether a timer stays on the CPU that started it
 * @param touchable names of the maps whose slots BPF programs of others may touch
 * @param waitForHolder how long to wait while another process holds the pin path, as in a rolling deployment; 0 to fail
 *     immediately
 * @param takeOver whether to ask that process to hand over during this wait, which it does if it has this set too; and
 *     whether this one hands over when another asks
 */
public record KernelOptions(
        Fallback fallback, boolean cpuPin, Set<String> touchable, Duration waitForHolder, boolean takeOver) {

    /** Checks the values. */
    public KernelOptions {
        touchable = Set.copyOf(touchable);
        if (waitForHolder.isNegative()) {
            throw new IllegalArgumentException("waitForHolder is " + waitForHolder + ", but must not be negative");
        }
        if (takeOver && waitForHolder.isZero()) {
            throw new IllegalArgumentException(
                    "takeOver is set, but waitForHolder is 0: the holder needs time to end its runs and to hand over");
        }
    }

    /**
     * Options without a map that can be touched.
     *
     * @param fallback what happens to a new slot that the kernel refuses
     * @param cpuPin whether a timer stays on the CPU that started it
     */
    public KernelOptions(Fallback fallback, boolean cpuPin) {
        this(fallback, cpuPin, Set.of(), Duration.ZERO, false);
    }

    /**
     * These options, for these maps.
     *
     * @param maps names of the maps whose slots BPF programs of others may touch
     * @return the options
     */
    public KernelOptions withTouchable(Set<String> maps) {
        return new KernelOptions(fallback, cpuPin, maps, waitForHolder, takeOver);
    }

    /**
     * These options, with a wait.
     *
     * @param limit how long to wait while another process holds the pin path
     * @return the options
     */
    public KernelOptions withWaitForHolder(Duration limit) {
        return new KernelOptions(fallback, cpuPin, touchable, limit, takeOver);
    }

    /**
     * These options, with hand-over: this process asks the one that holds the pin path, and hands over to one that
     * asks.
     *
     * @param limit how long to wait for that
     * @return the options
     */
    public KernelOptions withTakeOver(Duration limit) {
        return new KernelOptions(fallback, cpuPin, touchable, limit, true);
    }

    /** What happens to a slot for which the kernel has no room. */
    public enum Fallback {
        /** The engine measures it in this process, and tries the kernel again from time to time. */
        JVM,
        /** The start that would create it is rejected, and nothing changes. */
        FAIL
    }

    /**
     * The default options: this process measures slots that the kernel refuses, and timers are not pinned to a CPU.
     *
     * @return the options
     */
    public static KernelOptions defaults() {
        return new KernelOptions(Fallback.JVM, false);
    }
}

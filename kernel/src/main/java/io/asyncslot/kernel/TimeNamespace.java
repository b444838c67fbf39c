package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far the clocks of this process are ahead of the kernel's own, which its timers and programs go by: nothing, unless the
 * process is in a time namespace. A process never changes its time namespace once it has several threads. Immutable.
 *
 * @param monotonicNanos what CLOCK_MONOTONIC shows here more than in the kernel
 * @param boottimeNanos what CLOCK_BOOTTIME shows here more than in the kernel
 */
record TimeNamespace(long monotonicNanos, long boottimeNanos) {

    private static final Path OFFSETS = Path.of("/proc/self/timens_offsets");
    private static final TimeNamespace NONE = new TimeNamespace(0, 0);
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** That of this process; without offsets where the kernel has no time namespaces. */
    static TimeNamespace ofThisProcess() {
        if (!Files.exists(OFFSETS)) {
            return NONE;
        }
        try {
            return parse(Files.readString(OFFSETS));
        } catch (IOException | RuntimeException e) {
            throw new KernelException(KernelProblem.TIME_NAMESPACE, OFFSETS + " cannot be read: " + e.getMessage());
        }
    }

    /**
     * Reads what the kernel writes: a line for each clock, with its name or number, seconds and nanoseconds.
     *
     * @throws IllegalArgumentException if that is something else
     */
    static TimeNamespace parse(String text) {
        long monotonic = 0;
        long boottime = 0;
        for (String line : text.strip().split("\n", -1)) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length != 3) {
                throw new IllegalArgumentException("not a clock and its offset: '" + line + "'");
            }
            long nanos = Math.addExact(
                    Math.multiplyExact(Long.parseLong(fields[1]), NANOS_PER_SECOND), Long.parseLong(fields[2]));
            switch (fields[0]) {
                case "monotonic", "1" -> monotonic = nanos;
                case "boottime", "7" -> boottime = nanos;
                default -> throw new IllegalArgumentException("a clock that is not known: '" + line + "'");
            }
        }
        return monotonic == 0 && boottime == 0 ? NONE : new TimeNamespace(monotonic, boottime);
    }
}

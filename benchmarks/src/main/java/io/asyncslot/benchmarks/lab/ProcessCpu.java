package io.asyncslot.benchmarks.lab;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** CPU time of this process. */
final class ProcessCpu {

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ProcessCpu() {}

    /** Nanoseconds used so far. */
    static long nanos() {
        return SYSTEM.getProcessCpuTime();
    }
}

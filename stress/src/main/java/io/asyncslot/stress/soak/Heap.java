package io.asyncslot.stress.soak;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/** What is retained and what is allocated. Not thread-safe. */
final class Heap {

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Map<Long, Long> allocated = new HashMap<>();

    /** What is still in use after collections, in bytes. */
    static long retained() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /** What the threads that are alive have allocated since the last call, in bytes. */
    long allocatedSince() {
        long sum = 0;
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        for (int i = 0; i < ids.length; i++) {
            Long before = allocated.put(ids[i], bytes[i]);
            sum += Math.max(0, bytes[i]) - (before == null ? 0 : before);
        }
        return sum;
    }
}

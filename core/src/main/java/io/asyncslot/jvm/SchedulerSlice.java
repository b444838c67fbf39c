package io.asyncslot.jvm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks Linux for a shorter scheduler slice of the calling thread: the shorter, the sooner is its turn when it wakes while
 * all CPUs are busy (sched_setattr(2), sched_runtime of SCHED_OTHER, Linux 6.12). Policy and nice value stay as they are;
 * needs no privilege. Does nothing where it is not possible.
 */
final class SchedulerSlice {

    /** The first form of struct sched_attr; the kernel knows it by its size. */
    private static final int SIZE = 48;

    private static final int POLICY_AT = 4;
    private static final int FLAGS_AT = 8;
    private static final int RUNTIME_AT = 24;
    private static final int SCHED_OTHER = 0;
    private static final long RESET_ON_FORK = 1;

    private SchedulerSlice() {}

    /**
     * Sets the calling thread's slice, and asks for it again.
     *
     * @param slice what to set; zero leaves it alone; null is the shortest, unless that carries a risk
     * @return what came of it
     */
    static Lever set(@Nullable Duration slice) {
        if (slice != null && slice.isZero()) {
            return Lever.off();
        }
        String asked = asked(slice);
        String obstacle = obstacle(slice == null);
        if (obstacle != null) {
            return new Lever(asked, false, obstacle);
        }
        try {
            return set(asked, (slice == null ? JvmOptions.MIN_SLICE : slice).toNanos());
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            return new Lever(asked, false, String.valueOf(e.getCause() == null ? e : e.getCause()));
        }
    }

    /** What is asked for, in words. */
    static String asked(@Nullable Duration slice) {
        return slice == null ? Lever.words(JvmOptions.MIN_SLICE) + " where possible" : Lever.words(slice);
    }

    private static @Nullable String obstacle(boolean unasked) {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return "needs Linux";
        }
        if (setNumber() == 0) {
            return "not known for the architecture " + System.getProperty("os.arch");
        }
        if (Runtime.version().feature() < 22) {
            return "needs Java 22";
        }
        if (!SystemCall.isPermitted()) {
            return "needs native access: java --enable-native-access=ALL-UNNAMED, or the manifest's Enable-Native-Access";
        }
        if (unasked && isFiltered()) {
            return "not tried, since system calls are filtered here: ask for a slice to try";
        }
        return null;
    }

    private static Lever set(String asked, long nanos) throws ReflectiveOperationException {
        SystemCall system = SystemCall.link();
        ByteBuffer attributes = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
        if (system.call(setNumber() + 1, 0, attributes, SIZE, 0) < 0) {
            return new Lever(asked, false, "the kernel does not tell the thread's scheduling");
        }
        int policy = attributes.getInt(POLICY_AT);
        if (policy != SCHED_OTHER) {
            return new Lever(asked, false, "the thread has scheduling policy " + policy + ", which is left alone");
        }
        attributes.putLong(FLAGS_AT, attributes.getLong(FLAGS_AT) & RESET_ON_FORK);
        attributes.putLong(RUNTIME_AT, nanos);
        if (system.call(setNumber(), 0, attributes, 0, 0) < 0) {
            return new Lever(asked, false, "the kernel refused");
        }
        system.call(setNumber() + 1, 0, attributes, SIZE, 0);
        long now = attributes.getLong(RUNTIME_AT);
        return now == nanos
                ? new Lever(asked, true, Lever.words(Duration.ofNanos(now)))
                : new Lever(asked, false, "needs Linux 6.12; the kernel tells a slice of " + now + " ns");
    }

    /** The number of sched_setattr; that of sched_getattr is the next. Zero if unknown. */
    private static long setNumber() {
        return switch (System.getProperty("os.arch", "")) {
            case "amd64" -> 314;
            case "aarch64", "riscv64" -> 274;
            default -> 0;
        };
    }

    /** Whether a filter watches this process's system calls. Some filters end a process for this one. */
    private static boolean isFiltered() {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                    .filter(line -> line.startsWith("Seccomp:"))
                    .noneMatch(line -> line.endsWith("0"));
        } catch (IOException | RuntimeException e) {
            return true; // nothing known
        }
    }
}

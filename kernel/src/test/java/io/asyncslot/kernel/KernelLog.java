package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the kernel complained of since a mark. The mark is a line in the kernel's own log; where it cannot be found again
 * the log was lost, and that is a complaint as well. So is a kernel that says it is tainted by a warning it did not show.
 */
final class KernelLog {

    private static final Pattern COMPLAINT =
            Pattern.compile("WARNING:|BUG:|UBSAN:|KASAN:|KFENCE:|KCSAN:|Oops|Call [Tt]race:|"
                    + "general protection fault|Kernel panic|refcount_t:|leak|stall|lockup|hung task|blocked for more than|"
                    + "circular locking|recursive locking|ODEBUG:|unable to handle");

    private static final Path KMSG = Path.of("/dev/kmsg");
    private static final Path TAINTED = Path.of("/proc/sys/kernel/tainted");

    /** Bits of the kernel's taint: it died of something, it warned of something, it was locked up. */
    private static final long DIED = 1 << 7;

    private static final long WARNED = 1 << 9;
    private static final long LOCKED_UP = 1 << 14;

    private String mark = "";
    private long taintedBefore;

    /** From here on. */
    void mark(String name) throws IOException {
        mark = String.format(Locale.ROOT, "asyncslot: %s begins, mark %x", name, System.nanoTime());
        taintedBefore = tainted();
        Files.writeString(KMSG, mark + "\n", StandardOpenOption.WRITE);
    }

    /** Every line that is a complaint; empty if there is none. */
    List<String> complaintsSinceMark() throws IOException {
        List<String> found = new ArrayList<>(complaints(read(), mark));
        long newly = tainted() & ~taintedBefore & (DIED | WARNED | LOCKED_UP);
        if (newly != 0) {
            found.add("the kernel is tainted by " + newly + ", and was not before");
        }
        return found;
    }

    static List<String> complaints(List<String> lines, String mark) {
        int from = -1;
        for (int i = 0; i < lines.size(); i++) {
            from = lines.get(i).endsWith(mark) ? i : from;
        }
        if (from < 0) {
            return List.of("the kernel's log does not reach back to '" + mark + "'");
        }
        return lines.subList(from + 1, lines.size()).stream()
                .filter(line -> COMPLAINT.matcher(line).find())
                .toList();
    }

    /** Makes the kernel print what its CPUs do, which looks like the trace of a warning. */
    static void printCallTrace() throws IOException {
        Files.writeString(Path.of("/proc/sysrq-trigger"), "l", StandardOpenOption.WRITE);
    }

    private static long tainted() throws IOException {
        return Long.parseLong(Files.readString(TAINTED).strip());
    }

    private static List<String> read() throws IOException {
        Process dmesg = new ProcessBuilder("dmesg").redirectErrorStream(true).start();
        return new String(dmesg.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }
}

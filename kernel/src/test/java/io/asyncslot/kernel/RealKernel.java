package io.asyncslot.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What tests need to run against the kernel of this machine, or the words in which they say why they cannot. */
final class RealKernel {

    private static final AtomicInteger NEXT = new AtomicInteger();

    private static @Nullable Path bpffs;

    private RealKernel() {}

    /** A BPF file system of these tests' own, which everybody may enter and only its owner may write to. */
    private static synchronized Path bpffs() {
        if (bpffs == null) {
            bpffs = OwnBpffs.mount("0755");
        }
        return bpffs;
    }

    /** Skips the calling test where slots cannot be loaded. */
    static void assume() {
        assumeTrue(System.getProperty("os.name", "").equals("Linux"), "SKIPPED: not Linux");
        assumeTrue(Files.isReadable(Path.of("/sys/kernel/btf/vmlinux")), "SKIPPED: the kernel has no BTF");
        try (LibbpfPort port = LibbpfPort.open(settings(1, null))) {
            assumeTrue(port.capacity() == 1, "SKIPPED: no slots");
        } catch (KernelException e) {
            assumeTrue(false, "SKIPPED: slots cannot be loaded here: " + e.getMessage());
        }
    }

    /** Skips the calling test where nothing can be pinned. */
    static void assumePins() {
        assume();
        try {
            bpffs();
        } catch (KernelException e) {
            assumeTrue(false, "SKIPPED: this user may not mount a bpffs: " + e.getMessage());
        }
    }

    static KernelSettings settings(int capacity, Path pinPath) {
        return KernelSettings.of(capacity, 32, pinPath, "tests of asyncslot-kernel");
    }

    /** A pin path of the calling test's own. */
    static Path freshPinPath() {
        return bpffs().resolve("asyncslot-test-" + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet());
    }
}

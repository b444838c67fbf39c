package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A process in a user namespace of its own. It opens a BPF file system, has it completed by the process that started it, which
 * alone may delegate, mounts it, and keeps a slot in the kernel. What it says goes line by line to that process.
 */
final class TokenChild {

    private static final int NR_MOVE_MOUNT = 429;
    private static final int NR_FSOPEN = 430;
    private static final int NR_FSCONFIG = 431;
    private static final int NR_FSMOUNT = 432;
    private static final int NR_PIDFD_OPEN = 434;
    private static final int NR_PIDFD_GETFD = 438;
    private static final int AT_FDCWD = -100;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;

    private static final MethodHandle SYSCALL = Native.linkErrno(
            Native.standardLibrary(),
            "syscall",
            Native.LONG,
            Native.LONG,
            Native.LONG,
            Native.LONG,
            Native.LONG,
            Native.LONG,
            Native.LONG);

    private TokenChild() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory("asyncslot-token-");
        try (Arena arena = Arena.ofConfined()) {
            long context = call("fsopen", NR_FSOPEN, text(arena, "bpf"), 0, 0, 0, 0);
            System.out.println("context " + context);
            if (System.in.read() < 0) {
                return;
            }
            long mount = call("fsmount", NR_FSMOUNT, context, 0, 0, 0, 0);
            call(
                    "move_mount",
                    NR_MOVE_MOUNT,
                    mount,
                    text(arena, ""),
                    AT_FDCWD,
                    text(arena, directory.toString()),
                    MOVE_MOUNT_F_EMPTY_PATH);
        }
        Path pinPath = directory.resolve("slots");
        KernelReport report = KernelProbe.probe(pinPath);
        System.out.println("token " + report.details().get("bpfToken"));
        report.findings()
                .forEach(finding -> System.out.println("finding " + finding.problem() + " " + finding.reason()));
        if (report.available()) {
            System.out.println("fired " + fire(pinPath));
        }
        System.exit(0); // the mount goes with the namespace
    }

    /** Keeps a slot in the kernel until it has fired. */
    private static boolean fire(Path pinPath) throws InterruptedException {
        CountDownLatch fired = new CountDownLatch(1);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(new KernelBackend(RealKernel.settings(16, pinPath), KernelOptions.defaults()))
                .build()) {
            TimerSlots<String> slots = registry.register(TimerMapSpec.named("token", String.class)
                    .callback((key, firing) -> fired.countDown())
                    .build());
            registry.start();
            slots.start("key", Duration.ofMillis(50));
            return fired.await(60, TimeUnit.SECONDS)
                    && KernelObjects.missingPins(pinPath).isEmpty();
        }
    }

    /** Lets a file system that a child has opened delegate, and completes it. For a process of the initial namespace. */
    static void delegate(long pid, long context, String... options) {
        try (Arena arena = Arena.ofConfined()) {
            long process = call("pidfd_open", NR_PIDFD_OPEN, pid, 0, 0, 0, 0);
            long mine = call("pidfd_getfd", NR_PIDFD_GETFD, process, context, 0, 0, 0);
            for (String option : options) {
                String name = option.substring(0, option.indexOf('='));
                String value = option.substring(name.length() + 1);
                call(
                        "fsconfig " + option,
                        NR_FSCONFIG,
                        mine,
                        FSCONFIG_SET_STRING,
                        text(arena, name),
                        text(arena, value),
                        0);
            }
            call("fsconfig create", NR_FSCONFIG, mine, FSCONFIG_CMD_CREATE, 0, 0, 0);
            SystemCalls.close((int) mine);
            SystemCalls.close((int) process);
        }
    }

    private static long text(Arena arena, String text) {
        return arena.allocateFrom(text).address();
    }

    private static long call(String what, long number, long a, long b, long c, long d, long e) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            long result = (long) SYSCALL.invokeExact(state, number, a, b, c, d, e);
            if (result < 0) {
                throw new KernelException(what, Native.errno(state));
            }
            return result;
        } catch (Throwable thrown) {
            throw Native.failure(thrown);
        }
    }
}

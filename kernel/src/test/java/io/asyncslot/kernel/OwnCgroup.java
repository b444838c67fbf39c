package io.asyncslot.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A control group for this process alone, so that programs that a test attaches see nobody else's packets. Mounts the unified
 * hierarchy in a directory of its own, and goes back to the former group when it is closed.
 */
final class OwnCgroup implements AutoCloseable {

    private static final MethodHandle MOUNT = Native.linkErrno(
            Native.standardLibrary(),
            "mount",
            Native.INT,
            Native.POINTER,
            Native.POINTER,
            Native.POINTER,
            Native.LONG,
            Native.POINTER);

    private final Path mount;
    private final Path former;
    private final Path group;

    /**
     * Makes one and enters it.
     *
     * @throws KernelException if this user may not
     */
    OwnCgroup() throws IOException {
        mount = Files.createTempDirectory("asyncslot-cgroup-");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            MemorySegment type = arena.allocateFrom("cgroup2");
            int result = (int) MOUNT.invokeExact(
                    state, type, arena.allocateFrom(mount.toString()), type, 0L, arena.allocateFrom(""));
            if (result != 0) {
                Files.delete(mount);
                throw new KernelException("mount -t cgroup2 " + mount, Native.errno(state));
            }
        } catch (Throwable e) {
            throw Native.failure(e);
        }
        String present = Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
                .filter(line -> line.startsWith("0::/"))
                .findFirst()
                .orElse("0::/")
                .substring(4);
        former = mount.resolve(present);
        group = Files.createDirectory(
                mount.resolve("asyncslot-test-" + ProcessHandle.current().pid()));
        enter(group);
    }

    Path path() {
        return group;
    }

    private static void enter(Path group) throws IOException {
        Files.writeString(
                group.resolve("cgroup.procs"), "" + ProcessHandle.current().pid());
    }

    @Override
    public void close() throws IOException {
        enter(former);
        Files.delete(group);
        OwnBpffs.remove(mount);
    }
}

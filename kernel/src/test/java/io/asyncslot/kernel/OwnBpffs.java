package io.asyncslot.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A BPF file system for one run of the tests, mounted in a new directory: no test depends on what the machine has mounted.
 * It goes with the process, or, where that was killed, with the next run.
 */
final class OwnBpffs {

    private static final String PREFIX = "asyncslot-bpffs-";
    private static final Path PARENT = Path.of(System.getProperty("java.io.tmpdir"));
    private static final int MNT_DETACH = 2;

    private static final MethodHandle MOUNT = Native.linkErrno(
            Native.standardLibrary(),
            "mount",
            Native.INT,
            Native.POINTER,
            Native.POINTER,
            Native.POINTER,
            Native.LONG,
            Native.POINTER);
    private static final MethodHandle UMOUNT =
            Native.linkErrno(Native.standardLibrary(), "umount2", Native.INT, Native.POINTER, Native.INT);

    private OwnBpffs() {}

    /**
     * Mounts one.
     *
     * @param mode of its root directory, octal
     * @return where it is
     * @throws KernelException if this user may not mount
     */
    static Path mount(String mode) {
        removeAbandoned();
        try {
            Path directory = Files.createTempDirectory(
                    PARENT, PREFIX + ProcessHandle.current().pid() + "-");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            try {
                mount(directory, mode);
            } catch (KernelException e) {
                Files.delete(directory);
                throw e;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory), "unmount-bpffs"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void mount(Path directory, String mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            MemorySegment bpf = arena.allocateFrom("bpf");
            int result = (int) MOUNT.invokeExact(
                    state, bpf, arena.allocateFrom(directory.toString()), bpf, 0L, arena.allocateFrom("mode=" + mode));
            if (result != 0) {
                throw new KernelException("mount -t bpf " + directory, Native.errno(state));
            }
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Takes a mount away with all that is pinned in it, and its directory. */
    static void remove(Path directory) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored =
                    (int) UMOUNT.invokeExact(Native.state(arena), arena.allocateFrom(directory.toString()), MNT_DETACH);
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Mounts of processes that were killed. */
    private static void removeAbandoned() {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(PARENT, PREFIX + "*")) {
            for (Path directory : found) {
                String pid = directory
                        .getFileName()
                        .toString()
                        .substring(PREFIX.length())
                        .replaceFirst("-.*", "");
                if (ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                    remove(directory);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.asyncslot.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Function;

/**
 * A directory of pins, locked: whoever has one of these is the only one that loads, uses or drops what is pinned there.
 * The lock is on the open directory and goes with the process, however that ends.
 */
final class Pins implements AutoCloseable {

    /** What is in the directory. */
    enum Contents {
        /** No pin at all. */
        NONE,
        /** Some pins, or all without a finished header: whoever made them was interrupted, so nobody used them. */
        INCOMPLETE,
        /** All of them. */
        COMPLETE
    }

    private final Path directory;
    private final int lock;

    private Pins(Path directory, int lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Locks a directory.
     *
     * @throws PinPathHeldException if somebody else holds it
     * @throws KernelException if it is not there, or cannot be read
     */
    static Pins lock(Path directory) {
        int fd = SystemCalls.openDirectory(directory);
        try {
            if (SystemCalls.tryLock(fd)) {
                return new Pins(directory, fd);
            }
            throw new PinPathHeldException(directory, holderOf(directory));
        } catch (RuntimeException | Error e) {
            SystemCalls.close(fd);
            throw e;
        }
    }

    Path directory() {
        return directory;
    }

    Contents contents() {
        return contents(directory);
    }

    /** A look at a directory that is not locked: it may change meanwhile. */
    static Contents contents(Path directory) {
        int count = KernelObjects.countPins(directory);
        if (count == 0) {
            return Contents.NONE;
        }
        if (count < KernelObjects.pinsOfAll()) {
            return Contents.INCOMPLETE;
        }
        return withHeader(directory, header -> (long) Layout.LONG.getVolatile(header, Layout.HEADER_MAGIC) == 0)
                ? Contents.INCOMPLETE
                : Contents.COMPLETE;
    }

    /** Loads a program and pins it; the header is finished last. */
    void load(Libbpf libbpf, ProgramVariant variant, KernelSettings settings) {
        try (KernelObjects objects = KernelObjects.load(libbpf, variant, settings)) {
            objects.pin(directory);
            objects.initHeader(variant, settings);
        }
    }

    /** Opens what is pinned, after a look at the header. */
    KernelObjects open(Libbpf libbpf) {
        String refusal = withHeader(directory, Pins::refusal);
        if (!refusal.isEmpty()) {
            throw new PinLayoutException(directory, refusal, remedy(directory));
        }
        return KernelObjects.open(libbpf, directory);
    }

    private static String refusal(MemorySegment header) {
        if ((long) Layout.LONG.getVolatile(header, Layout.HEADER_MAGIC) != Layout.MAGIC) {
            return "it is not AsyncSlot's";
        }
        int version = (int) Layout.INT.get(header, Layout.HEADER_VERSION);
        return version == Layout.VERSION
                ? ""
                : "its layout has version " + version + ", this application knows version " + Layout.VERSION;
    }

    static String remedy(Path directory) {
        return "To migrate: run the version of the application that made it until its slots have fired or are deleted,"
                + " stop it, then drop what is pinned. To drop it, with all slots in it: asyncslot-kernel-loader"
                + " --pin-path " + directory + " --drop. Or use another pin path";
    }

    /** Removes the pins, and the directory if nothing else is in it. */
    void drop() {
        try {
            KernelObjects.unpin(directory);
            Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException e) {
            // somebody else's: stays
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes pins that an interrupted load left behind. */
    void clear() {
        try {
            KernelObjects.unpin(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Who holds a directory, as its header says. */
    static String holderOf(Path directory) {
        try {
            return withHeader(directory, header -> {
                int pid = (int) Layout.INT.getVolatile(header, Layout.HEADER_HOLDER_PID);
                if (pid == 0) {
                    return "a process that has not said who it is";
                }
                long since = (long) Layout.LONG.getVolatile(header, Layout.HEADER_HOLDER_STARTED);
                return "process " + pid + " since " + Instant.ofEpochMilli(since) + " ("
                        + Layout.text(header, Layout.HEADER_HOLDER, Layout.HOLDER_BYTES) + ")";
            });
        } catch (KernelException e) {
            return "a process that is loading it, or cannot be seen";
        }
    }

    /** Looks at a pinned header without holding the directory. */
    static <T> T withHeader(Path directory, Function<MemorySegment, T> look) {
        int fd = Libbpf.get().openPin(directory.resolve(KernelObjects.HEADER));
        try (Arena arena = Arena.ofConfined()) {
            return look.apply(SystemCalls.map("header", fd, 0, Layout.HEADER_BYTES, SystemCalls.PROT_READ, arena));
        } finally {
            SystemCalls.close(fd);
        }
    }

    @Override
    public void close() {
        SystemCalls.close(lock);
    }
}

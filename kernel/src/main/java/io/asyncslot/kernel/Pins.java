package io.asyncslot.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A directory of pins, locked: whoever has one of these is the only one that loads, uses or drops what is pinned there.
 * The lock is on the open directory and goes with the process, however that ends.
 */
final class Pins implements AutoCloseable {

    /** What is in the directory. */
    enum Contents {
        /** No pin at all. */
        NONE,
        /** Some pins, not the header's, which is made last, and no slot: whoever made them was interrupted. */
        INCOMPLETE,
        /** Some pins, and others are missing that were there: slots may be in use. */
        DAMAGED,
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
        return lock(directory, null);
    }

    /**
     * Locks a directory that somebody else may own.
     *
     * @param owner that user, a number or a principal; null for nobody
     * @throws PinPathHeldException if somebody else holds it
     * @throws KernelException if it is not there, or cannot be read, or strangers may write to it
     */
    static Pins lock(Path directory, @Nullable Object owner) {
        int fd = SystemCalls.openDirectory(directory);
        try {
            PinDirectory.check(fd, directory, owner);
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

    /** Whether the directory that is locked is still the one that has its name. */
    boolean isStillThere() {
        try {
            return Files.isSameFile(directory, PinDirectory.of(lock));
        } catch (IOException e) {
            return false;
        }
    }

    /** A look at a directory that is not locked: it may change meanwhile. */
    static Contents contents(Path directory) {
        List<String> missing = KernelObjects.missingPins(directory);
        if (missing.isEmpty()) {
            return Contents.COMPLETE;
        }
        if (missing.size() == KernelObjects.pinsOfAll()) {
            return Contents.NONE;
        }
        return missing.contains(KernelObjects.HEADER) && !holdsSlots(directory, missing)
                ? Contents.INCOMPLETE
                : Contents.DAMAGED;
    }

    /** Whether what is left of the records is in use. */
    private static boolean holdsSlots(Path directory, List<String> missing) {
        for (String name : List.of(KernelObjects.CONTROL, KernelObjects.KEYS)) {
            if (missing.contains(name)) {
                continue;
            }
            if (withPin(directory, name, fd -> isInUse(name, fd))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isInUse(String name, int fd) {
        try (Arena arena = Arena.ofConfined()) {
            Libbpf.MapInfo info = Libbpf.get().mapInfo(fd);
            long bytes = (long) info.valueBytes() * info.entries();
            return !isZero(SystemCalls.map(name, fd, 0, bytes, SystemCalls.PROT_READ, arena));
        }
    }

    private static boolean isZero(MemorySegment memory) {
        for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
            if ((long) Layout.LONG.get(memory, at) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Loads a program and pins it; the header is finished before, and pinned last. */
    void load(Libbpf libbpf, ProgramVariant variant, KernelSettings settings) {
        try (KernelObjects objects = KernelObjects.load(libbpf, variant, settings)) {
            objects.initHeader(variant, settings);
            objects.pin(directory);
        }
    }

    /** Opens what is pinned, after a look at the header. */
    KernelObjects open(Libbpf libbpf) {
        check(directory);
        return KernelObjects.open(libbpf, directory);
    }

    /**
     * Looks at what is pinned in a directory, which need not be locked.
     *
     * @throws PinLayoutException if it cannot be used, saying what was found and how to drop it
     */
    static void check(Path directory) {
        List<String> missing = KernelObjects.missingPins(directory);
        // what another version made lacks what this one has: so that is told first
        String refusal = missing.contains(KernelObjects.HEADER) ? "" : withHeader(directory, Pins::refusal);
        if (refusal.isEmpty() && !missing.isEmpty()) {
            refusal = "pins are missing that were there: " + String.join(", ", missing);
        }
        if (refusal.isEmpty()) {
            refusal = sizes(directory);
        }
        if (!refusal.isEmpty()) {
            throw new PinLayoutException(directory, refusal, remedy(directory));
        }
    }

    private static String refusal(MemorySegment header) {
        if ((long) Layout.LONG.getVolatile(header, Layout.HEADER_MAGIC) != Layout.MAGIC) {
            return "its header does not say that it is AsyncSlot's: it is another's, or damaged";
        }
        int version = (int) Layout.INT.get(header, Layout.HEADER_VERSION);
        if (version != Layout.VERSION) {
            return "its layout has version " + version + ", this application knows version " + Layout.VERSION;
        }
        return "";
    }

    /** Whether the records have the sizes that the header says; a clause if not. */
    private static String sizes(Path directory) {
        int[] said = withHeader(directory, header -> new int[] {
            (int) Layout.INT.get(header, Layout.HEADER_CAPACITY), (int) Layout.INT.get(header, Layout.HEADER_KEY_BYTES)
        });
        Libbpf.MapInfo keys = withPin(directory, KernelObjects.KEYS, Libbpf.get()::mapInfo);
        return said[0] == keys.entries() && Layout.keyRecordBytes(said[1]) == keys.valueBytes()
                ? ""
                : "its header is damaged: it says " + said[0] + " slots with keys of " + said[1]
                        + " bytes, but there are " + keys.entries() + " of "
                        + (keys.valueBytes() - Layout.KEY_DATA);
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
        return withHeader(directory, SystemCalls.PROT_READ, look);
    }

    private static <T> T withHeader(Path directory, int access, Function<MemorySegment, T> look) {
        return withPin(directory, KernelObjects.HEADER, fd -> {
            try (Arena arena = Arena.ofConfined()) {
                return look.apply(SystemCalls.map("header", fd, 0, Layout.HEADER_BYTES, access, arena));
            }
        });
    }

    /**
     * Changes a pinned header without holding the directory.
     *
     * @throws KernelException if this process may not write there, or what is pinned is not of this version
     */
    static <T> T atHeader(Path directory, Function<MemorySegment, T> change) {
        check(directory);
        return withHeader(directory, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, change);
    }

    private static <T> T withPin(Path directory, String name, IntFunction<T> look) {
        int fd = Libbpf.get().openPin(directory.resolve(name));
        try {
            return look.apply(fd);
        } finally {
            SystemCalls.close(fd);
        }
    }

    @Override
    public void close() {
        SystemCalls.close(lock);
    }
}

package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a privileged process may use a directory of pins: one that a stranger made, or may write to, holds what he likes,
 * links among it. Looks at descriptors, so that what was looked at is what is used.
 */
final class PinDirectory {

    private static final int ROOT = 0;
    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;

    private PinDirectory() {}

    /** The path of an open file, whatever becomes of its name. */
    static Path of(int fd) {
        return Path.of("/proc/self/fd/" + fd);
    }

    /**
     * Checks an open directory and those above it. A process without privilege is not asked: it has nothing to be made use of.
     *
     * @param fd the directory
     * @param directory its name
     * @param owner who else may own it: a number or a name that was looked up; null for nobody
     * @throws KernelException if a stranger may write there, saying who
     */
    static void check(int fd, Path directory, @Nullable Object owner) {
        if (user() != ROOT) {
            return;
        }
        check(of(fd), directory, owner, 0);
        for (Path above = directory.getParent();
                above != null && KernelMounts.isBpffs(above);
                above = above.getParent()) {
            check(above, above, owner, STICKY);
        }
    }

    private static void check(Path open, Path name, @Nullable Object allowed, int excuse) {
        int owner = attribute(open, "uid");
        int mode = attribute(open, "mode");
        if (owner != ROOT && !isOwner(open, owner, allowed)) {
            throw new KernelException(
                    KernelProblem.PIN_DIRECTORY, name + " belongs to user " + owner + ", not to the one that loads");
        }
        if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & excuse) == 0) {
            throw new KernelException(
                    KernelProblem.PIN_DIRECTORY,
                    "others may write to " + name + ": its mode is " + Integer.toOctalString(mode & 07777));
        }
    }

    /**
     * Opens a pin without following a link, to change it and nothing else; to be closed.
     *
     * @throws KernelException if it is not a pin
     */
    static int openPin(Path pin) {
        int fd = SystemCalls.openPath(pin);
        try {
            if (!Files.isRegularFile(of(fd)) || !KernelMounts.isBpffs(of(fd))) {
                throw new KernelException(KernelProblem.PIN_DIRECTORY, pin.getFileName() + " is a link, or not a pin");
            }
            return fd;
        } catch (RuntimeException | Error e) {
            SystemCalls.close(fd);
            throw e;
        }
    }

    private static boolean isOwner(Path open, int owner, @Nullable Object allowed) {
        try {
            return allowed instanceof Integer number
                    ? number == owner
                    : allowed != null && Files.getOwner(open).equals(allowed);
        } catch (IOException e) {
            throw new KernelException("look at " + open + ": " + e);
        }
    }

    private static int user() {
        return attribute(Path.of("/proc/self"), "uid");
    }

    private static int attribute(Path path, String name) {
        try {
            return (Integer) Objects.requireNonNull(Files.getAttribute(path, "unix:" + name));
        } catch (IOException e) {
            throw new KernelException("look at " + path + ": " + e);
        }
    }
}

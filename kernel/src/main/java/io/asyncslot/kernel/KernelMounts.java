package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where file systems are mounted. */
final class KernelMounts {

    private static final Path USUAL = Path.of("/sys/fs/bpf");

    private KernelMounts() {}

    /** The root of the BPF file system that a directory is in, or will be; without one, the place where it usually is. */
    static Path root(@Nullable Path path) {
        if (path == null) {
            return USUAL;
        }
        Path root = existing(path);
        for (Path above = root; above != null && isBpffs(above); above = above.getParent()) {
            root = above;
        }
        return root == null ? USUAL : root;
    }

    /** Whether a directory that exists, or its nearest parent that does, is in a BPF file system. */
    static boolean isBpffs(Path path) {
        Path existing = existing(path);
        try {
            return existing != null && Files.getFileStore(existing).type().equals("bpf");
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable Path existing(Path path) {
        Path existing = path.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return existing;
    }
}

package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where file systems are mounted. */
final class KernelMounts {

    private KernelMounts() {}

    /** Whether a directory that exists, or its nearest parent that does, is in a BPF file system. */
    static boolean isBpffs(Path path) {
        Path existing = path.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return existing != null && Files.getFileStore(existing).type().equals("bpf");
        } catch (IOException e) {
            return false;
        }
    }
}

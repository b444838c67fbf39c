package io.asyncslot.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A control group that limits the memory of one process, until it is closed. Of either version of control groups. */
final class MemoryGroup implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");
    private static final Path FIRST_VERSION = ROOT.resolve("memory");

    private final boolean first = Files.isDirectory(FIRST_VERSION);
    private final Path parent = first ? FIRST_VERSION : ROOT;
    private final Path group;
    private final long pid;

    MemoryGroup(long pid) throws IOException {
        this.pid = pid;
        group = Files.createDirectory(parent.resolve("asyncslot-chaos-" + pid));
        enter(group);
    }

    private void enter(Path into) throws IOException {
        Files.writeString(into.resolve("cgroup.procs"), Long.toString(pid));
    }

    /** Admits so many bytes beyond what the group has by then. */
    void limit(long more) throws IOException {
        Path used = group.resolve(first ? "memory.usage_in_bytes" : "memory.current");
        Path limit = group.resolve(first ? "memory.limit_in_bytes" : "memory.max");
        Files.writeString(
                limit, Long.toString(Long.parseLong(Files.readString(used).strip()) + more));
    }

    /** Admits everything from now on, and tells whether the kernel has killed somebody for want of memory. */
    boolean endAndTellKills() throws IOException {
        Files.writeString(group.resolve(first ? "memory.limit_in_bytes" : "memory.max"), first ? "-1" : "max");
        return Files.readAllLines(group.resolve(first ? "memory.oom_control" : "memory.events")).stream()
                .anyMatch(line -> line.matches("oom_kill [1-9].*"));
    }

    @Override
    public void close() throws IOException {
        if (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
            enter(parent);
        }
        Files.delete(group);
    }
}

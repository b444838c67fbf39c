package io.asyncslot.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;

/**
 * A user's own BPF programs ({@code src/test/bpf/toucher.bpf.c}), loaded with the application's index and stamps as a user
 * would: by the pins, and nothing else. Not thread-safe but for {@link #touched} and {@link #absent}.
 */
final class Toucher implements AutoCloseable {

    private static final int STATS_RUN_TIME = 0;
    private static final int ATTACH_CGROUP_EGRESS = 1;
    private static final int ATTACH_SOCK_OPS = 3;
    private static final int PROGRAM_INFO_BYTES = 232;
    private static final long INFO_RUN_TIME_NANOS = 192;
    private static final long INFO_RUNS = 200;
    private static final int TEST_RUN_OPTS_BYTES = 80;
    private static final int PACKET_BYTES = 64;

    private static final MethodHandle REUSE;
    private static final MethodHandle FIND_MAP;
    private static final MethodHandle ATTACH;
    private static final MethodHandle DETACH;
    private static final MethodHandle ENABLE_STATS;
    private static final MethodHandle INFO;
    private static final MethodHandle TEST_RUN;

    static {
        Libbpf.get();
        SymbolLookup library = SymbolLookup.libraryLookup(Libbpf.SONAME, Arena.global());
        var integer = Native.INT;
        var pointer = Native.POINTER;
        REUSE = Native.link(library, "bpf_map__reuse_fd", integer, pointer, integer);
        FIND_MAP = Native.link(library, "bpf_object__find_map_by_name", pointer, pointer, pointer);
        ATTACH = Native.link(library, "bpf_prog_attach", integer, integer, integer, integer, integer);
        DETACH = Native.link(library, "bpf_prog_detach2", integer, integer, integer, integer);
        ENABLE_STATS = Native.link(library, "bpf_enable_stats", integer, integer);
        INFO = Native.link(library, "bpf_obj_get_info_by_fd", integer, integer, pointer, pointer);
        TEST_RUN = Native.link(library, "bpf_prog_test_run_opts", integer, integer, pointer);
    }

    private final Libbpf libbpf = Libbpf.get();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment object;
    private final MemorySegment counts;

    private Toucher(Map<String, Integer> maps) throws IOException {
        object = libbpf.open(object());
        maps.forEach((name, fd) -> {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment map = (MemorySegment) FIND_MAP.invokeExact(object, local.allocateFrom(name));
                check("reuse " + name, (int) REUSE.invokeExact(map, (int) fd));
            } catch (Throwable e) {
                throw Native.failure(e);
            }
        });
        libbpf.load(object);
        counts = SystemCalls.map(
                "counts", libbpf.mapFd(object, "counts"), 0, 16, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
    }

    /** The object, as it was built. */
    static byte[] object() throws IOException {
        try (InputStream in = Toucher.class.getResourceAsStream("toucher.bpf.o")) {
            if (in == null) {
                throw new IOException("no toucher.bpf.o");
            }
            return in.readAllBytes();
        }
    }

    /** Loads the programs with what is pinned for others under a pin path. */
    static Toucher load(Path pinPath) throws IOException {
        int index = Libbpf.get().openPin(pinPath.resolve(KernelObjects.INDEX));
        int touches = Libbpf.get().openPin(pinPath.resolve(KernelObjects.TOUCHES));
        try {
            return new Toucher(Map.of(KernelObjects.INDEX, index, KernelObjects.TOUCHES, touches));
        } finally {
            SystemCalls.close(index);
            SystemCalls.close(touches);
        }
    }

    /** How often a slot was touched by all programs. */
    long touched() {
        return (long) Layout.LONG.getVolatile(counts, 8L);
    }

    /** How often there was none to touch. */
    long absent() {
        return (long) Layout.LONG.getVolatile(counts, 0L);
    }

    /** Attaches a program to a cgroup until what is returned is closed. */
    AutoCloseable attach(String program, Path cgroup) {
        int type = program.equals("on_sockops") ? ATTACH_SOCK_OPS : ATTACH_CGROUP_EGRESS;
        int group = SystemCalls.openDirectory(cgroup);
        int fd = libbpf.programFd(object, program);
        try {
            check("attach " + program, (int) ATTACH.invokeExact(fd, group, type, 0));
        } catch (Throwable e) {
            SystemCalls.close(group);
            throw Native.failure(e);
        }
        return () -> {
            try {
                check("detach " + program, (int) DETACH.invokeExact(fd, group, type));
            } catch (Throwable e) {
                throw Native.failure(e);
            } finally {
                SystemCalls.close(group);
            }
        };
    }

    /** Runs an XDP or tc program on a packet that names a port, so often in the kernel; answers what it returned. */
    int run(String program, int port, int times) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment packet = local.allocate(PACKET_BYTES, 8);
            packet.set(ValueLayout.JAVA_INT_UNALIGNED, 14, port);
            MemorySegment options = local.allocate(TEST_RUN_OPTS_BYTES, 8);
            options.set(ValueLayout.JAVA_LONG, 0, TEST_RUN_OPTS_BYTES);
            options.set(ValueLayout.ADDRESS, 8, packet);
            options.set(ValueLayout.JAVA_INT, 24, PACKET_BYTES);
            options.set(ValueLayout.JAVA_INT, 60, times);
            check("run " + program, (int) TEST_RUN.invokeExact(libbpf.programFd(object, program), options));
            return options.get(ValueLayout.JAVA_INT, 56);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Lets the kernel count the time of programs until what is returned is closed. */
    static AutoCloseable statistics() {
        try {
            int fd = check("statistics", (int) ENABLE_STATS.invokeExact(STATS_RUN_TIME));
            return () -> SystemCalls.close(fd);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** What the kernel has counted of a program. */
    record Runs(long nanos, long count) {
        double nanosEach() {
            return count == 0 ? 0 : (double) nanos / count;
        }

        Runs since(Runs before) {
            return new Runs(nanos - before.nanos, count - before.count);
        }
    }

    Runs runs(String program) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment info = local.allocate(PROGRAM_INFO_BYTES, 8);
            MemorySegment length = local.allocate(4, 4);
            length.set(ValueLayout.JAVA_INT, 0, PROGRAM_INFO_BYTES);
            check("info", (int) INFO.invokeExact(libbpf.programFd(object, program), info, length));
            return new Runs(
                    info.get(ValueLayout.JAVA_LONG, INFO_RUN_TIME_NANOS), info.get(ValueLayout.JAVA_LONG, INFO_RUNS));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private static int check(String action, int result) {
        if (result < 0) {
            throw new KernelException(action, -result);
        }
        return result;
    }

    @Override
    public void close() {
        arena.close();
        libbpf.close(object);
    }
}

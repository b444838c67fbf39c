package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The system's libbpf, found by its soname. Since libbpf 1.0 a failure is a negative error number, or NULL and errno. */
final class Libbpf {

    static final String SONAME = "libbpf.so.1";

    private static final int BTF_KIND_FUNC = 12;
    private static final int BTF_KIND_STRUCT = 4;
    private static final int TEST_RUN_OPTS_BYTES = 80;
    private static final long OPTS_CTX_IN = 32;
    private static final long OPTS_CTX_SIZE_IN = 48;
    private static final long MAP_INFO_BYTES = 88;
    private static final int MAP_TYPE_ARRAY = 2;
    private static final int MMAPABLE = 1 << 10;
    private static final int MAP_CREATE_OPTS_BYTES = 48;
    private static final long OPTS_MAP_FLAGS = 28;
    private static final int MAP_CREATE_TOKEN_OPTS_BYTES = 56;
    private static final long OPTS_TOKEN_FD = 52;
    private static final int BY_TOKEN = 1 << 16;
    private static final int OPEN_OPTS_BYTES = 88;
    private static final long OPTS_TOKEN_PATH = 80;

    private static @Nullable Libbpf instance;

    /**
     * The functions. Constants, so that the compiler calls them directly; linked when the first of them is needed, by
     * {@link #get}, which sees to what a failure means.
     */
    private static final class Calls {
        private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(SONAME, Arena.global());

        static final MethodHandle MAJOR_VERSION = Native.link(LIBRARY, "libbpf_major_version", Native.INT);
        static final MethodHandle MINOR_VERSION = Native.link(LIBRARY, "libbpf_minor_version", Native.INT);
        static final MethodHandle OPEN_MEM = Native.linkErrno(
                LIBRARY, "bpf_object__open_mem", Native.POINTER, Native.POINTER, Native.LONG, Native.POINTER);
        static final MethodHandle LOAD = Native.link(LIBRARY, "bpf_object__load", Native.INT, Native.POINTER);
        static final MethodHandle CLOSE_OBJECT = Native.linkVoid(LIBRARY, "bpf_object__close", Native.POINTER);
        static final MethodHandle FIND_MAP =
                Native.link(LIBRARY, "bpf_object__find_map_by_name", Native.POINTER, Native.POINTER, Native.POINTER);
        static final MethodHandle FIND_PROGRAM = Native.link(
                LIBRARY, "bpf_object__find_program_by_name", Native.POINTER, Native.POINTER, Native.POINTER);
        static final MethodHandle SET_MAX_ENTRIES =
                Native.link(LIBRARY, "bpf_map__set_max_entries", Native.INT, Native.POINTER, Native.INT);
        static final MethodHandle SET_VALUE_SIZE =
                Native.link(LIBRARY, "bpf_map__set_value_size", Native.INT, Native.POINTER, Native.INT);
        static final MethodHandle MAP_FD = Native.link(LIBRARY, "bpf_map__fd", Native.INT, Native.POINTER);
        static final MethodHandle PROGRAM_FD = Native.link(LIBRARY, "bpf_program__fd", Native.INT, Native.POINTER);
        static final MethodHandle PIN = Native.link(LIBRARY, "bpf_obj_pin", Native.INT, Native.INT, Native.POINTER);
        static final MethodHandle GET = Native.link(LIBRARY, "bpf_obj_get", Native.INT, Native.POINTER);
        static final MethodHandle INFO_BY_FD =
                Native.link(LIBRARY, "bpf_obj_get_info_by_fd", Native.INT, Native.INT, Native.POINTER, Native.POINTER);
        static final MethodHandle TEST_RUN =
                Native.link(LIBRARY, "bpf_prog_test_run_opts", Native.INT, Native.INT, Native.POINTER);
        static final MethodHandle LOAD_VMLINUX_BTF = Native.linkErrno(LIBRARY, "btf__load_vmlinux_btf", Native.POINTER);
        static final MethodHandle FIND_BY_NAME_KIND =
                Native.link(LIBRARY, "btf__find_by_name_kind", Native.INT, Native.POINTER, Native.POINTER, Native.INT);
        static final MethodHandle FREE_BTF = Native.linkVoid(LIBRARY, "btf__free", Native.POINTER);
        static final MethodHandle CREATE_MAP = Native.link(
                LIBRARY,
                "bpf_map_create",
                Native.INT,
                Native.INT,
                Native.POINTER,
                Native.INT,
                Native.INT,
                Native.INT,
                Native.POINTER);

        /** Since libbpf 1.4; null before. */
        static final @Nullable MethodHandle CREATE_TOKEN =
                LIBRARY.find("bpf_token_create").isPresent()
                        ? Native.link(LIBRARY, "bpf_token_create", Native.INT, Native.INT, Native.POINTER)
                        : null;

        static {
            LibbpfLog.install(LIBRARY);
        }

        private Calls() {}

        /** Links them. */
        static void link() {}
    }

    private Libbpf() {}

    /**
     * The library.
     *
     * @throws KernelException if the system has none, or one that is too old
     */
    static synchronized Libbpf get() {
        Libbpf found = instance;
        if (found == null) {
            try {
                SymbolLookup ignored = SymbolLookup.libraryLookup(SONAME, Arena.global());
            } catch (IllegalCallerException e) {
                throw new KernelException(KernelProblem.NATIVE_ACCESS, String.valueOf(e.getMessage()));
            } catch (IllegalArgumentException e) {
                throw isThere("libbpf.so.0")
                        ? new KernelException(KernelProblem.LIBBPF_TOO_OLD, "only libbpf.so.0 is installed")
                        : new KernelException(KernelProblem.NO_LIBBPF, "there is no " + SONAME);
            }
            try {
                Calls.link();
            } catch (LinkageError e) { // one without the symbol, and at every later call one without the class
                throw new KernelException(KernelProblem.LIBBPF_TOO_OLD, SONAME + " is too old: " + e.getMessage());
            }
            found = new Libbpf();
            instance = found;
        }
        return found;
    }

    private static boolean isThere(String soname) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup ignored = SymbolLookup.libraryLookup(soname, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Such as "1.1". */
    String version() {
        try {
            return (int) Calls.MAJOR_VERSION.invokeExact() + "." + (int) Calls.MINOR_VERSION.invokeExact();
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /**
     * Makes a token of a BPF file system: the rights that its mount delegates to this process's user namespace.
     *
     * @throws KernelException if none can be had, mostly because nothing is delegated
     */
    int token(Path bpffs) {
        if (Calls.CREATE_TOKEN == null) {
            throw new KernelException("bpf_token_create", Errno.ENOSYS.number());
        }
        int directory = SystemCalls.openDirectory(bpffs);
        try {
            return check("bpf_token_create", (int) Calls.CREATE_TOKEN.invokeExact(directory, MemorySegment.NULL));
        } catch (Throwable e) {
            throw Native.failure(e);
        } finally {
            SystemCalls.close(directory);
        }
    }

    MemorySegment open(byte[] object) {
        return open(object, null);
    }

    /** Opens an object that will be loaded with a token of a BPF file system, or without one. */
    MemorySegment open(byte[] object, @Nullable Path tokenOf) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            MemorySegment bytes = arena.allocate(object.length, 8);
            MemorySegment.copy(object, 0, bytes, ValueLayout.JAVA_BYTE, 0, object.length);
            MemorySegment options = MemorySegment.NULL;
            if (tokenOf != null) {
                options = arena.allocate(OPEN_OPTS_BYTES, 8);
                options.set(ValueLayout.JAVA_LONG, 0, OPEN_OPTS_BYTES);
                options.set(ValueLayout.ADDRESS, OPTS_TOKEN_PATH, arena.allocateFrom(tokenOf.toString()));
            }
            MemorySegment opened =
                    (MemorySegment) Calls.OPEN_MEM.invokeExact(state, bytes, (long) object.length, options);
            if (opened.address() == 0) {
                throw new KernelException("open of the program's object", Native.errno(state));
            }
            return opened;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void load(MemorySegment object) {
        try {
            check("load", (int) Calls.LOAD.invokeExact(object));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void close(MemorySegment object) {
        try {
            Calls.CLOSE_OBJECT.invokeExact(object);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void setMaxEntries(MemorySegment object, String map, int entries) {
        try {
            check("size of " + map, (int) Calls.SET_MAX_ENTRIES.invokeExact(map(object, map), entries));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void setValueSize(MemorySegment object, String map, int bytes) {
        try {
            check("value size of " + map, (int) Calls.SET_VALUE_SIZE.invokeExact(map(object, map), bytes));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Makes an array that can be mapped into memory, and that no program knows; answers its descriptor. Token: -1 for none. */
    int createArray(String name, int valueBytes, int entries, int token) {
        boolean byToken = token >= 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options = arena.allocate(MAP_CREATE_TOKEN_OPTS_BYTES, 8);
            options.set(ValueLayout.JAVA_LONG, 0, byToken ? MAP_CREATE_TOKEN_OPTS_BYTES : MAP_CREATE_OPTS_BYTES);
            options.set(ValueLayout.JAVA_INT, OPTS_MAP_FLAGS, byToken ? MMAPABLE | BY_TOKEN : MMAPABLE);
            options.set(ValueLayout.JAVA_INT, OPTS_TOKEN_FD, byToken ? token : 0);
            return check("make " + name, (int) Calls.CREATE_MAP.invokeExact(
                    MAP_TYPE_ARRAY, arena.allocateFrom(name), Integer.BYTES, valueBytes, entries, options));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    int mapFd(MemorySegment object, String name) {
        try {
            return check("descriptor of " + name, (int) Calls.MAP_FD.invokeExact(map(object, name)));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    int programFd(MemorySegment object, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = (MemorySegment) Calls.FIND_PROGRAM.invokeExact(object, arena.allocateFrom(name));
            if (program.address() == 0) {
                throw new KernelException("the object has no program " + name);
            }
            return check("descriptor of " + name, (int) Calls.PROGRAM_FD.invokeExact(program));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private MemorySegment map(MemorySegment object, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = (MemorySegment) Calls.FIND_MAP.invokeExact(object, arena.allocateFrom(name));
            if (map.address() == 0) {
                throw new KernelException("the object has no map " + name);
            }
            return map;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void pin(int fd, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            check("pin " + path, (int) Calls.PIN.invokeExact(fd, arena.allocateFrom(path.toString())));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** A new descriptor of what is pinned there; a link is not followed. */
    int openPin(Path path) {
        int place = PinDirectory.openPin(path);
        try (Arena arena = Arena.ofConfined()) {
            String pin = PinDirectory.of(place).toString();
            return check("open " + path, (int) Calls.GET.invokeExact(arena.allocateFrom(pin)));
        } catch (Throwable e) {
            throw Native.failure(e);
        } finally {
            SystemCalls.close(place);
        }
    }

    MapInfo mapInfo(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(MAP_INFO_BYTES, 8);
            MemorySegment length = arena.allocate(4, 4);
            length.set(ValueLayout.JAVA_INT, 0, (int) MAP_INFO_BYTES);
            check("map info", (int) Calls.INFO_BY_FD.invokeExact(fd, info, length));
            return new MapInfo(
                    info.get(ValueLayout.JAVA_INT, 4),
                    info.get(ValueLayout.JAVA_INT, 12),
                    info.get(ValueLayout.JAVA_INT, 16));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Options of a test run that take one context, in and out; to be used again and again. */
    static MemorySegment testRunOptions(MemorySegment context, Arena arena) {
        MemorySegment options = arena.allocate(TEST_RUN_OPTS_BYTES, 8);
        options.set(ValueLayout.JAVA_LONG, 0, TEST_RUN_OPTS_BYTES);
        options.set(ValueLayout.ADDRESS, OPTS_CTX_IN, context);
        options.set(ValueLayout.JAVA_INT, OPTS_CTX_SIZE_IN, (int) context.byteSize());
        return options;
    }

    void testRun(String what, int fd, MemorySegment options) {
        try {
            check(what, (int) Calls.TEST_RUN.invokeExact(fd, options));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** The running kernel's own description of its types and functions, or what is wrong with it. */
    KernelTypes kernelTypes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            MemorySegment btf = (MemorySegment) Calls.LOAD_VMLINUX_BTF.invokeExact(state);
            if (btf.address() == 0) {
                throw new KernelException("reading the kernel's BTF", Native.errno(state));
            }
            try {
                return new KernelTypes(
                        has(btf, "bpf_timer", BTF_KIND_STRUCT),
                        has(btf, "bpf_wq_init", BTF_KIND_FUNC) && has(btf, "bpf_wq_start", BTF_KIND_FUNC),
                        has(btf, "bpf_wq_set_callback", BTF_KIND_FUNC),
                        has(btf, "bpf_wq_set_callback_impl", BTF_KIND_FUNC),
                        has(btf, "bpf_timer_cancel_async", BTF_KIND_FUNC),
                        has(btf, "bpf_token", BTF_KIND_STRUCT));
            } finally {
                Calls.FREE_BTF.invokeExact(btf);
            }
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private boolean has(MemorySegment btf, String name, int kind) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Calls.FIND_BY_NAME_KIND.invokeExact(btf, arena.allocateFrom(name), kind) >= 0;
        }
    }

    private static int check(String action, int result) {
        if (result < 0) {
            throw new KernelException(action, -result);
        }
        return result;
    }

    /**
     * What the kernel says about a map.
     *
     * @param id its number, as bpftool shows it
     * @param valueBytes the size of a value
     * @param entries how many there are
     */
    record MapInfo(int id, int valueBytes, int entries) {}
}

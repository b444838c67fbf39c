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

    private final MethodHandle majorVersion;
    private final MethodHandle minorVersion;
    private final MethodHandle openMem;
    private final MethodHandle load;
    private final MethodHandle closeObject;
    private final MethodHandle findMap;
    private final MethodHandle findProgram;
    private final MethodHandle setMaxEntries;
    private final MethodHandle setValueSize;
    private final MethodHandle mapFd;
    private final MethodHandle programFd;
    private final MethodHandle pin;
    private final MethodHandle get;
    private final MethodHandle infoByFd;
    private final MethodHandle testRun;
    private final MethodHandle loadVmlinuxBtf;
    private final MethodHandle findByNameKind;
    private final MethodHandle freeBtf;
    private final MethodHandle createMap;

    /** Since libbpf 1.4; null before. */
    private final @Nullable MethodHandle createToken;

    private Libbpf(SymbolLookup library) {
        var pointer = Native.POINTER;
        var integer = Native.INT;
        majorVersion = Native.link(library, "libbpf_major_version", integer);
        minorVersion = Native.link(library, "libbpf_minor_version", integer);
        openMem = Native.linkErrno(library, "bpf_object__open_mem", pointer, pointer, Native.LONG, pointer);
        load = Native.link(library, "bpf_object__load", integer, pointer);
        closeObject = Native.linkVoid(library, "bpf_object__close", pointer);
        findMap = Native.link(library, "bpf_object__find_map_by_name", pointer, pointer, pointer);
        findProgram = Native.link(library, "bpf_object__find_program_by_name", pointer, pointer, pointer);
        setMaxEntries = Native.link(library, "bpf_map__set_max_entries", integer, pointer, integer);
        setValueSize = Native.link(library, "bpf_map__set_value_size", integer, pointer, integer);
        mapFd = Native.link(library, "bpf_map__fd", integer, pointer);
        programFd = Native.link(library, "bpf_program__fd", integer, pointer);
        pin = Native.link(library, "bpf_obj_pin", integer, integer, pointer);
        get = Native.link(library, "bpf_obj_get", integer, pointer);
        infoByFd = Native.link(library, "bpf_obj_get_info_by_fd", integer, integer, pointer, pointer);
        testRun = Native.link(library, "bpf_prog_test_run_opts", integer, integer, pointer);
        loadVmlinuxBtf = Native.linkErrno(library, "btf__load_vmlinux_btf", pointer);
        findByNameKind = Native.link(library, "btf__find_by_name_kind", integer, pointer, pointer, integer);
        freeBtf = Native.linkVoid(library, "btf__free", pointer);
        createMap =
                Native.link(library, "bpf_map_create", integer, integer, pointer, integer, integer, integer, pointer);
        createToken = library.find("bpf_token_create").isPresent()
                ? Native.link(library, "bpf_token_create", integer, integer, pointer)
                : null;
        LibbpfLog.install(library);
    }

    /**
     * The library.
     *
     * @throws KernelException if the system has none, or one that is too old
     */
    static synchronized Libbpf get() {
        Libbpf found = instance;
        if (found == null) {
            SymbolLookup library;
            try {
                library = SymbolLookup.libraryLookup(SONAME, Arena.global());
            } catch (IllegalCallerException e) {
                throw new KernelException(KernelProblem.NATIVE_ACCESS, String.valueOf(e.getMessage()));
            } catch (IllegalArgumentException e) {
                throw isThere("libbpf.so.0")
                        ? new KernelException(KernelProblem.LIBBPF_TOO_OLD, "there is libbpf.so.0 only")
                        : new KernelException(KernelProblem.NO_LIBBPF, "there is no " + SONAME);
            }
            try {
                found = new Libbpf(library);
            } catch (UnsatisfiedLinkError e) {
                throw new KernelException(KernelProblem.LIBBPF_TOO_OLD, SONAME + " is too old: " + e.getMessage());
            }
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
            return (int) majorVersion.invokeExact() + "." + (int) minorVersion.invokeExact();
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
        if (createToken == null) {
            throw new KernelException("bpf_token_create", Errno.ENOSYS.number());
        }
        int directory = SystemCalls.openDirectory(bpffs);
        try {
            return check("bpf_token_create", (int) createToken.invokeExact(directory, MemorySegment.NULL));
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
            MemorySegment opened = (MemorySegment) openMem.invokeExact(state, bytes, (long) object.length, options);
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
            check("load", (int) load.invokeExact(object));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void close(MemorySegment object) {
        try {
            closeObject.invokeExact(object);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void setMaxEntries(MemorySegment object, String map, int entries) {
        try {
            check("size of " + map, (int) setMaxEntries.invokeExact(map(object, map), entries));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    void setValueSize(MemorySegment object, String map, int bytes) {
        try {
            check("value size of " + map, (int) setValueSize.invokeExact(map(object, map), bytes));
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
            return check("make " + name, (int) createMap.invokeExact(
                    MAP_TYPE_ARRAY, arena.allocateFrom(name), Integer.BYTES, valueBytes, entries, options));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    int mapFd(MemorySegment object, String name) {
        try {
            return check("descriptor of " + name, (int) mapFd.invokeExact(map(object, name)));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    int programFd(MemorySegment object, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = (MemorySegment) findProgram.invokeExact(object, arena.allocateFrom(name));
            if (program.address() == 0) {
                throw new KernelException("the object has no program " + name);
            }
            return check("descriptor of " + name, (int) programFd.invokeExact(program));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private MemorySegment map(MemorySegment object, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = (MemorySegment) findMap.invokeExact(object, arena.allocateFrom(name));
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
            check("pin " + path, (int) pin.invokeExact(fd, arena.allocateFrom(path.toString())));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** A new descriptor of what is pinned there; a link is not followed. */
    int openPin(Path path) {
        int place = PinDirectory.openPin(path);
        try (Arena arena = Arena.ofConfined()) {
            String pin = PinDirectory.of(place).toString();
            return check("open " + path, (int) get.invokeExact(arena.allocateFrom(pin)));
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
            check("map info", (int) infoByFd.invokeExact(fd, info, length));
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
            check(what, (int) testRun.invokeExact(fd, options));
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** The running kernel's own description of its types and functions, or what is wrong with it. */
    KernelTypes kernelTypes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            MemorySegment btf = (MemorySegment) loadVmlinuxBtf.invokeExact(state);
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
                freeBtf.invokeExact(btf);
            }
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private boolean has(MemorySegment btf, String name, int kind) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            return (int) findByNameKind.invokeExact(btf, arena.allocateFrom(name), kind) >= 0;
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

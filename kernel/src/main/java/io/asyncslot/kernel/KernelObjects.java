package io.asyncslot.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * File descriptors of the maps and programs that make one memory, and how they come about: loaded from the jar's object,
 * or opened from pins. Owns them.
 */
final class KernelObjects implements AutoCloseable {

    static final String HEADER = "slot_header";
    static final String CONTROL = "slot_control";
    static final String KEYS = "slot_keys";
    static final String DIRECTORY = "slot_directory";
    static final String COMMANDS = "slot_commands";
    static final String TIMERS = "slot_timers";
    static final String EVENTS = "slot_events";
    static final String SINCE = "slot_since";
    static final String TOUCHES = "slot_touches";
    static final String INDEX = "slot_index";

    /** These two are not the program's. */
    static final String SHAPES = "slot_shapes";

    static final String VALUES = "slot_values";

    static final String RUN = "asyncslot_run";
    static final String INSPECT = "asyncslot_inspect";

    private static final String[] MAPS = {CONTROL, KEYS, DIRECTORY, COMMANDS, TIMERS, EVENTS, SINCE, TOUCHES, INDEX};
    private static final String[] PROGRAMS = {RUN, INSPECT};

    /** In the order in which they are pinned: the header says that all are there, and is removed first. */
    private static final List<String> NAMES = List.of(
            CONTROL, KEYS, DIRECTORY, COMMANDS, TIMERS, EVENTS, SINCE, TOUCHES, INDEX, SHAPES, VALUES, RUN, INSPECT,
            HEADER);

    private final Libbpf libbpf;
    private final Map<String, Integer> descriptors;
    private final Runnable release;

    private KernelObjects(Libbpf libbpf, Map<String, Integer> descriptors, Runnable release) {
        this.libbpf = libbpf;
        this.descriptors = descriptors;
        this.release = release;
    }

    /**
     * Loads a program with maps of its own. Needs CAP_BPF and CAP_PERFMON, or a token that stands for them: one is used if the BPF
     * file system of the pin path, or the usual one, gives it.
     */
    static KernelObjects load(Libbpf libbpf, ProgramVariant variant, KernelSettings settings) {
        LibbpfLog.clear();
        Path bpffs = KernelMounts.root(settings.pinPath());
        int token = token(libbpf, bpffs);
        List<Integer> own = new ArrayList<>();
        MemorySegment object = MemorySegment.NULL;
        try {
            object = libbpf.open(variant.bytes(), token < 0 ? null : bpffs);
            libbpf.setMaxEntries(object, CONTROL, settings.capacity());
            libbpf.setMaxEntries(object, TIMERS, settings.capacity());
            libbpf.setMaxEntries(object, KEYS, settings.capacity());
            libbpf.setValueSize(object, KEYS, Layout.keyRecordBytes(settings.keyBytes()));
            libbpf.setMaxEntries(object, EVENTS, settings.ringBytes());
            for (String map : new String[] {SINCE, TOUCHES, INDEX}) {
                libbpf.setMaxEntries(object, map, settings.touchable() ? settings.capacity() : 1);
            }
            libbpf.load(object);
            Map<String, Integer> descriptors = new LinkedHashMap<>();
            for (String map : MAPS) {
                descriptors.put(map, libbpf.mapFd(object, map));
            }
            for (String program : PROGRAMS) {
                descriptors.put(program, libbpf.programFd(object, program));
            }
            boolean room = settings.valueBytes() != 0;
            own.add(libbpf.createArray(SHAPES, Layout.SHAPE_BYTES, room ? settings.capacity() : 1, token));
            own.add(libbpf.createArray(
                    VALUES,
                    Layout.valueRecordBytes(settings.valueBytes()),
                    room ? Layout.valueEntries(settings.capacity()) : 1,
                    token));
            descriptors.put(SHAPES, own.get(0));
            descriptors.put(VALUES, own.get(1));
            descriptors.put(HEADER, libbpf.mapFd(object, HEADER));
            MemorySegment loaded = object;
            return new KernelObjects(libbpf, descriptors, () -> close(libbpf, loaded, own));
        } catch (RuntimeException | Error e) {
            close(libbpf, object, own);
            throw e;
        } finally {
            if (token >= 0) {
                SystemCalls.close(token);
            }
        }
    }

    /** A token, or -1 where there is none; {@link KernelProbe} explains why. */
    private static int token(Libbpf libbpf, Path bpffs) {
        try {
            return libbpf.token(bpffs);
        } catch (KernelException e) {
            return -1;
        }
    }

    private static void close(Libbpf libbpf, MemorySegment object, List<Integer> own) {
        own.forEach(SystemCalls::close);
        libbpf.close(object);
    }

    /** Opens what is pinned in a directory. Needs no capability, but permission to read and write the files. */
    static KernelObjects open(Libbpf libbpf, Path directory) {
        Map<String, Integer> descriptors = new LinkedHashMap<>();
        KernelObjects objects = new KernelObjects(
                libbpf, descriptors, () -> descriptors.values().forEach(SystemCalls::close));
        try {
            for (String name : names()) {
                descriptors.put(name, libbpf.openPin(directory.resolve(name)));
            }
            return objects;
        } catch (RuntimeException | Error e) {
            objects.close();
            throw e;
        }
    }

    /** Writes the header of a memory that was just loaded. */
    void initHeader(ProgramVariant variant, KernelSettings settings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = SystemCalls.map(
                    "header",
                    descriptor(HEADER),
                    0,
                    Layout.HEADER_BYTES,
                    SystemCalls.PROT_READ | SystemCalls.PROT_WRITE,
                    arena);
            Layout.initHeader(
                    header,
                    settings.capacity(),
                    settings.keyBytes(),
                    settings.touchable(),
                    settings.valueBytes(),
                    variant.resource());
        }
    }

    /** Pins everything in a directory that is there. */
    void pin(Path directory) {
        for (Map.Entry<String, Integer> entry : descriptors.entrySet()) {
            libbpf.pin(entry.getValue(), directory.resolve(entry.getKey()));
        }
    }

    /** Whether programs of others use a map. */
    static boolean isForOthers(String name) {
        return name.equals(TOUCHES) || name.equals(INDEX);
    }

    /** How many of the pins are there. */
    static int countPins(Path directory) {
        return pinsOfAll() - missingPins(directory).size();
    }

    /** Which of the pins are not there. */
    static List<String> missingPins(Path directory) {
        return NAMES.stream()
                .filter(name -> !Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS))
                .toList();
    }

    /** How many there are when all are there. */
    static int pinsOfAll() {
        return NAMES.size();
    }

    /** Removes the pins and nothing else, the header's first; what nobody has open is freed by the kernel. */
    static void unpin(Path directory) throws IOException {
        for (String name : NAMES.reversed()) {
            Files.deleteIfExists(directory.resolve(name));
        }
    }

    static List<String> names() {
        return NAMES;
    }

    int descriptor(String name) {
        Integer descriptor = descriptors.get(name);
        if (descriptor == null) {
            throw new IllegalArgumentException(name);
        }
        return descriptor;
    }

    Libbpf.MapInfo info(String map) {
        return libbpf.mapInfo(descriptor(map));
    }

    @Override
    public void close() {
        release.run();
    }
}

package io.asyncslot.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
    static final String RUN = "asyncslot_run";
    static final String INSPECT = "asyncslot_inspect";

    private static final String[] MAPS = {HEADER, CONTROL, KEYS, DIRECTORY, COMMANDS, TIMERS, EVENTS};
    private static final String[] PROGRAMS = {RUN, INSPECT};

    private final Libbpf libbpf;
    private final Map<String, Integer> descriptors;
    private final Runnable release;

    private KernelObjects(Libbpf libbpf, Map<String, Integer> descriptors, Runnable release) {
        this.libbpf = libbpf;
        this.descriptors = descriptors;
        this.release = release;
    }

    /** Loads a program with maps of its own. Needs CAP_BPF and CAP_PERFMON. */
    static KernelObjects load(Libbpf libbpf, ProgramVariant variant, KernelSettings settings) {
        LibbpfLog.clear();
        MemorySegment object = libbpf.open(variant.bytes());
        try {
            libbpf.setMaxEntries(object, CONTROL, settings.capacity());
            libbpf.setMaxEntries(object, TIMERS, settings.capacity());
            libbpf.setMaxEntries(object, KEYS, settings.capacity());
            libbpf.setValueSize(object, KEYS, Layout.keyRecordBytes(settings.keyBytes()));
            libbpf.setMaxEntries(object, EVENTS, settings.ringBytes());
            libbpf.load(object);
            Map<String, Integer> descriptors = new LinkedHashMap<>();
            for (String map : MAPS) {
                descriptors.put(map, libbpf.mapFd(object, map));
            }
            for (String program : PROGRAMS) {
                descriptors.put(program, libbpf.programFd(object, program));
            }
            return new KernelObjects(libbpf, descriptors, () -> libbpf.close(object));
        } catch (RuntimeException | Error e) {
            libbpf.close(object);
            throw e;
        }
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
            Layout.initHeader(header, settings.capacity(), settings.keyBytes(), variant.resource());
        }
    }

    /** Pins everything in a directory that is there. */
    void pin(Path directory) {
        for (Map.Entry<String, Integer> entry : descriptors.entrySet()) {
            libbpf.pin(entry.getValue(), directory.resolve(entry.getKey()));
        }
    }

    /** How many of the pins are there. */
    static int countPins(Path directory) {
        int count = 0;
        for (String name : names()) {
            if (Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                count++;
            }
        }
        return count;
    }

    /** How many there are when all are there. */
    static int pinsOfAll() {
        return MAPS.length + PROGRAMS.length;
    }

    /** Removes the pins and nothing else; what nobody has open is freed by the kernel. */
    static void unpin(Path directory) throws IOException {
        for (String name : names()) {
            Files.deleteIfExists(directory.resolve(name));
        }
    }

    static String[] names() {
        String[] names = new String[pinsOfAll()];
        System.arraycopy(MAPS, 0, names, 0, MAPS.length);
        System.arraycopy(PROGRAMS, 0, names, MAPS.length, PROGRAMS.length);
        return names;
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

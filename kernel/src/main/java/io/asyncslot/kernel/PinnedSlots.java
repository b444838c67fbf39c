package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.LONG;
import static io.asyncslot.kernel.Layout.SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The slots of a pinned memory, counted by map, as the loader shows them. A glance: whoever holds the memory goes on. Needs no
 * class outside this jar.
 */
final class PinnedSlots {

    /** Bits of the state word, as in {@code asyncslot.bpf.c}. */
    private static final long ARMED = 1;

    private static final long RUNNING = 1 << 1;
    private static final long FREED = 1 << 2;
    private static final int DEADLINE_SHIFT = 12;

    private static final String[] CLOCKS = {"MONOTONIC", "REALTIME", "BOOTTIME"};

    /** What is counted of one map. */
    static final class Counts {
        int slots;
        int armed;
        int overdue;
        int running;
    }

    private final Map<Integer, Counts> byMap = new TreeMap<>();
    private final Map<Integer, String> names = new TreeMap<>();
    private final Map<Integer, String> words = new TreeMap<>();
    private int unreadable;

    private PinnedSlots() {}

    /**
     * Counts what is pinned, which need not be locked.
     *
     * @throws KernelException if it is not all there, or may not be read
     */
    static PinnedSlots count(Path directory) {
        Pins.check(directory);
        try (Arena arena = Arena.ofConfined()) {
            PinnedSlots slots = new PinnedSlots();
            MemorySegment directories = map(directory, KernelObjects.DIRECTORY, arena);
            for (int map = 0; map < Layout.DIRECTORY_RECORDS; map++) {
                slots.name(map, directories);
            }
            MemorySegment control = map(directory, KernelObjects.CONTROL, arena);
            long[] now = now();
            for (long at = 0; at < control.byteSize(); at += Layout.CONTROL_BYTES) {
                slots.count(control, at, now);
            }
            return slots;
        }
    }

    private static MemorySegment map(Path directory, String name, Arena arena) {
        int fd = Libbpf.get().openPin(directory.resolve(name));
        try {
            Libbpf.MapInfo info = Libbpf.get().mapInfo(fd);
            return SystemCalls.map(
                    name, fd, 0, (long) info.valueBytes() * info.entries(), SystemCalls.PROT_READ, arena);
        } finally {
            SystemCalls.close(fd);
        }
    }

    /** Microseconds of each clock, as the kernel has it. */
    private static long[] now() {
        TimeNamespace namespace = TimeNamespace.ofThisProcess();
        return new long[] {
            (KernelClock.MONOTONIC.nanos() - namespace.monotonicNanos()) / 1_000,
            KernelClock.REALTIME.nanos() / 1_000,
            (KernelClock.BOOTTIME.nanos() - namespace.boottimeNanos()) / 1_000
        };
    }

    private void name(int map, MemorySegment directories) {
        long at = Layout.directoryAt(map);
        byte kind = (byte) BYTE.get(directories, at + Layout.DIRECTORY_KIND);
        int clock = (byte) BYTE.get(directories, at + Layout.DIRECTORY_CLOCK);
        if (kind == Layout.KIND_UNUSED) {
            return;
        }
        names.put(
                map,
                text(
                        directories,
                        at + Layout.DIRECTORY_NAME_LENGTH,
                        at + Layout.DIRECTORY_NAME,
                        Layout.DIRECTORY_NAME_BYTES));
        words.put(
                map,
                (kind == Layout.KIND_WORK ? "work" : "timers") + " on " + CLOCKS[Math.floorMod(clock, CLOCKS.length)]
                        + ", keys "
                        + text(
                                directories,
                                at + Layout.DIRECTORY_TYPE_LENGTH,
                                at + Layout.DIRECTORY_TYPE,
                                Layout.DIRECTORY_TYPE_BYTES));
    }

    private static String text(MemorySegment segment, long lengthAt, long at, int most) {
        int length = Math.min(most, (short) SHORT.get(segment, lengthAt) & 0xFFFF);
        byte[] bytes = segment.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    }

    private void count(MemorySegment control, long at, long[] now) {
        byte kind = (byte) BYTE.getVolatile(control, at + Layout.CONTROL_KIND);
        if (kind == Layout.KIND_UNUSED) {
            return;
        }
        int map = mapOf(control, at);
        int clock = (byte) BYTE.get(control, at + Layout.CONTROL_CLOCK);
        if (!names.containsKey(map) || clock < 0 || clock >= now.length) {
            unreadable++;
            return;
        }
        long word = (long) LONG.getVolatile(control, at + Layout.CONTROL_WORD);
        if ((word & FREED) != 0) {
            return;
        }
        Counts counts = byMap.computeIfAbsent(map, each -> new Counts());
        counts.slots++;
        counts.running += (word & RUNNING) != 0 ? 1 : 0;
        if ((word & ARMED) != 0) {
            counts.armed++;
            counts.overdue += word >>> DEADLINE_SHIFT <= now[clock] ? 1 : 0;
        }
    }

    private static int mapOf(MemorySegment control, long at) {
        return ((short) SHORT.get(control, at + Layout.CONTROL_MAP) & 0xFFFF) - 1;
    }

    /** How many slots there are. */
    int slots() {
        return byMap.values().stream().mapToInt(counts -> counts.slots).sum();
    }

    /** How many are armed. */
    int armed() {
        return byMap.values().stream().mapToInt(counts -> counts.armed).sum();
    }

    /** How many are armed and due. */
    int overdue() {
        return byMap.values().stream().mapToInt(counts -> counts.overdue).sum();
    }

    /** The maps' names. */
    List<String> names() {
        return List.copyOf(names.values());
    }

    /** A line for each map, and one for what cannot be read. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        names.forEach((map, name) -> {
            Counts counts = byMap.getOrDefault(map, new Counts());
            lines.add("map '" + name + "', " + words.get(map) + ": " + counts.slots + " slots, " + counts.armed
                    + " armed, " + counts.overdue + " overdue, " + counts.running + " running or cut off");
        });
        if (unreadable > 0) {
            lines.add(unreadable + " records do not validate: the application keeps them and does not run them");
        }
        return lines;
    }

    /**
     * Frees the slots of one map, in the kernel and in the records.
     *
     * @param port holds the memory
     * @param name the map
     * @return how many, or -1 if there is no such map
     */
    int drop(KernelPort port, String name) {
        List<Integer> maps = names.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .map(Map.Entry::getKey)
                .toList();
        if (maps.isEmpty()) {
            return -1;
        }
        List<Integer> places = new ArrayList<>();
        int dropped = 0;
        for (int place = 0; place < port.capacity(); place++) {
            long at = Layout.controlAt(place);
            boolean isUsed = (byte) BYTE.get(port.control(), at + Layout.CONTROL_KIND) != Layout.KIND_UNUSED;
            if (isUsed && maps.contains(mapOf(port.control(), at))) {
                places.add(place);
            }
            if (places.size() == port.maxCommands() || place == port.capacity() - 1 && !places.isEmpty()) {
                dropped += free(port, places);
                places.clear();
            }
        }
        return dropped;
    }

    /** Frees and erases; what the kernel did not free stays as it is. */
    private static int free(KernelPort port, List<Integer> places) {
        for (int i = 0; i < places.size(); i++) {
            long at = Layout.commandAt(i);
            LONG.setVolatile(port.control(), Layout.controlAt(places.get(i)) + Layout.CONTROL_WORD, FREED);
            Layout.INT.set(port.commands(), at + Layout.COMMAND_INDEX, places.get(i));
            SHORT.set(port.commands(), at + Layout.COMMAND_OP, Layout.OP_FREE);
        }
        port.run(places.size());
        int freed = 0;
        for (int i = 0; i < places.size(); i++) {
            int place = places.get(i);
            if ((int) Layout.INT.get(port.commands(), Layout.commandAt(i) + Layout.COMMAND_RESULT) >= 0) {
                int keyBytes = Layout.keyRecordBytes(port.keyBytes());
                port.control()
                        .asSlice(Layout.controlAt(place), Layout.CONTROL_BYTES)
                        .fill((byte) 0);
                port.keys()
                        .asSlice(Layout.keyAt(place, port.keyBytes()), keyBytes)
                        .fill((byte) 0);
                if (port.valueBytes() != 0) { // its values are nobody's then
                    port.shapes()
                            .asSlice(Layout.shapeAt(place), Layout.SHAPE_BYTES)
                            .fill((byte) 0);
                }
                if (port.touchable()) {
                    port.since()
                            .asSlice(Layout.sinceAt(place), Layout.SINCE_BYTES)
                            .fill((byte) 0);
                    port.touches()
                            .asSlice(Layout.touchAt(place), Layout.TOUCH_BYTES)
                            .fill((byte) 0);
                }
                freed++;
            }
        }
        return freed;
    }
}

package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.SHORT;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** Which map has which number in the slots' records: names, kinds, clocks and key types in shared memory. Thread-safe. */
final class MapDirectory {

    private final MemorySegment header;
    private final MemorySegment directory;
    private final LeftSlots left;

    /** How many records are used, or were once. With the monitor. */
    private int count;

    MapDirectory(KernelPort port, LeftSlots left) {
        this.header = port.header();
        this.directory = port.directory();
        this.left = left;
        for (int map = 0; map < Layout.DIRECTORY_RECORDS; map++) {
            if ((byte) BYTE.get(directory, Layout.directoryAt(map) + Layout.DIRECTORY_KIND) != Layout.KIND_UNUSED
                    || left.hasLeft(map)) {
                count = map + 1;
            }
        }
    }

    /**
     * The number of a map, which is entered if it is new.
     *
     * @throws IllegalArgumentException naming value and rule, if it cannot be entered or slots of another kind are left
     *     under its name
     */
    synchronized int number(String name, SlotType type, SlotClock clock, Class<?> keyType) {
        byte[] typeName = keyType.getName().getBytes(StandardCharsets.UTF_8);
        if (typeName.length > Layout.DIRECTORY_TYPE_BYTES) {
            throw new IllegalArgumentException("'keyType' of map '" + name + "' must have a name of at most "
                    + Layout.DIRECTORY_TYPE_BYTES + " bytes on backend '" + KernelBackend.NAME + "': "
                    + keyType.getName());
        }
        int vacant = -1;
        for (int map = 0; map < count; map++) {
            if (isIntact(map) && name(map).equals(name)) {
                if (!isLike(map, type, clock, keyType)) {
                    if (left.hasLeft(map)) {
                        throw new IllegalArgumentException(
                                "map '" + name + "' is declared with " + words(type, clock, keyType)
                                        + ", but the kernel holds slots of it as " + words(map)
                                        + ": let them fire or drop them, or give the map another name");
                    }
                    write(map, name, type, clock, typeName);
                }
                return map;
            }
            if (vacant < 0 && left.isUnused(map)) {
                vacant = map;
            }
        }
        int map = count < Layout.DIRECTORY_RECORDS ? count : vacant;
        if (map < 0) {
            throw new IllegalArgumentException("map '" + name + "' does not fit: backend '" + KernelBackend.NAME
                    + "' holds at most " + Layout.DIRECTORY_RECORDS + " maps");
        }
        write(map, name, type, clock, typeName);
        count = Math.max(count, map + 1);
        INT.setVolatile(header, Layout.HEADER_MAP_COUNT, count);
        return map;
    }

    /** How many slots are left of maps that this application has not opened, by the maps' names. */
    Map<String, Integer> orphans() {
        Map<String, Integer> named = new LinkedHashMap<>();
        left.orphans()
                .forEach((map, slots) -> named.merge(
                        isIntact(map) ? name(map) : "number " + map + ", whose name is damaged", slots, Integer::sum));
        return named;
    }

    /** Whether a map's record is as it was written. */
    private boolean isIntact(int map) {
        return (short) SHORT.get(directory, Layout.directoryAt(map) + Layout.DIRECTORY_SEAL) == seal(map);
    }

    /** The checksum that a map's record is to have. */
    private short seal(int map) {
        byte[] record = directory
                .asSlice(Layout.directoryAt(map), Layout.DIRECTORY_BYTES)
                .toArray(ValueLayout.JAVA_BYTE);
        record[(int) Layout.DIRECTORY_SEAL] = 0;
        record[(int) Layout.DIRECTORY_SEAL + 1] = 0;
        CRC32C sum = new CRC32C();
        sum.update(record);
        return (short) (sum.getValue() ^ sum.getValue() >>> Short.SIZE);
    }

    private void write(int map, String name, SlotType type, SlotClock clock, byte[] typeName) {
        long at = Layout.directoryAt(map);
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8); // at most 100, as the spec demands
        BYTE.setVolatile(directory, at + Layout.DIRECTORY_KIND, Layout.KIND_UNUSED);
        BYTE.set(directory, at + Layout.DIRECTORY_CLOCK, (byte) clock.ordinal());
        text(at + Layout.DIRECTORY_NAME_LENGTH, at + Layout.DIRECTORY_NAME, nameBytes);
        text(at + Layout.DIRECTORY_TYPE_LENGTH, at + Layout.DIRECTORY_TYPE, typeName);
        BYTE.setVolatile(directory, at + Layout.DIRECTORY_KIND, kind(type));
        SHORT.setVolatile(directory, at + Layout.DIRECTORY_SEAL, seal(map));
    }

    private void text(long lengthAt, long at, byte[] bytes) {
        SHORT.set(directory, lengthAt, (short) bytes.length);
        MemorySegment.copy(bytes, 0, directory, ValueLayout.JAVA_BYTE, at, bytes.length);
    }

    private boolean isLike(int map, SlotType type, SlotClock clock, Class<?> keyType) {
        long at = Layout.directoryAt(map);
        return (byte) BYTE.get(directory, at + Layout.DIRECTORY_KIND) == kind(type)
                && (byte) BYTE.get(directory, at + Layout.DIRECTORY_CLOCK) == clock.ordinal()
                && typeName(map).equals(keyType.getName());
    }

    private String name(int map) {
        long at = Layout.directoryAt(map);
        return text(at + Layout.DIRECTORY_NAME_LENGTH, at + Layout.DIRECTORY_NAME, Layout.DIRECTORY_NAME_BYTES);
    }

    private String typeName(int map) {
        long at = Layout.directoryAt(map);
        return text(at + Layout.DIRECTORY_TYPE_LENGTH, at + Layout.DIRECTORY_TYPE, Layout.DIRECTORY_TYPE_BYTES);
    }

    private String text(long lengthAt, long at, int most) {
        int length = Math.min(most, (short) SHORT.get(directory, lengthAt) & 0xFFFF);
        return new String(directory.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private String words(int map) {
        long at = Layout.directoryAt(map);
        int clock = (byte) BYTE.get(directory, at + Layout.DIRECTORY_CLOCK);
        boolean timer = (byte) BYTE.get(directory, at + Layout.DIRECTORY_KIND) == Layout.KIND_TIMER;
        SlotClock[] clocks = SlotClock.values();
        return words(
                timer ? SlotType.TIMER : SlotType.WORK,
                clocks[Math.floorMod(clock, clocks.length)].name(),
                typeName(map));
    }

    private static String words(SlotType type, SlotClock clock, Class<?> keyType) {
        return words(type, clock.name(), keyType.getName());
    }

    private static String words(SlotType type, String clock, String keyType) {
        return "a " + type + " map on clock " + clock + " with keys of type " + keyType;
    }

    static byte kind(SlotType type) {
        return type == SlotType.TIMER ? Layout.KIND_TIMER : Layout.KIND_WORK;
    }
}

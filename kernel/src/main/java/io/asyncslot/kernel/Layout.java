package io.asyncslot.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What lies where in the memory that the engine shares with the program in the kernel: the same records as in
 * {@code asyncslot.bpf.c}, all little endian. A change that an older holder of a pinned memory would misread takes the
 * next {@link #VERSION}.
 */
public final class Layout {

    /** The first word of every header: "ASYNCSLT" as bytes. */
    public static final long MAGIC = 0x544C_5343_4E59_5341L;

    /** The version of everything in this class. */
    public static final int VERSION = 5;

    /** 8 bytes, coordinates (MemorySegment, long offset). */
    public static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** 4 bytes, coordinates (MemorySegment, long offset). */
    public static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** 2 bytes, coordinates (MemorySegment, long offset). */
    public static final VarHandle SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** 1 byte, coordinates (MemorySegment, long offset). */
    public static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

    // ---- header: one record

    /** Size of the header. */
    public static final int HEADER_BYTES = 4096;
    /** u64, {@link #MAGIC}. Written once, last, by whoever made the memory. */
    public static final long HEADER_MAGIC = 0;
    /** u32, {@link #VERSION}. */
    public static final long HEADER_VERSION = 8;
    /** u32, number of slots. */
    public static final long HEADER_CAPACITY = 12;
    /** u32, most bytes of a key. */
    public static final long HEADER_KEY_BYTES = 16;
    /** u32, how many records of the directory are used. Written by the holder. */
    public static final long HEADER_MAP_COUNT = 20;
    /**
     * s64[3], one for each SlotClock by ordinal: nanoseconds to add to CLOCK_MONOTONIC to get a reading of that clock.
     * Written by the holder; the kernel reads the first two, since CLOCK_BOOTTIME it can read itself.
     */
    public static final long HEADER_CLOCK_OFFSET = 24;
    /** u32, how often this memory was taken into use. Counted by the holder. */
    public static final long HEADER_ATTACHMENTS = 72;
    /**
     * u32, {@link #FLAG_CPU_PIN} or 0: for timers that set themselves again. Written by the holder, read by the kernel.
     */
    public static final long HEADER_FLAGS = 76;
    /** u32, the process that holds this memory, or the last that did. */
    public static final long HEADER_HOLDER_PID = 80;
    /** u64, when that process took it, milliseconds since 1970. */
    public static final long HEADER_HOLDER_STARTED = 88;
    /** char[160], who that is: UTF-8, ended by a zero. */
    public static final long HEADER_HOLDER = 96;
    /** Size of {@link #HEADER_HOLDER}. */
    public static final int HOLDER_BYTES = 160;

    /** char[64], which variant of the program this memory belongs to: UTF-8, ended by a zero. Written by the loader. */
    public static final long HEADER_PROGRAM = 256;
    /** Size of {@link #HEADER_PROGRAM}. */
    public static final int PROGRAM_BYTES = 64;

    /** u64, the highest generation of a slot that was freed. Raised by the holder. */
    public static final long HEADER_RETIRED = 320;

    /**
     * Until when, in nanoseconds of CLOCK_MONOTONIC, another process asks the holder to hand over; 0 or the past for nobody. The
     * kernel has no business with it.
     */
    public static final long HEADER_HAND_OVER_UNTIL = 512;

    /** u32, how many bytes a value may have; 0 if there is no room for values and shapes. Written by the loader. */
    public static final long HEADER_VALUE_BYTES = 520;

    /** u32, 1 if there is room for touches. Written by the loader. */
    public static final long HEADER_TOUCHABLE = 84;

    // Counted by the kernel, in a cache line of their own: each callback reads the clock offsets

    /** u64, how often an event did not fit into the ring. Counted by the kernel. */
    public static final long HEADER_RING_FULL = 576;
    /** u64, how many events were emitted. Counted by the kernel. */
    public static final long HEADER_FIRED = 584;
    /** u64, how often the kernel refused to start a timer or a work item. Counted by the kernel. */
    public static final long HEADER_START_FAILED = 592;
    /** u64, how often a timer set itself again because a touch had moved the deadline. Counted by the kernel. */
    public static final long HEADER_TOUCH_REARMS = 600;

    // ---- control: one record for each slot

    /** Size of a slot's record. */
    public static final int CONTROL_BYTES = 64;
    /** u64, the slot's StateWord.word, verbatim. Stored volatile by the engine, read by the kernel. */
    public static final long CONTROL_WORD = 0;
    /** u64, the slot's generation base. */
    public static final long CONTROL_GENERATION_BASE = 8;
    /** u64, the generation whose callback runs or ran last. Stored before RUNNING is in the word. */
    public static final long CONTROL_RUN_GENERATION = 16;
    /** u64, the deadline of that run, microseconds. Stored before RUNNING is in the word. */
    public static final long CONTROL_RUN_DEADLINE = 24;
    /** u32, the attempt of that run, from 1. Stored before RUNNING is in the word. */
    public static final long CONTROL_ATTEMPT = 32;
    /** u16, index into the directory plus 1; 0 if the record is unused. */
    public static final long CONTROL_MAP = 36;
    /** u8, ordinal of the map's SlotClock. Read by the kernel. */
    public static final long CONTROL_CLOCK = 38;
    /** u8, {@link #KIND_UNUSED}, {@link #KIND_TIMER} or {@link #KIND_WORK}. Read by the kernel. */
    public static final long CONTROL_KIND = 39;
    /** u64, when the kernel emitted the last event, nanoseconds of CLOCK_MONOTONIC. Written by the kernel. */
    public static final long CONTROL_KERNEL_FIRED_AT = 40;
    /** u32, how many events the kernel emitted for it. Written by the kernel. */
    public static final long CONTROL_FIRES = 48;
    /** u32, twice how often the ring had no room for its event; odd while the second try is to come. Written by the kernel. */
    public static final long CONTROL_RETRIES = 52;
    /** u64, when it was made: the order in which slots were created. */
    public static final long CONTROL_SEQUENCE = 56;

    /** Kind of a record: unused. */
    public static final byte KIND_UNUSED = 0;
    /** Kind of a record: a timer slot. */
    public static final byte KIND_TIMER = 1;
    /** Kind of a record: a work slot. */
    public static final byte KIND_WORK = 2;

    // ---- keys: one record for each slot

    /** u16, how many bytes the key has. */
    public static final long KEY_LENGTH = 0;
    /** u8, what kind of key it is: {@link KeyCodecs#number}. */
    public static final long KEY_TYPE = 2;
    /** u8, the record's kind once more, so that it can be told when the other is damaged. */
    public static final long KEY_KIND = 3;
    /** u32, checksum of the key and of what does not change in the control record; 0 if the record is unused. */
    public static final long KEY_SEAL = 4;
    /** The key's bytes. */
    public static final long KEY_DATA = 8;

    // ---- directory: one record for each map

    /** Number of maps there is room for. */
    public static final int DIRECTORY_RECORDS = 256;
    /** Size of a map's record. */
    public static final int DIRECTORY_BYTES = 256;
    /** u8, {@link #KIND_UNUSED}, {@link #KIND_TIMER} or {@link #KIND_WORK}. */
    public static final long DIRECTORY_KIND = 0;
    /** u8, ordinal of the map's SlotClock. */
    public static final long DIRECTORY_CLOCK = 1;
    /** u16, checksum of the rest of the record. */
    public static final long DIRECTORY_SEAL = 2;
    /** u16, length of the name in bytes. */
    public static final long DIRECTORY_NAME_LENGTH = 4;
    /** u16, length of the key type's name in bytes. */
    public static final long DIRECTORY_TYPE_LENGTH = 6;
    /** char[120], the map's name in UTF-8. */
    public static final long DIRECTORY_NAME = 8;
    /** Size of {@link #DIRECTORY_NAME}. */
    public static final int DIRECTORY_NAME_BYTES = 120;
    /** char[128], the key type's name in UTF-8. */
    public static final long DIRECTORY_TYPE = 128;
    /** Size of {@link #DIRECTORY_TYPE}. */
    public static final int DIRECTORY_TYPE_BYTES = 128;

    // ---- since: one record for each slot, where slots can be touched

    /** Size of a slot's record. */
    public static final int SINCE_BYTES = 32;
    /** u64, touches after this count, nanoseconds of CLOCK_MONOTONIC. Raised by the engine, read by the kernel. */
    public static final long SINCE_SINCE = 0;
    /** u64, how far a touch puts the slot off, nanoseconds; 0 if it cannot be touched. Read by the kernel. */
    public static final long SINCE_DELAY = 8;
    /** u64, the map's name as {@link #nameNumber}. Read by the kernel when the key is entered into the index. */
    public static final long SINCE_MAP = 16;

    // ---- touches: one record for each slot, where slots can be touched; all that others may write

    /** Size of a slot's record. */
    public static final int TOUCH_BYTES = 16;
    /** u64, when the slot was touched last, nanoseconds of CLOCK_MONOTONIC. Written by programs of others. */
    public static final long TOUCH_AT = 0;
    /** u64, {@link #CONTROL_SEQUENCE} plus 1, by which a program knows that it has the slot that it looked up. */
    public static final long TOUCH_INCARNATION = 8;
    /** A stamp that is further ahead of the clock than this is not a touch; nanoseconds. */
    public static final long TOUCH_AHEAD_NANOS = 1_000_000;

    /** Most bytes of a key that can be touched. */
    public static final int TOUCH_KEY_BYTES = 28;

    // ---- shapes: one record for each slot, where there is room for values; no program reads them

    /** Size of a slot's record: the number of its present version with a check (u64), then two versions. */
    public static final int SHAPE_BYTES = 256;
    /** Size of a version. */
    public static final int SHAPE_VERSION_BYTES = 120;
    /** u64, checksum of the rest of the version, and of the place. */
    public static final long SHAPE_SEAL = 0;
    /** u64, the version's number. */
    public static final long SHAPE_VERSION = 8;
    /** u64, {@link #CONTROL_SEQUENCE} of the slot. */
    public static final long SHAPE_INCARNATION = 16;
    /** u64, the slot's StateWord.word. */
    public static final long SHAPE_WORD = 24;
    /** u64, the slot's generation base. */
    public static final long SHAPE_BASE = 32;
    /** u64, the latest deadline of what is pending, microseconds. */
    public static final long SHAPE_LATEST = 40;
    /** u64, before when no run may begin, microseconds. */
    public static final long SHAPE_NOT_BEFORE = 48;
    /** u64, the number of the first pending value; 0 for none. */
    public static final long SHAPE_PENDING_FROM = 56;
    /** u64, the number of the last pending value. */
    public static final long SHAPE_PENDING_TO = 64;
    /** u64, the number of the first value of the run; 0 for none. */
    public static final long SHAPE_RUNNING_FROM = 72;
    /** u64, the number of the last value of the run. */
    public static final long SHAPE_RUNNING_TO = 80;
    /** u64, the number of the key's own schedule; 0 for none. */
    public static final long SHAPE_SCHEDULE = 88;
    /** u32, how many values are pending. */
    public static final long SHAPE_PENDING_COUNT = 96;
    /** u32, how many values the run was handed. */
    public static final long SHAPE_RUNNING_COUNT = 100;
    /** u32, how many of the pending values were handed to a former run. */
    public static final long SHAPE_HANDED_BEFORE = 104;
    /** u32, {@link #SHAPE_AGAIN} and {@link #SHAPE_PASSED_ON}. */
    public static final long SHAPE_FLAGS = 108;

    /** Flag of a shape: the pending run is a firing to be delivered again. */
    public static final int SHAPE_AGAIN = 1;
    /** Flag of a shape: the run has passed on its values. */
    public static final int SHAPE_PASSED_ON = 2;

    // ---- values: one record for each value; no program reads them

    /** u64, checksum of the rest, as far as it is used; 0 if it is free. */
    public static final long VALUE_SEAL = 0;
    /** u64, its place in the order in which the slot accepted values, from 1. */
    public static final long VALUE_NUMBER = 8;
    /** u64, {@link #CONTROL_SEQUENCE} of the slot. */
    public static final long VALUE_INCARNATION = 16;
    /** u32, the slot's index. */
    public static final long VALUE_PLACE = 24;
    /** u32, how many bytes it has. */
    public static final long VALUE_LENGTH = 28;
    /** The value's bytes. */
    public static final long VALUE_DATA = 32;

    private static final int LEAST_SPARE_VALUES = 64;
    private static final int SLOTS_PER_SPARE_VALUE = 16;

    // ---- commands

    /** Number of commands that one run executes at most. */
    public static final int COMMAND_RECORDS = 4096;
    /** Size of a command. */
    public static final int COMMAND_BYTES = 32;
    /** u32, the slot's index. */
    public static final long COMMAND_INDEX = 0;
    /** u16, one of the OP constants. */
    public static final long COMMAND_OP = 4;
    /** u8, ordinal of the SlotClock: BOOTTIME is measured on CLOCK_BOOTTIME, all else on CLOCK_MONOTONIC. */
    public static final long COMMAND_CLOCK = 6;
    /** u8, {@link #FLAG_CPU_PIN} or 0. */
    public static final long COMMAND_FLAGS = 7;
    /** u64, nanoseconds of CLOCK_MONOTONIC, or of CLOCK_BOOTTIME for a slot of that clock. */
    public static final long COMMAND_DEADLINE = 8;
    /** s32, written by the kernel: 0 or positive if done, else the negative error number. */
    public static final long COMMAND_RESULT = 16;
    /** s32, written by the kernel: what the init within a start returned; 1 if none was needed. */
    public static final long COMMAND_INIT_RESULT = 20;
    /** u64, spare. */
    public static final long COMMAND_SPARE = 24;

    /** Command: arm the slot's timer for the deadline, whatever it was before; init it first if need be. */
    public static final short OP_START = 1;
    /** Command: disarm the slot's timer; 1 if it was armed, 0 if not, -EINVAL if there is none. */
    public static final short OP_CANCEL = 2;
    /** Command: free the slot's timer and work item. */
    public static final short OP_FREE = 3;
    /** Command: queue the slot's work item; init it first if need be. */
    public static final short OP_WORK = 4;

    /** Command: enter the slot's key into the index by which programs of others find it; a free takes it out. */
    public static final short OP_INDEX = 5;

    /** Flag of {@link #OP_START}: stay on the CPU that runs the command; of the header: stay on the callback's. */
    public static final byte FLAG_CPU_PIN = 1;

    // ---- events

    /** Size of an event in the ring. */
    public static final int EVENT_BYTES = 24;
    /** u32, the slot's index. */
    public static final long EVENT_INDEX = 0;
    /** u32, {@link #KIND_TIMER} or {@link #KIND_WORK}: what called back. */
    public static final long EVENT_FLAGS = 4;
    /** u64, the slot's state word as the kernel saw it. */
    public static final long EVENT_WORD = 8;
    /** u64, nanoseconds of CLOCK_MONOTONIC. */
    public static final long EVENT_FIRED_AT = 16;

    private Layout() {}

    /**
     * Where a slot's control record begins.
     *
     * @param index the slot's index
     * @return the offset in {@link KernelPort#control}
     */
    public static long controlAt(int index) {
        return (long) index * CONTROL_BYTES;
    }

    /**
     * The size of a key record.
     *
     * @param keyBytes the most bytes of a key
     * @return the record's size, a multiple of 8
     */
    public static int keyRecordBytes(int keyBytes) {
        return (int) KEY_DATA + (keyBytes + 7 & ~7);
    }

    /**
     * Where a slot's key record begins.
     *
     * @param index the slot's index
     * @param keyBytes the most bytes of a key
     * @return the offset in {@link KernelPort#keys}
     */
    public static long keyAt(int index, int keyBytes) {
        return (long) index * keyRecordBytes(keyBytes);
    }

    /**
     * Where a map's record begins.
     *
     * @param map the map's index, from 0
     * @return the offset in {@link KernelPort#directory}
     */
    public static long directoryAt(int map) {
        return (long) map * DIRECTORY_BYTES;
    }

    /**
     * Where a slot's since record begins.
     *
     * @param index the slot's index
     * @return the offset in {@link KernelPort#since}
     */
    public static long sinceAt(int index) {
        return (long) index * SINCE_BYTES;
    }

    /**
     * Where a slot's touch record begins.
     *
     * @param index the slot's index
     * @return the offset in {@link KernelPort#touches}
     */
    public static long touchAt(int index) {
        return (long) index * TOUCH_BYTES;
    }

    /**
     * Where a slot's shape record begins.
     *
     * @param index the slot's index
     * @return the offset in {@link KernelPort#shapes}
     */
    public static long shapeAt(int index) {
        return (long) index * SHAPE_BYTES;
    }

    /**
     * Where a version of a slot's shape begins.
     *
     * @param index the slot's index
     * @param version its number
     * @return the offset in {@link KernelPort#shapes}
     */
    public static long versionAt(int index, long version) {
        return shapeAt(index) + Long.BYTES + (version & 1) * SHAPE_VERSION_BYTES;
    }

    /**
     * How many values there is room for: one a slot, and some for values that are about to replace another.
     *
     * @param capacity number of slots
     * @return the number of records in {@link KernelPort#values}
     */
    public static int valueEntries(int capacity) {
        return capacity + Math.max(LEAST_SPARE_VALUES, capacity / SLOTS_PER_SPARE_VALUE);
    }

    /**
     * The size of a value's record.
     *
     * @param valueBytes the most bytes of a value
     * @return the record's size, a multiple of 8
     */
    public static int valueRecordBytes(int valueBytes) {
        return (int) VALUE_DATA + (valueBytes + 7 & ~7);
    }

    /**
     * Where a value's record begins.
     *
     * @param entry which, from 0
     * @param valueBytes the most bytes of a value
     * @return the offset in {@link KernelPort#values}
     */
    public static long valueAt(int entry, int valueBytes) {
        return (long) entry * valueRecordBytes(valueBytes);
    }

    /**
     * A map's name as a number: FNV-1a of its UTF-8 bytes, as {@code asyncslot_map} in {@code asyncslot.bpf.h}.
     *
     * @param name the name
     * @return the number
     */
    public static long nameNumber(String name) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ each & 0xFF) * 0x100000001b3L;
        }
        return hash;
    }

    /**
     * Where a command begins.
     *
     * @param command which, from 0
     * @return the offset in {@link KernelPort#commands}
     */
    public static long commandAt(int command) {
        return (long) command * COMMAND_BYTES;
    }

    /**
     * Writes the header of a memory that nobody uses yet, the magic last.
     *
     * @param header the header, all zero
     * @param capacity number of slots
     * @param keyBytes most bytes of a key
     * @param touchable whether there is room for touches
     * @param valueBytes most bytes of a value; 0 if there is no room for values
     * @param program which variant of the program the memory belongs to
     */
    public static void initHeader(
            MemorySegment header, int capacity, int keyBytes, boolean touchable, int valueBytes, String program) {
        INT.set(header, HEADER_VERSION, VERSION);
        INT.set(header, HEADER_CAPACITY, capacity);
        INT.set(header, HEADER_KEY_BYTES, keyBytes);
        INT.set(header, HEADER_TOUCHABLE, touchable ? 1 : 0);
        INT.set(header, HEADER_VALUE_BYTES, valueBytes);
        putText(header, HEADER_PROGRAM, PROGRAM_BYTES, program);
        LONG.setVolatile(header, HEADER_MAGIC, MAGIC);
    }

    /**
     * Writes a text that ends with a zero; a text that is too long is cut off.
     *
     * @param segment where to
     * @param offset where it begins
     * @param size how many bytes there are, the zero included
     * @param text the text
     */
    public static void putText(MemorySegment segment, long offset, int size, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, size - 1);
        while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
            length--; // not in the middle of a character
        }
        segment.asSlice(offset, size).fill((byte) 0);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, length);
    }

    /**
     * Reads a text that ends with a zero.
     *
     * @param segment where from
     * @param offset where it begins
     * @param size how many bytes there are at most
     * @return the text
     */
    public static String text(MemorySegment segment, long offset, int size) {
        byte[] bytes = segment.asSlice(offset, size).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < size && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Clears a whole number of longs, which takes no heap. */
    static void zero(MemorySegment memory, long from, long bytes) {
        for (long at = from; at < from + bytes; at += Long.BYTES) {
            LONG.set(memory, at, 0L);
        }
    }
}

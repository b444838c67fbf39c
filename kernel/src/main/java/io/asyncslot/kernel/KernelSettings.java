package io.asyncslot.kernel;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The room to make in the kernel, and the place to pin it.
 *
 * @param capacity the maximum number of slots; a pinned memory keeps the capacity that it was created with
 * @param keyBytes the maximum size of a serialised key in bytes; a pinned memory keeps the size that it was created
 *     with
 * @param ringBytes the size of the event ring in bytes, a power of two and a multiple of the page size; a pinned memory
 *     keeps the size that it was created with
 * @param pinPath a directory in bpffs; null for a memory that ends with this process
 * @param holder the name of the process that uses it, for messages to others that want the same pin path
 * @param touchable whether to make room for touches by BPF programs of others; a pinned memory keeps this choice
 * @param valueBytes the maximum size in bytes of a value that a slot carries, or of a key's own schedule; 0 to make
 *     room neither for these nor for any properties of slots besides deadlines. A pinned memory keeps the size that it
 *     was created with; slots that end with the process need no such room
 */
public record KernelSettings(
        int capacity,
        int keyBytes,
        int ringBytes,
        @Nullable Path pinPath,
        String holder,
        boolean touchable,
        int valueBytes) {

    /** The default capacity. */
    public static final int DEFAULT_CAPACITY = 65_536;

    /** The default maximum size of keys, in bytes. */
    public static final int DEFAULT_KEY_BYTES = 120;

    /** The largest capacity. */
    public static final int MAX_CAPACITY = 1 << 24;

    /** The largest maximum size of keys, in bytes. */
    public static final int MAX_KEY_BYTES = 4_096;

    /** The default maximum size of values in a pinned memory, in bytes. */
    public static final int DEFAULT_VALUE_BYTES = 512;

    /** The largest maximum size of values, in bytes. */
    public static final int MAX_VALUE_BYTES = 65_536;

    private static final int MIN_RING_BYTES = 65_536;
    private static final int MAX_RING_BYTES = 16 << 20;
    private static final int RING_BYTES_PER_SLOT = 32;

    /** Checks the values. */
    public KernelSettings {
        if (capacity < 1 || capacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("capacity is " + capacity + ", but must be from 1 to " + MAX_CAPACITY);
        }
        if (keyBytes < 8 || keyBytes > MAX_KEY_BYTES) {
            throw new IllegalArgumentException("keyBytes is " + keyBytes + ", but must be from 8 to " + MAX_KEY_BYTES);
        }
        if (valueBytes < 0 || valueBytes > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(
                    "valueBytes is " + valueBytes + ", but must be from 0 to " + MAX_VALUE_BYTES);
        }
        if (ringBytes < 4_096 || Integer.bitCount(ringBytes) != 1) {
            throw new IllegalArgumentException(
                    "ringBytes is " + ringBytes + ", but must be a power of two and at least 4096");
        }
        if (pinPath != null && !pinPath.isAbsolute()) {
            throw new IllegalArgumentException("pinPath is '" + pinPath + "', but must be absolute");
        }
    }

    /**
     * Settings without room for touches, and with the usual room for values if they are pinned.
     *
     * @param capacity how many slots there is room for
     * @param keyBytes the most bytes of a key
     * @param ringBytes the size of the event ring
     * @param pinPath a directory in bpffs, or null
     * @param holder who uses it
     */
    public KernelSettings(int capacity, int keyBytes, int ringBytes, @Nullable Path pinPath, String holder) {
        this(capacity, keyBytes, ringBytes, pinPath, holder, false, pinPath == null ? 0 : DEFAULT_VALUE_BYTES);
    }

    /**
     * These settings, with or without room for touches.
     *
     * @param value whether to make it
     * @return the settings
     */
    public KernelSettings touchable(boolean value) {
        return new KernelSettings(capacity, keyBytes, ringBytes, pinPath, holder, value, valueBytes);
    }

    /**
     * These settings, with other room for values.
     *
     * @param bytes the most bytes of a value; 0 for no room
     * @return the settings
     */
    public KernelSettings valueBytes(int bytes) {
        return new KernelSettings(capacity, keyBytes, ringBytes, pinPath, holder, touchable, bytes);
    }

    /**
     * Default settings: a ring with room for one event per slot, within limits.
     *
     * @param capacity how many slots there is room for
     * @param keyBytes the most bytes of a key
     * @param pinPath a directory in bpffs, or null
     * @param holder who uses it
     * @return the settings
     */
    public static KernelSettings of(int capacity, int keyBytes, @Nullable Path pinPath, String holder) {
        return new KernelSettings(capacity, keyBytes, ringBytesFor(capacity), pinPath, holder);
    }

    private static int ringBytesFor(int capacity) {
        long wanted = Math.clamp((long) capacity * RING_BYTES_PER_SLOT, MIN_RING_BYTES, MAX_RING_BYTES);
        return (int) Math.min(MAX_RING_BYTES, Long.highestOneBit(2 * wanted - 1));
    }
}

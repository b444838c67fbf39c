package io.asyncslot.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The values that a pending run is to be handed, where a map collects them. Guarded by the monitor of its slot.
 *
 * <p>Chunks of 4, 8, 16 and so on places: nothing is copied when more are needed, and a place is written once. So the lists that
 * are handed out share the chunks. A collector that continues a list takes the places behind it, and there is one such
 * collector at most: what is handed out and comes back comes back once.
 */
final class ValueCollector {

    private static final int FIRST = 4;
    private static final int FIRST_BITS = Integer.numberOfTrailingZeros(FIRST);

    private @Nullable Object[][] chunks;
    private int size;

    ValueCollector() {
        this(new @Nullable Object[4][], 0);
    }

    ValueCollector(@Nullable Object[][] chunks, int size) {
        this.chunks = chunks;
        this.size = size;
    }

    /** The chunk that holds a value: its capacity is {@code FIRST << chunk}. */
    static int chunk(int index) {
        return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(index + FIRST) - FIRST_BITS;
    }

    /** Where in its chunk a value is. */
    static int place(int index, int chunk) {
        return index + FIRST - (FIRST << chunk);
    }

    int size() {
        return size;
    }

    /** Makes room for one more value; what needs room on the heap is done here, and nothing has changed to be seen. */
    void reserve() {
        int chunk = chunk(size);
        if (chunk == chunks.length) {
            chunks = Arrays.copyOf(chunks, 2 * chunk);
        }
        if (chunks[chunk] == null) {
            chunks[chunk] = new @Nullable Object[FIRST << chunk];
        }
    }

    /** Adds a value for which there is room. */
    void add(Object value) {
        int chunk = chunk(size);
        chunks[chunk][place(size, chunk)] = value;
        size++;
    }

    /** A value as it was added. */
    @Nullable
    Object get(int index) {
        int chunk = chunk(index);
        return chunks[chunk][place(index, chunk)];
    }

    ValueList list() {
        return new ValueList(chunks, size);
    }
}

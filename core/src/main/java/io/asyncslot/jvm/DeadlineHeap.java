package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Slots by the time they are to be looked at: a 4-ary heap, keys beside the slots, each slot knowing its place. Not
 * thread-safe: the timer thread's own.
 */
final class DeadlineHeap {

    private static final int FIRST_CAPACITY = 64;
    private static final int ARITY_SHIFT = 2;

    private long[] keys = new long[FIRST_CAPACITY];
    private @Nullable ControlBlock<?>[] blocks = new ControlBlock<?>[FIRST_CAPACITY];
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The least key; only when not empty. */
    long minKey() {
        return keys[0];
    }

    /** Makes room for some more, so that {@link #insert} cannot fail. */
    void reserve(int more) {
        if (size + more > keys.length) {
            int capacity = Math.max(size + more, keys.length + (keys.length >> 1));
            long[] moreKeys = Arrays.copyOf(keys, capacity);
            blocks = Arrays.copyOf(blocks, capacity);
            keys = moreKeys;
        }
    }

    void insert(ControlBlock<?> block, long key) {
        reserve(1);
        siftUp(size++, block, key);
    }

    /** Removes and answers the slot with the least key; only when not empty. */
    ControlBlock<?> removeMin() {
        ControlBlock<?> block = at(0);
        removeAt(0);
        return block;
    }

    /** Removes a slot that is in the heap. */
    void remove(ControlBlock<?> block) {
        removeAt(block.position());
    }

    private void removeAt(int place) {
        at(place).position(-1);
        int last = --size;
        ControlBlock<?> moved = at(last);
        long key = keys[last];
        blocks[last] = null;
        if (place != last) {
            if (place > 0 && key < keys[place - 1 >> ARITY_SHIFT]) {
                siftUp(place, moved, key);
            } else {
                siftDown(place, moved, key);
            }
        }
    }

    private void siftUp(int from, ControlBlock<?> block, long key) {
        int place = from;
        while (place > 0) {
            int parent = place - 1 >> ARITY_SHIFT;
            if (key >= keys[parent]) {
                break;
            }
            put(place, at(parent), keys[parent]);
            place = parent;
        }
        put(place, block, key);
    }

    private void siftDown(int from, ControlBlock<?> block, long key) {
        int place = from;
        for (; ; ) {
            int child = (place << ARITY_SHIFT) + 1;
            if (child >= size) {
                break;
            }
            int least = child;
            for (int end = Math.min(child + 4, size), other = child + 1; other < end; other++) {
                if (keys[other] < keys[least]) {
                    least = other;
                }
            }
            if (key <= keys[least]) {
                break;
            }
            put(place, at(least), keys[least]);
            place = least;
        }
        put(place, block, key);
    }

    private void put(int place, ControlBlock<?> block, long key) {
        blocks[place] = block;
        keys[place] = key;
        block.position(place);
    }

    private ControlBlock<?> at(int place) {
        ControlBlock<?> block = blocks[place];
        if (block == null) {
            throw new IllegalStateException("no slot at " + place + " of " + size);
        }
        return block;
    }
}

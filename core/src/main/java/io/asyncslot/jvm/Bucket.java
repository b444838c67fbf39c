package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Slots whose deadlines lie in one span of time, in no order; each knows its place. Not thread-safe. */
final class Bucket {

    private static final int FIRST_CAPACITY = 4;

    /** An emptied bucket keeps room for this many. */
    private static final int KEPT_CAPACITY = 64;

    private @Nullable ControlBlock<?>[] blocks = new ControlBlock<?>[FIRST_CAPACITY];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Adds a slot and answers its place. */
    int add(ControlBlock<?> block) {
        if (size == blocks.length) {
            blocks = Arrays.copyOf(blocks, size + (size >> 1));
        }
        blocks[size] = block;
        return size++;
    }

    /** Takes the slot at a place out, and answers the one that was moved there in its stead, if any. */
    @Nullable
    ControlBlock<?> remove(int place) {
        ControlBlock<?> moved = blocks[--size];
        blocks[size] = null;
        if (place == size) {
            return null;
        }
        blocks[place] = moved;
        return moved;
    }

    private void shrink() {
        try {
            blocks = new ControlBlock<?>[FIRST_CAPACITY];
        } catch (OutOfMemoryError e) {
            // one that is larger than need be serves as well; and what was moved out must not be lost
        }
    }

    /** Moves some slots out, from the end; answers how many. */
    int drainTo(@Nullable ControlBlock<?>[] target) {
        int count = Math.min(size, target.length);
        for (int i = 0; i < count; i++) {
            target[i] = blocks[--size];
            blocks[size] = null;
        }
        if (size == 0 && blocks.length > KEPT_CAPACITY) {
            shrink();
        }
        return count;
    }
}

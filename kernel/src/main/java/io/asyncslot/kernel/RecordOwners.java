package io.asyncslot.kernel;

import io.asyncslot.core.ControlBlock;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Which slot of this process has which record, as the heap knows it, whatever the shared memory says. Thread-safe. */
final class RecordOwners {

    /** Whose record it is. Set before the slot is published, cleared with the engine's lock; volatile. */
    private final AtomicReferenceArray<@Nullable ControlBlock<?>> blocks;

    /** What does not change in a record of this process: map + 1, clock and kind. Set before the slot is published. */
    private final AtomicIntegerArray fixed;

    /** No slot of this process has had a record from here on. Any thread raises it. */
    private final AtomicInteger end = new AtomicInteger();

    RecordOwners(int capacity) {
        this.blocks = new AtomicReferenceArray<>(capacity);
        this.fixed = new AtomicIntegerArray(capacity);
    }

    /** A slot has a record, which says that of what does not change. */
    void own(int place, ControlBlock<?> block, int says) {
        fixed.set(place, says);
        if (end.get() <= place) {
            end.accumulateAndGet(place + 1, Math::max);
        }
        blocks.set(place, block);
    }

    /** A slot that has let go of its record has it again: nothing of that changed meanwhile. */
    void ownAgain(int place, ControlBlock<?> block) {
        blocks.set(place, block);
    }

    void letGo(int place) {
        blocks.set(place, null);
    }

    /** The slot that has a record; null when none has. */
    @Nullable
    ControlBlock<?> owner(int place) {
        return place < 0 || place >= blocks.length() ? null : blocks.get(place);
    }

    /** What does not change in the record of a slot of this process. */
    int fixed(int place) {
        return fixed.get(place);
    }

    /** The map of a slot of this process. */
    int map(int place) {
        return (fixed.get(place) & 0xFFFF) - 1;
    }

    /** No slot of this process has a record from here on. */
    int end() {
        return end.get();
    }
}

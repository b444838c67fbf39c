package io.asyncslot.kernel;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Slots in custody WORKER that are to be handed over. The poller's own; some are added with the engine's lock. */
final class DueSlots {

    /** Takes back a slot that was not passed on. */
    private final Consumer<ControlBlock<?>> takeBack;

    private @Nullable ControlBlock<?>[] slots = new ControlBlock<?>[256];
    private int count;

    /** How many of them have been handed over, or failed. */
    private int handedOver;

    DueSlots(Consumer<ControlBlock<?>> takeBack) {
        this.takeBack = takeBack;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Makes room for one more, which {@link #add} then does not need the heap for. */
    void makeRoom() {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, 2 * count);
        }
    }

    void add(ControlBlock<?> block) {
        block.promise(Custody.WORKER);
        slots[count++] = block;
    }

    /** Hands over what is there, without the lock. Does not go back to one that it failed with. */
    boolean handOver() {
        boolean any = count != 0;
        while (handedOver < count) {
            ControlBlock<?> block = slots[handedOver];
            slots[handedOver++] = null;
            if (block != null) {
                handOver(block);
            }
        }
        count = 0;
        handedOver = 0;
        return any;
    }

    /** Hands over a slot; one that is not passed on comes back, whatever happened. */
    private void handOver(ControlBlock<?> block) {
        boolean passed = false;
        try {
            passed = block.expire();
        } finally {
            if (!passed) {
                takeBack.accept(block);
            }
        }
    }
}

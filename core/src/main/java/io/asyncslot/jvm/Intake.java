package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Where operations leave slots for the timer thread: striped stacks whose links are in the slots themselves. Any
 * thread pushes, by one CAS; one thread takes a whole stack, by one exchange. Because the owner of the inbox claim is
 * the only one to push a slot, and a stack is only ever taken whole, there is no ABA.
 */
final class Intake {

    private static final int MAX_STRIPES = 16;
    /** Stripes are this many references apart, so that they do not share a cache line. */
    private static final int SPACING = 32;

    private final int mask;
    private final AtomicReferenceArray<@Nullable Custody> heads;

    Intake(int processors) {
        int stripes = Math.min(MAX_STRIPES, Integer.highestOneBit(Math.max(1, processors) * 2 - 1) * 2);
        this.mask = stripes - 1;
        this.heads = new AtomicReferenceArray<>((stripes + 1) * SPACING);
    }

    int stripes() {
        return mask + 1;
    }

    /** Pushes a slot whose inbox claim the caller owns; answers how many are in its stack now. */
    int push(ControlBlock<?> block) {
        int at = at((int) Thread.currentThread().getId() & mask);
        for (; ; ) {
            Custody head = heads.get(at);
            int depth = head == null ? 1 : head.depth() + 1;
            block.chain(head);
            block.depth(depth);
            if (heads.compareAndSet(at, head, block)) {
                return depth;
            }
        }
    }

    /** Takes all of one stack, in arrival order; null when it is empty. */
    @Nullable
    Custody takeAll(int stripe) {
        if (heads.get(at(stripe)) == null) {
            return null;
        }
        Custody reversed = null;
        Custody next = heads.getAndSet(at(stripe), null);
        while (next != null) {
            Custody following = next.chain();
            next.chain(reversed);
            reversed = next;
            next = following;
        }
        return reversed;
    }

    boolean isEmpty() {
        for (int stripe = 0; stripe <= mask; stripe++) {
            if (heads.get(at(stripe)) != null) {
                return false;
            }
        }
        return true;
    }

    private static int at(int stripe) {
        return (stripe + 1) * SPACING;
    }
}

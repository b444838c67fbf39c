package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import org.jspecify.annotations.Nullable;

/**
 * Where operations leave slots for the driver: some stripes, each a queue of {@link IntakeChunk}s. Any thread pushes and
 * withdraws, one thread takes; none ever waits for another.
 */
final class Intake {

    private static final int MAX_STRIPES = 16;

    private final Stripe[] stripes;

    Intake(int processors) {
        int count = Math.min(MAX_STRIPES, Integer.highestOneBit(Math.max(1, processors) * 2 - 1) * 2);
        this.stripes = new Stripe[count];
        for (int i = 0; i < count; i++) {
            stripes[i] = new Stripe();
        }
    }

    int stripes() {
        return stripes.length;
    }

    /**
     * Pushes a slot whose inbox claim the caller owns.
     *
     * @return whether the chunk is full now, so that the driver had better take it
     */
    boolean push(ControlBlock<?> block) {
        int number = (int) Thread.currentThread().getId() & stripes.length - 1;
        Stripe stripe = stripes[number];
        for (; ; ) {
            IntakeChunk chunk = stripe.tail;
            int at = chunk.claim();
            if (at >= IntakeChunk.CELLS) {
                stripe.tail = chunk.successor(); // may step back for a moment, to chunks that are full
                continue;
            }
            block.cell(cell(number, at));
            if (chunk.put(at, block)) {
                return at == IntakeChunk.CELLS - 1;
            }
        }
    }

    /**
     * Takes a slot's command out again, if it is in the newest chunk of its stripe.
     *
     * @return whether the caller has taken it out, and with it owns its inbox claim and its reference
     */
    boolean withdraw(ControlBlock<?> block) {
        int cell = block.cell();
        if (cell < cell(0, 0)) {
            return false;
        }
        IntakeChunk chunk = stripes[cell / IntakeChunk.CELLS - 1].tail;
        return chunk.withdraw(cell % IntakeChunk.CELLS, block);
    }

    /** Takes the oldest slot of one stripe; null when there is none. For the driver. */
    @Nullable
    ControlBlock<?> take(int stripe) {
        return stripes[stripe].take();
    }

    boolean isEmpty() {
        for (Stripe stripe : stripes) {
            if (!stripe.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static int cell(int stripe, int at) {
        return (stripe + 1) * IntakeChunk.CELLS + at;
    }

    /** One queue. */
    private static final class Stripe {

        /** Where to push; lags behind at times. Any thread; volatile. */
        private volatile IntakeChunk tail = new IntakeChunk();

        /** Where to take. The driver's own. */
        private IntakeChunk head = tail;

        @Nullable
        ControlBlock<?> take() {
            for (; ; ) {
                ControlBlock<?> block = head.take();
                if (block != null) {
                    return block;
                }
                IntakeChunk next = head.isUsedUp() ? head.next() : null;
                if (next == null) {
                    return null;
                }
                head = next;
            }
        }

        boolean isEmpty() {
            return head.isEmpty() && (!head.isUsedUp() || head.next() == null);
        }
    }
}

package io.asyncslot.jvm;

import io.asyncslot.core.ControlBlock;
import org.jspecify.annotations.Nullable;

/**
 * Where operations leave slots for the driver: some stripes, each a queue of {@link IntakeChunk}s. Any thread pushes and
 * withdraws, one thread takes; none ever waits for another. The driver may leave the newest cells alone: what is withdrawn
 * from them has cost it nothing.
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
                IntakeChunk next = chunk.successor();
                stripe.former = chunk;
                stripe.tail = next; // may step back for a moment, to chunks that are full
                continue;
            }
            block.cell(cell(number, at));
            if (chunk.put(at, block)) {
                return at == IntakeChunk.CELLS - 1;
            }
        }
    }

    /**
     * Takes a slot's command out again, if it is in one of the two newest chunks of its stripe.
     *
     * @return whether the caller has taken it out, and with it owns its inbox claim and its reference
     */
    boolean withdraw(ControlBlock<?> block) {
        int cell = block.cell();
        if (cell < cell(0, 0)) {
            return false;
        }
        Stripe stripe = stripes[cell / IntakeChunk.CELLS - 1];
        int at = cell % IntakeChunk.CELLS;
        return stripe.tail.withdraw(at, block) || stripe.former.withdraw(at, block);
    }

    /** Takes the oldest slot of one stripe; null when there is none. For the driver. */
    @Nullable
    ControlBlock<?> take(int stripe) {
        return stripes[stripe].take(true);
    }

    /** As {@link #take}, but leaves alone what is newer than the last chunk but one that is full. */
    @Nullable
    ControlBlock<?> takeOld(int stripe) {
        return stripes[stripe].take(false);
    }

    /** Whether {@link #takeOld} has something to look at. For the driver. */
    boolean hasOld() {
        for (Stripe stripe : stripes) {
            if (stripe.isBehind()) {
                return true;
            }
        }
        return false;
    }

    /** Whether there are more than so many commands, withdrawn ones included, in the oldest chunks. For the driver. */
    boolean holdsMoreThan(int count) {
        int sum = 0;
        for (Stripe stripe : stripes) {
            sum += stripe.head.backlog();
        }
        return sum > count;
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

        /** The chunk before that one, or another one that was: a hint. By who moves the tail on; volatile. */
        private volatile IntakeChunk former = tail;

        /** Where to take. The driver's own. */
        private IntakeChunk head = tail;

        /** Whether there is a full chunk behind the one to take from. */
        boolean isBehind() {
            IntakeChunk next = head.next();
            return next != null && next.isFull();
        }

        @Nullable
        ControlBlock<?> take(boolean newest) {
            while (newest || isBehind()) {
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
            return null;
        }

        boolean isEmpty() {
            return head.isEmpty() && (!head.isUsedUp() || head.next() == null);
        }
    }
}

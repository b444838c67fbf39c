package io.asyncslot.core;

import io.asyncslot.backend.Micros;
import io.asyncslot.core.RunQueue.Bundle;
import org.jspecify.annotations.Nullable;

/**
 * Slots that a timekeeper's thread has found due in one go, on their way to an executor that takes several as one task. Owned by
 * that thread.
 *
 * <p>A callback that takes long must not hold up those behind it in its bundle: so the thread looks at its bundles again, and
 * what one still holds that had begun at the look before is handed over slot by slot. So is one that the executor has lost.
 */
public final class Gathered implements RunQueue.Gathering {

    /** How many are gathered at the most. */
    public static final int MOST = 64;

    /** The time between two looks. */
    static final long PATIENCE_MICROS = 200;

    /** The same while bundles wait for a thread of the executor: it doubles up to this. */
    private static final long LONGEST_MICROS = 32_000;

    private final Scrubber scrubber;
    private final @Nullable ControlBlock<?>[] slots = new ControlBlock<?>[MOST];
    private int count;
    private int handedOver;

    /** Of all that are in it: a timekeeper has one. */
    private @Nullable RunQueue queue;

    /** The bundles that may hold something still, in the order in which they were handed over. */
    private @Nullable Bundle first;

    private @Nullable Bundle last;
    private long pause = PATIENCE_MICROS;
    private long nextLook = Micros.NEVER;

    /**
     * Makes one with nothing in it.
     *
     * @param scrubber of the same timekeeper
     */
    public Gathered(Scrubber scrubber) {
        this.scrubber = scrubber;
    }

    /** To be passed on by the next {@link #handOver}; at most {@link #MOST}. */
    @Override
    public void add(ControlBlock<?> slot, RunQueue itsQueue) {
        queue = itsQueue;
        slots[count++] = slot;
    }

    /**
     * Tells whether there is nothing to hand over.
     *
     * @return whether it is empty
     */
    public boolean isEmpty() {
        return count == 0;
    }

    /**
     * Hands over what was gathered. When it fails, the next call goes on with what is left.
     *
     * @param now monotonic microseconds
     */
    public void handOver(long now) {
        RunQueue its = queue;
        if (count == 0 || its == null) {
            return;
        }
        StackRoom.check();
        Bundle bundle = count - handedOver < 2 ? null : its.offerTogether(slots, handedOver, count);
        if (bundle == null) {
            while (handedOver < count) {
                ControlBlock<?> slot = slots[handedOver];
                slots[handedOver++] = null;
                if (slot != null) {
                    its.offer(slot);
                }
            }
        } else if (last == null) {
            first = bundle;
            pause = PATIENCE_MICROS;
            nextLook = now + pause;
        } else {
            last.next = bundle;
        }
        if (bundle != null) {
            last = bundle;
        }
        count = 0;
        handedOver = 0;
    }

    /**
     * When to look again.
     *
     * @return monotonic microseconds; {@link Micros#NEVER} for no such time
     */
    public long nextLook() {
        return nextLook;
    }

    /**
     * Looks at the bundles if it is time to.
     *
     * @param now monotonic microseconds
     */
    public void look(long now) {
        if (now < nextLook) {
            return;
        }
        Bundle begun = null; // the last one of those that have been reached and go on
        Bundle bundle = first;
        while (bundle != null && bundle.isReached()) {
            if (bundle.isSlow()) {
                handOverRest(bundle);
            }
            if (!bundle.isTaken()) {
                begun = bundle;
            } else if (begun == null) {
                first = bundle.next;
            } else {
                begun.next = bundle.next;
            }
            bundle = bundle.next;
        }
        if (begun == null) {
            while (bundle != null && bundle.isGone()) { // recalled: nobody need come by it
                bundle = bundle.next;
            }
            first = bundle;
        }
        if (bundle == null) {
            last = begun;
        }
        pause = bundle != null && begun == null ? Math.min(2 * pause, LONGEST_MICROS) : PATIENCE_MICROS;
        nextLook = first == null ? Micros.NEVER : now + pause;
    }

    private void handOverRest(Bundle bundle) {
        RunQueue its = queue;
        for (ControlBlock<?> slot = bundle.take(); slot != null && its != null; slot = bundle.take()) {
            if (its.takeBack(slot, Custody.WORKER)) {
                scrubber.handedOverAnew(slot);
                its.offer(slot);
            }
        }
    }
}

package io.asyncslot.kernel;

import io.asyncslot.SlotClock;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.Scrubber;
import io.asyncslot.spi.Ticker;

/**
 * The engine's own queue: slots that it must look at by itself, by clock and deadline. Owns {@link LocalDeadlines}. Not
 * thread-safe: used with the engine's lock.
 */
final class OwnDeadlines {

    private static final SlotClock[] CLOCKS = SlotClock.values();

    private final Ticker ticker;
    private final Scrubber scrubber;
    private final LocalDeadlines[] byClock = new LocalDeadlines[CLOCKS.length];

    /** Whether something was held since {@link #takeChanged}: the engine may have to look earlier than it knew. */
    private boolean changed;

    OwnDeadlines(Ticker ticker, int capacity, Scrubber scrubber) {
        this.ticker = ticker;
        this.scrubber = scrubber;
        LocalDeadlines.Entry[] entries = new LocalDeadlines.Entry[capacity];
        for (int i = 0; i < byClock.length; i++) {
            byClock[i] = new LocalDeadlines(entries);
        }
    }

    /** Puts a slot into the queue, in place of what was held of it. */
    void hold(ControlBlock<?> block, long at) {
        byClock[block.clock().ordinal()].hold(block, at);
        changed = true;
    }

    /** Takes the slot of a record out of the queue, if it is there. */
    void letGo(int place) {
        byClock[0].letGo(place); // of whichever clock it is
    }

    boolean isHeld(int place) {
        return byClock[0].isHeld(place);
    }

    /** Takes out each slot whose time has come, and has it looked at. */
    void takeDue(SlotLooks looks) {
        for (SlotClock clock : CLOCKS) {
            LocalDeadlines slots = byClock[clock.ordinal()];
            long now = Micros.floor(ticker.nanos(clock));
            for (ControlBlock<?> block = slots.take(now); block != null; block = slots.take(now)) {
                looks.look(block);
            }
        }
    }

    /** Something failed with a slot in our custody: it is in nobody's hands, if no worker has it, and will be found there. */
    void giveUp(ControlBlock<?> block) {
        scrubber.strayed();
        if (!Custody.isWorkers(block.lookAt())) {
            block.promise(Custody.NOBODY);
            letGo(block.position());
        }
    }

    /** When to look at the first, in monotonic microseconds; {@link Micros#NEVER} when nothing is held. */
    long next(long monotonicNow) {
        long next = Micros.NEVER;
        for (SlotClock clock : CLOCKS) {
            long at = byClock[clock.ordinal()].next();
            if (at != Micros.NEVER) {
                next = Math.min(next, monotonicNow + Math.max(0, at - Micros.floor(ticker.nanos(clock))));
            }
        }
        return next;
    }

    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    int size() {
        int size = 0;
        for (LocalDeadlines slots : byClock) {
            size += slots.size();
        }
        return size;
    }
}

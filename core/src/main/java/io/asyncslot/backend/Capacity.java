package io.asyncslot.backend;

import java.util.concurrent.atomic.AtomicLong;

/** How many live slots a map may hold. Exact; thread-safe; costs nothing when there is no limit. */
public final class Capacity {

    /*
     * A slot is freed by a step on its own word, and its place is given back by another step here. Whoever has seen the
     * first must find the place: so who is about to free a slot says so before, and a start that finds the map full looks
     * again, for a while, as long as somebody does. Between the two there are a few instructions, no lock and no user code.
     */

    private static final int MOST_LOOKS = 1_000;

    private static final long LEAVING = 1L << Integer.SIZE;

    private final int limit;

    /** Places taken in the low half, threads about to free a slot in the high half. Any thread, by CAS or addition. */
    private final AtomicLong state = new AtomicLong();

    /**
     * Makes an empty map's capacity.
     *
     * @param limit the most slots; 0 for no limit
     */
    public Capacity(int limit) {
        this.limit = limit;
    }

    /**
     * Takes a place for a new slot.
     *
     * @return false when there is none left
     */
    @SuppressWarnings("ThreadPriorityCheck") // who is about to free a slot may need this processor for it
    public boolean reserve() {
        if (limit == 0) {
            return true;
        }
        for (int looks = 0; ; looks++) {
            long seen = state.get();
            if ((int) seen < limit) {
                if (state.compareAndSet(seen, seen + 1)) {
                    return true;
                }
            } else if (seen < LEAVING || looks > MOST_LOOKS) {
                return false;
            } else {
                Thread.yield();
            }
        }
    }

    /** Takes a place for a slot that is there already, whatever the limit. */
    public void take() {
        if (limit != 0) {
            state.incrementAndGet();
        }
    }

    /** Gives a place back. */
    public void giveBack() {
        if (limit != 0) {
            state.decrementAndGet();
        }
    }

    /** The calling thread is about to free a slot, if it can. Followed by {@link #left} soon, whatever comes of it. */
    public void leaving() {
        if (limit != 0) {
            state.addAndGet(LEAVING);
        }
    }

    /**
     * Ends what {@link #leaving} began.
     *
     * @param freed whether the calling thread has freed the slot: then its place is given back
     */
    public void left(boolean freed) {
        if (limit != 0) {
            state.addAndGet(freed ? -LEAVING - 1 : -LEAVING);
        }
    }
}

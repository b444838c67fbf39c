package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * A run that goes on in a map of this process that was closed, and whose slot the map that followed has taken over. There the slot
 * runs until this run has ended. Thread-safe.
 */
public final class FormerRun {

    /** The slot in the map that followed. */
    interface Heir {

        /** The run has ended. */
        void endFormerRun();
    }

    /** Once it is made. Guarded by {@code this}. */
    private @Nullable Heir heir;

    /** Whether the run has ended. Guarded by {@code this}. */
    private boolean over;

    FormerRun() {}

    /** The slot in the map that followed; null as long as it is not made. */
    synchronized @Nullable Heir heir() {
        return heir;
    }

    /**
     * Tells whether the map that followed has made the slot, which is told of the end then.
     *
     * @return false as long as nobody would be told
     */
    public boolean isPassed() {
        return heir() != null;
    }

    /** The run has ended. Called once, by the thread that ran it. */
    public void ended() {
        Heir next;
        synchronized (this) {
            over = true;
            next = heir;
        }
        if (next != null) {
            next.endFormerRun();
        }
    }

    /** The slot is made in the map that followed, born running in the custody of this run. Called once at most. */
    void passTo(Heir slot) {
        boolean ended;
        synchronized (this) {
            heir = slot;
            ended = over;
        }
        if (ended) {
            slot.endFormerRun();
        }
    }
}

package io.asyncslot;

/**
 * The outcome of a delete. Follows the kernel's {@code bpf_timer_cancel_and_free} of 7.0 and later: it never waits.
 */
public enum DeleteOutcome {
    /** The slot is freed; it was idle. */
    DELETED,
    /** The slot is freed; the run that was pending never begins. */
    DELETED_ARMED,
    /**
     * The slot is freed while its callback runs. That run continues, and no new run follows it, even if the slot had been armed
     * again. This is also the answer for a run that the end of its process has cut off: it is not delivered again, and it may or
     * may not have done its work.
     */
    DELETED_WHILE_RUNNING,
    /** The key has no slot (also after the map was closed). */
    ABSENT;

    /**
     * Tells whether the delete removed a firing before it began, so that the callback has not done its work.
     *
     * @return true for {@link #DELETED_ARMED}; false if nothing was pending, or if the callback had begun
     */
    public boolean prevented() {
        return this == DELETED_ARMED;
    }
}

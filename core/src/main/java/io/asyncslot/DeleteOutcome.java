package io.asyncslot;

/**
 * What a delete did. Follows the kernel's {@code bpf_timer_cancel_and_free} of 7.0 and later: it never waits.
 */
public enum DeleteOutcome {
    /** The slot is freed; it was idle. */
    DELETED,
    /** The slot is freed; a run was pending, which never begins. */
    DELETED_ARMED,
    /**
     * The slot is freed while its callback runs; that run goes on and no new run follows it, also where the slot had been
     * armed anew meanwhile. Also the answer where a run was cut off, by the end of its process, and is not delivered again now: it may
     * have done its work or not.
     */
    DELETED_WHILE_RUNNING,
    /** The key has no slot (also after the map was closed). */
    ABSENT;

    /**
     * Tells whether the firing that the slot was waiting for was taken away before it began: then what the callback is
     * there for has not been done.
     *
     * @return true for {@link #DELETED_ARMED}; false where there was none, or where it had begun
     */
    public boolean prevented() {
        return this == DELETED_ARMED;
    }
}

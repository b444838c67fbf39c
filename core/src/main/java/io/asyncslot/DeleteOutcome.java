package io.asyncslot;

/**
 * What a delete did. Follows the kernel's {@code bpf_timer_cancel_and_free} of 7.0 and later: it never waits.
 */
public enum DeleteOutcome {
    /** The slot is freed; whatever was pending never fires. */
    DELETED,
    /** The slot is freed while its callback runs; that run goes on and no new run follows it. */
    DELETED_WHILE_RUNNING,
    /** The key has no slot (also after the map was closed). */
    ABSENT
}

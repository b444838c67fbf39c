package io.asyncslot;

/**
 * What a start did. Races and refusals are outcomes, never exceptions.
 *
 * <p>Follows {@code bpf_timer_start} of Linux 7.0 and later, with put-or-re-arm in place of {@code -EBUSY}.
 */
public enum StartOutcome {
    /** The slot was absent or not armed; now it is armed and exactly one firing follows. */
    STARTED,
    /** The slot was armed; its old deadline is gone, the new one holds, one firing follows. */
    REARMED,
    /**
     * The map is at its capacity and the key has no slot, or the slot has as many values as the map admits; nothing
     * changed.
     */
    REJECTED,
    /** The map or the registry is closed; nothing is armed. */
    CLOSED,
    /**
     * The incarnation addressed by a handle was deleted; nothing is armed. Only {@link SlotFiring#restart} answers
     * this: a start by key makes a new incarnation instead.
     */
    FREED,
    /**
     * The start was sent to the backend and its answer was lost with the connection: the slot is armed, or it is not. A
     * further start makes it certain. Only backends behind a network answer this.
     */
    IN_DOUBT
}

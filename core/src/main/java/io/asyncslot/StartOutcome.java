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
    /** The map is at its capacity and the key has no slot; nothing changed. */
    REJECTED,
    /** The map or the registry is closed; nothing is armed. */
    CLOSED,
    /**
     * The incarnation addressed by a handle was deleted; nothing is armed. Only {@link SlotFiring#restart} answers
     * this: a start by key makes a new incarnation instead.
     */
    FREED
}

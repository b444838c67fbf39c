package io.asyncslot;

/**
 * The outcome of a start. Races and refusals are outcomes, never exceptions.
 *
 * <p>Follows {@code bpf_timer_start} of Linux 7.0 and later, with put-or-re-arm in place of {@code -EBUSY}.
 */
public enum StartOutcome {
    /** The slot was absent or not armed; now it is armed and exactly one firing follows. */
    STARTED,
    /** The slot was armed; the new deadline replaces the old one, and one firing follows. */
    REARMED,
    /**
     * The map is at its capacity and the key has no slot, or the slot has as many values as the map allows; nothing changed.
     */
    REJECTED,
    /** The map or the registry is closed; nothing is armed. */
    CLOSED,
    /**
     * The slot of the firing was deleted; nothing is armed. Only {@link SlotFiring#restart} answers this: a start by key creates a
     * new slot instead.
     */
    FREED,
    /**
     * The start was sent to the backend, and its answer was lost with the connection: the slot may or may not be armed. Start again
     * to be certain. Only backends behind a network answer this.
     */
    IN_DOUBT
}

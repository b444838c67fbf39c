package io.asyncslot;

/** The role of a process for a map whose slots it shares with other processes. */
public enum SlotRole {
    /** It arms slots, and runs callbacks. */
    WORKER,
    /** It only arms slots, which fire in other processes. Its own callback never runs. */
    CLIENT
}

package io.asyncslot;

/** What a process does with a map whose slots it shares with other processes. */
public enum SlotRole {
    /** It arms slots, and runs callbacks. */
    WORKER,
    /** It only arms slots: what it arms fires in other processes. Its own callback never runs. */
    CLIENT
}

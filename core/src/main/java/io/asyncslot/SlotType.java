package io.asyncslot;

/** The kind of a map's slots. */
public enum SlotType {
    /** Fires at a deadline; kernel counterpart {@code BPF_ASYNC_TYPE_TIMER}. */
    TIMER,
    /** Runs as soon as possible, and merges pending submits; kernel counterpart {@code BPF_ASYNC_TYPE_WQ}. */
    WORK
}

package io.asyncslot;

/** A slot as seen from outside, in the words of the kernel's control block. */
public enum SlotState {
    /** Live, with no operation in flight and no callback running. */
    READY,
    /** Live, with an operation or the callback in flight. */
    BUSY,
    /** Detached from its map: deleted, but still running or referenced. */
    FREED
}

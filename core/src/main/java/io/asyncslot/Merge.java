package io.asyncslot;

/** What becomes of a value that is accepted while another one is pending in the same slot. */
public enum Merge {
    /** The latest value takes the place of the one that is pending. The default. */
    LAST,
    /** The value that is pending stays, and the new one is dropped. */
    FIRST,
    /** All are kept, in the order in which they were accepted; the callback receives a {@link java.util.List}. */
    COLLECT,
    /** A function of the map makes one value of both. */
    FUNCTION
}

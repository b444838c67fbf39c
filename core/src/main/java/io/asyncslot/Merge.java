package io.asyncslot;

/** How a new value is merged with one that is pending in the same slot. */
public enum Merge {
    /** The latest value replaces the pending one. The default. */
    LAST,
    /** The pending value stays, and the new one is dropped. */
    FIRST,
    /** All are kept, in the order in which they were accepted; the callback receives a {@link java.util.List}. */
    COLLECT,
    /** The map's function makes one value of both. */
    FUNCTION
}

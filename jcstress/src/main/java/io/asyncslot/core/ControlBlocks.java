package io.asyncslot.core;

/** Makes real control blocks outside any map, for what does not look at the map. */
public final class ControlBlocks {

    private ControlBlocks() {}

    /** Armed, with the claim on the inbox. */
    @SuppressWarnings("NullAway") // there is no map
    public static ControlBlock<String> commanded() {
        return new ControlBlock<>(null, "key", Word.DUE, 1, true, null);
    }
}

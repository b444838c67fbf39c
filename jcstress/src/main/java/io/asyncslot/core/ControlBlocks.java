package io.asyncslot.core;

/** Makes real control blocks outside any map, for what does not look at the map. */
public final class ControlBlocks {

    private ControlBlocks() {}

    /** Armed, with the claim on the inbox. */
    public static ControlBlock<String> commanded() {
        return of("key");
    }

    @SuppressWarnings("NullAway") // there is no map
    static <K> ControlBlock<K> of(K key) {
        return new ControlBlock<>(null, key, SlotIndex.spread(key), Word.DUE, 1, true, null);
    }
}

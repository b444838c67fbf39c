package io.asyncslot.core;

/** Makes real control blocks outside any map, for what does not look at the map. */
public final class ControlBlocks {

    private ControlBlocks() {}

    /** Armed, with the claim on the inbox. */
    public static ControlBlock<String> commanded() {
        return of("key", 0);
    }

    @SuppressWarnings("NullAway") // there is no map
    static <K> ControlBlock<K> of(K key, int hash) {
        return new ControlBlock<>(null, key, hash, Word.DUE, 1, true, null);
    }
}

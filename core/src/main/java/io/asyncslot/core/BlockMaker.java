package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * Makes incarnations inside the atomic step of an index: must be short and must not use that index.
 *
 * @param <K> the key type
 */
@FunctionalInterface
interface BlockMaker<K> {

    /**
     * Makes one.
     *
     * @param key the key
     * @param hash its hash
     * @param former a freed incarnation that is still in the index; null when there is none
     * @param deadline what it is armed for, in microseconds
     * @param generation a number above those of all incarnations of the key that have left the index
     * @return the incarnation, null when the map has no room for it
     */
    @Nullable
    ControlBlock<K> make(K key, int hash, @Nullable ControlBlock<K> former, long deadline, long generation);
}

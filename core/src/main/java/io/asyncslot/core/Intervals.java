package io.asyncslot.core;

/**
 * What a map does for intervals at whose end an idle slot is freed: nothing, since it has none. Chosen when the map opens;
 * {@link IntervalQueue} is for maps that have them. Thread-safe.
 */
class Intervals<K> {

    Intervals() {}

    /** A run is about to begin, whose interval ends then. With the block's monitor, or without. */
    void begins(ValueBlock<K> block, long end) {}

    /** A slot may have become idle: frees it if it has, and if its interval is over. */
    void rested(ControlBlock<K> block) {}

    /** Frees what is idle after its interval: a portion, so that nobody is held up. */
    void sweepSome() {}

    /**
     * Frees what is idle after its interval.
     *
     * @param most how many slots to look at
     */
    void sweep(int most) {}
}

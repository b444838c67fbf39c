package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * What a map does for points of the wall clock: nothing, since it has none. Chosen when the map opens; {@link WallCalendar} is for
 * maps whose periods are such points. Thread-safe.
 */
class Calendar<K> {

    Calendar() {}

    /** Ends with its map. */
    void closed() {}

    /** What a slot knows of its points; null when there are none. */
    FiredRun.@Nullable Points points(ControlBlock<K> block) {
        return null;
    }

    /** Before a deadline is derived: what {@link #check} wants to know. */
    int begin() {
        return 0;
    }

    /** After a slot armed itself, if the clock was set back meanwhile. */
    void check(ControlBlock<K> block, int seen) {}

    /**
     * After a slot was armed for a deadline that is so far from a reading of the wall clock.
     *
     * @param nanos the reading
     * @param seen what {@link #begin} answered before
     */
    void delayed(ControlBlock<K> block, long deadline, long nanos, int seen) {}
}

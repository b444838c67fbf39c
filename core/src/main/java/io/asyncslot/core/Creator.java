package io.asyncslot.core;

import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Makes a new incarnation inside the index's atomic step, unless a live one is there. Owned by the creating thread. */
final class Creator<K> implements BiFunction<K, @Nullable ControlBlock<K>, @Nullable ControlBlock<K>> {

    private final LocalSlots<K> map;
    private final long deadline;

    /** What was made, null when a live incarnation was there. */
    @Nullable
    ControlBlock<K> made;

    /** Whether nothing was made because the map is at its capacity. */
    boolean rejected;

    Creator(LocalSlots<K> map, long deadline) {
        this.map = map;
        this.deadline = deadline;
    }

    @Override
    public @Nullable ControlBlock<K> apply(K key, @Nullable ControlBlock<K> present) {
        if (present != null && !StateWord.isFreed(present.word())) {
            return present;
        }
        if (!map.reserve()) {
            rejected = true;
            return present;
        }
        ControlBlock<K> fresh = map.make(key, present, deadline);
        made = fresh;
        return fresh;
    }
}

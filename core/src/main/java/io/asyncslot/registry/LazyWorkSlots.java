package io.asyncslot.registry;

import io.asyncslot.SlotMap;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkSlots;
import java.util.function.Function;

/** A handle of a work map that was not registered yet. Thread-safe. */
class LazyWorkSlots<K> extends LazySlots<K, WorkSlots<K>> implements WorkSlots<K> {

    LazyWorkSlots(String name, Class<K> keyType, Function<String, SlotMap<K>> finder) {
        super(name, keyType, finder);
    }

    @Override
    public SubmitOutcome submit(K key) {
        return map().submit(key);
    }
}

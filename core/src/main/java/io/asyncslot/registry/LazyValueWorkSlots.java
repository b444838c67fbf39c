package io.asyncslot.registry;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A handle of a work map with values that was not registered yet. Thread-safe. */
final class LazyValueWorkSlots<K, V> extends LazyWorkSlots<K> implements ValueWorkSlots<K, V> {

    LazyValueWorkSlots(String name, Class<K> keyType, Function<String, SlotMap<K>> finder) {
        super(name, keyType, finder);
    }

    @SuppressWarnings("unchecked") // the finder has checked the value type
    private ValueWorkSlots<K, V> valueMap() {
        return (ValueWorkSlots<K, V>) map();
    }

    @Override
    public SlotValues<V> values() {
        return valueMap().values();
    }

    @Override
    public SubmitOutcome submit(K key, V value) {
        return valueMap().submit(key, value);
    }

    @Override
    public Optional<V> take(K key) {
        return valueMap().take(key);
    }

    @Override
    public List<V> takeAll(K key) {
        return valueMap().takeAll(key);
    }
}

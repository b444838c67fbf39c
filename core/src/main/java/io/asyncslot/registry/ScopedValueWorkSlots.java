package io.asyncslot.registry;

import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import java.util.List;
import java.util.Optional;

/** A scope's view of a work map with values. Thread-safe. */
final class ScopedValueWorkSlots<K, V> extends ScopedWorkSlots<K> implements ValueWorkSlots<K, V> {

    ScopedValueWorkSlots(ScopedKeys<K> owned) {
        super(owned);
    }

    @SuppressWarnings("unchecked") // the table was made with a map of these types, which the registry checks
    private ValueWorkSlots<K, V> valueMap() {
        return (ValueWorkSlots<K, V>) map();
    }

    @Override
    public SlotValues<V> values() {
        return valueMap().values();
    }

    @Override
    public SubmitOutcome submit(K key, V value) {
        return submit(key, () -> valueMap().submit(key, value));
    }

    @Override
    public Optional<V> take(K key) {
        return take(key, valueMap()::take, Optional.empty());
    }

    @Override
    public List<V> takeAll(K key) {
        return take(key, valueMap()::takeAll, List.of());
    }
}

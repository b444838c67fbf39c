package io.asyncslot.registry;

import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.ValueTimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A scope's view of a timer map with values. Thread-safe. */
final class ScopedValueTimerSlots<K, V> extends ScopedTimerSlots<K> implements ValueTimerSlots<K, V> {

    ScopedValueTimerSlots(ScopedKeys<K> owned) {
        super(owned);
    }

    @SuppressWarnings("unchecked") // the table was made with a map of these types, which the registry checks
    private ValueTimerSlots<K, V> valueMap() {
        return (ValueTimerSlots<K, V>) map();
    }

    @Override
    public SlotValues<V> values() {
        return valueMap().values();
    }

    @Override
    public StartOutcome startWith(K key, V value) {
        return start(key, () -> valueMap().startWith(key, value));
    }

    @Override
    public StartOutcome start(K key, Duration delay, V value) {
        return start(key, () -> valueMap().start(key, delay, value));
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline, V value) {
        return start(key, () -> valueMap().startAt(key, deadline, value));
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

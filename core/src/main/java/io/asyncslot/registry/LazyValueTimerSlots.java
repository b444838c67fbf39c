package io.asyncslot.registry;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.ValueTimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A handle of a timer map with values that was not registered yet. Thread-safe. */
final class LazyValueTimerSlots<K, V> extends LazyTimerSlots<K> implements ValueTimerSlots<K, V> {

    LazyValueTimerSlots(String name, Class<K> keyType, Function<String, SlotMap<K>> finder) {
        super(name, keyType, finder);
    }

    @SuppressWarnings("unchecked") // the finder has checked the value type
    private ValueTimerSlots<K, V> valueMap() {
        return (ValueTimerSlots<K, V>) map();
    }

    @Override
    public SlotValues<V> values() {
        return valueMap().values();
    }

    @Override
    public StartOutcome startWith(K key, V value) {
        return valueMap().startWith(key, value);
    }

    @Override
    public StartOutcome start(K key, Duration delay, V value) {
        return valueMap().start(key, delay, value);
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline, V value) {
        return valueMap().startAt(key, deadline, value);
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

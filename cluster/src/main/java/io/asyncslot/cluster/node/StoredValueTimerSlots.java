package io.asyncslot.cluster.node;

import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.backend.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A timer map whose slots are rows of the database, and carry values. Thread-safe.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
final class StoredValueTimerSlots<K, V> extends StoredTimerSlots<K> implements ValueTimerSlots<K, V> {

    private final StoredValues<V> values;

    @SuppressWarnings("unchecked") // values are checked by their type before they are written
    StoredValueTimerSlots(TimerMapSpec<K> spec, ClusterEngine engine) {
        super(spec, engine);
        this.values = (StoredValues<V>) carried();
    }

    @Override
    public SlotValues<V> values() {
        return values.spec();
    }

    @Override
    public StartOutcome startWith(K key, V value) {
        return start(id(key), own(), values.spec().checked(name(), value));
    }

    @Override
    public StartOutcome start(K key, Duration delay, V value) {
        Limits.delay(delay);
        return start(id(key), in(delay), values.spec().checked(name(), value));
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline, V value) {
        return start(id(key), at(deadline), values.spec().checked(name(), value));
    }

    @Override
    public Optional<V> take(K key) {
        return takeOne(values, id(key));
    }

    @Override
    public List<V> takeAll(K key) {
        return takeAll(values, id(key));
    }
}

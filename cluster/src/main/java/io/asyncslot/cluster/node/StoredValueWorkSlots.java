package io.asyncslot.cluster.node;

import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import java.util.List;
import java.util.Optional;

/**
 * A work map whose slots are rows of the database, and carry values. Thread-safe.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
final class StoredValueWorkSlots<K, V> extends StoredWorkSlots<K> implements ValueWorkSlots<K, V> {

    private final StoredValues<V> values;

    @SuppressWarnings("unchecked") // values are checked by their type before they are written
    StoredValueWorkSlots(WorkMapSpec<K> spec, ClusterEngine engine) {
        super(spec, engine);
        this.values = (StoredValues<V>) carried();
    }

    @Override
    public SlotValues<V> values() {
        return values.spec();
    }

    @Override
    public SubmitOutcome submit(K key, V value) {
        return submit(id(key), values.spec().checked(name(), value));
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

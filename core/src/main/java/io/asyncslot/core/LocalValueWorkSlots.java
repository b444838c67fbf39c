package io.asyncslot.core;

import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import java.util.List;
import java.util.Optional;

/**
 * A work map on this machine whose slots carry values. Thread-safe.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public final class LocalValueWorkSlots<K, V> extends LocalWorkSlots<K> implements ValueWorkSlots<K, V> {

    private final SlotValues<V> carried;

    /**
     * Opens the map.
     *
     * @param spec what it is to be, with values
     * @param context what the maps of its backend share
     */
    @SuppressWarnings("unchecked") // values are checked by their type before they are carried
    public LocalValueWorkSlots(WorkMapSpec<K> spec, LocalContext context) {
        super(spec, context);
        this.carried = (SlotValues<V>) carried();
    }

    @Override
    public SlotValues<V> values() {
        return carried;
    }

    @Override
    public SubmitOutcome submit(K key, V value) {
        return submit(key, lookUp(key), carried.checked(name(), value));
    }

    @Override
    public Optional<V> take(K key) {
        return LocalValues.one(carried, name(), () -> takePending(key));
    }

    @Override
    public List<V> takeAll(K key) {
        return LocalValues.all(takePending(key));
    }
}

package io.asyncslot.core;

import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A timer map on this machine whose slots carry values. Thread-safe.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public final class LocalValueTimerSlots<K, V> extends LocalTimerSlots<K> implements ValueTimerSlots<K, V> {

    private final SlotValues<V> carried;

    /**
     * Opens the map.
     *
     * @param spec what it is to be, with values
     * @param context what the maps of its backend share
     */
    @SuppressWarnings("unchecked") // values are checked by their type before they are carried
    public LocalValueTimerSlots(TimerMapSpec<K> spec, LocalContext context) {
        super(spec, context);
        this.carried = (SlotValues<V>) carried();
    }

    @Override
    public SlotValues<V> values() {
        return carried;
    }

    @Override
    public StartOutcome startWith(K key, V value) {
        return startOwn(key, carried.checked(name(), value));
    }

    @Override
    public StartOutcome start(K key, Duration delay, V value) {
        return startAfter(key, delay, carried.checked(name(), value));
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline, V value) {
        return startOn(key, deadline, carried.checked(name(), value));
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

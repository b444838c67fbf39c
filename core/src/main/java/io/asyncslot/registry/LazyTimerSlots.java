package io.asyncslot.registry;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotSchedule;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Function;

/** A handle of a timer map that was not registered yet. Thread-safe. */
class LazyTimerSlots<K> extends LazySlots<K, TimerSlots<K>> implements TimerSlots<K> {

    LazyTimerSlots(String name, Class<K> keyType, Function<String, SlotMap<K>> finder) {
        super(name, keyType, finder);
    }

    @Override
    public boolean isTimed() {
        return map().isTimed();
    }

    @Override
    public boolean takesSchedules() {
        return map().takesSchedules();
    }

    @Override
    public StartOutcome start(K key) {
        return map().start(key);
    }

    @Override
    public StartOutcome start(K key, Duration delay) {
        return map().start(key, delay);
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline) {
        return map().startAt(key, deadline);
    }

    @Override
    public StartOutcome start(K key, SlotSchedule schedule) {
        return map().start(key, schedule);
    }

    @Override
    public StartSummary startAll(Collection<? extends K> keys, Duration delay) {
        return map().startAll(keys, delay);
    }

    @Override
    public TouchOutcome touch(K key) {
        return map().touch(key);
    }

    @Override
    public TouchOutcome touch(K key, Duration delay) {
        return map().touch(key, delay);
    }
}

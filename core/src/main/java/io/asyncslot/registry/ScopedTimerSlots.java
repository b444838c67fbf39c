package io.asyncslot.registry;

import io.asyncslot.SlotSchedule;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Supplier;

/** A scope's view of a timer map. Thread-safe. */
class ScopedTimerSlots<K> extends ScopedSlots<K, TimerSlots<K>> implements TimerSlots<K> {

    ScopedTimerSlots(ScopedKeys<K> owned) {
        super(owned);
    }

    final StartOutcome start(K key, Supplier<StartOutcome> start) {
        return owned.start(key, StartOutcome.CLOSED, start, ScopedTimerSlots::arms);
    }

    private static boolean arms(StartOutcome outcome) {
        return outcome == StartOutcome.STARTED
                || outcome == StartOutcome.REARMED
                || outcome == StartOutcome.IN_DOUBT; // closing the scope has to delete it
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
        return start(key, () -> map().start(key));
    }

    @Override
    public StartOutcome start(K key, Duration delay) {
        return start(key, () -> map().start(key, delay));
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline) {
        return start(key, () -> map().startAt(key, deadline));
    }

    @Override
    public StartOutcome start(K key, SlotSchedule schedule) {
        return start(key, () -> map().start(key, schedule));
    }

    @Override
    public StartSummary startAll(Collection<? extends K> keys, Duration delay) {
        keys.forEach(owned::checkNotNull);
        if (!owned.gate().enter()) {
            return new StartSummary(0, 0, 0, keys.size());
        }
        try {
            keys.forEach(owned::claim);
            boolean all = false;
            try {
                StartSummary summary = map().startAll(keys, delay);
                all = summary.rejected() + summary.closed() == 0;
                return summary;
            } finally {
                boolean armed = all;
                keys.forEach(key -> owned.settle(key, armed));
            }
        } finally {
            owned.gate().leave();
        }
    }

    @Override
    public TouchOutcome touch(K key) {
        return ifOwned(key, map()::touch, TouchOutcome.ABSENT, TouchOutcome.CLOSED);
    }

    @Override
    public TouchOutcome touch(K key, Duration delay) {
        return ifOwned(key, same -> map().touch(same, delay), TouchOutcome.ABSENT, TouchOutcome.CLOSED);
    }
}

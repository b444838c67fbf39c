package io.asyncslot.benchmarks.peer;

import java.util.concurrent.TimeUnit;
import org.agrona.DeadlineTimerWheel;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.Object2LongHashMap;

/**
 * Agrona's DeadlineTimerWheel between two of its own maps. For one thread, which also has to poll: a floor, not a
 * competitor.
 */
final class AgronaTimers implements KeyedTimers {

    private static final int POLL_LIMIT = 256;

    private final DeadlineTimerWheel wheel =
            new DeadlineTimerWheel(TimeUnit.NANOSECONDS, System.nanoTime(), 1 << 20, 1 << 12);
    private final Object2LongHashMap<Key> ids = new Object2LongHashMap<>(DeadlineTimerWheel.NULL_DEADLINE);
    private final Long2ObjectHashMap<Key> keys = new Long2ObjectHashMap<>();
    private final Fired fired;

    AgronaTimers(Fired fired) {
        this.fired = fired;
    }

    @Override
    public void start(Key key, Delay delay) {
        long id = wheel.scheduleTimer(System.nanoTime() + delay.nanos());
        long old = ids.put(key, id);
        if (old != DeadlineTimerWheel.NULL_DEADLINE) {
            wheel.cancelTimer(old);
            keys.remove(old);
        }
        keys.put(id, key);
    }

    @Override
    public void delete(Key key) {
        long old = ids.removeKey(key);
        if (old != DeadlineTimerWheel.NULL_DEADLINE) {
            wheel.cancelTimer(old);
            keys.remove(old);
        }
    }

    @Override
    public boolean poll() {
        wheel.poll(System.nanoTime(), this::expired, POLL_LIMIT);
        return true;
    }

    private boolean expired(TimeUnit unit, long now, long id) {
        Key key = keys.remove(id);
        ids.removeKey(key);
        fired.fired(key);
        return true;
    }

    @Override
    public void close() {}
}

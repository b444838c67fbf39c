package io.asyncslot.benchmarks.peer;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Timers without keys, keyed as users of Spring do it: a map from key to future. The cheapest form, and not quite
 * right: a re-arm that meets the old firing may lose its entry.
 */
abstract class FutureTimers<F> implements KeyedTimers {

    private final ConcurrentHashMap<Key, F> futures = new ConcurrentHashMap<>();
    private final Fired fired;

    FutureTimers(Fired fired) {
        this.fired = fired;
    }

    abstract F schedule(Key key, Delay delay);

    abstract void cancel(F future);

    final void fire(Key key) {
        futures.remove(key);
        fired.fired(key);
    }

    @Override
    public final void start(Key key, Delay delay) {
        F old = futures.put(key, schedule(key, delay));
        if (old != null) {
            cancel(old);
        }
    }

    @Override
    public final void delete(Key key) {
        F old = futures.remove(key);
        if (old != null) {
            cancel(old);
        }
    }
}

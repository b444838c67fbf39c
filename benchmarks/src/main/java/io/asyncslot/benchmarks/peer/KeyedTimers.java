package io.asyncslot.benchmarks.peer;

/** At most one pending timer per key: what every candidate is made to do. */
public interface KeyedTimers extends AutoCloseable {

    /** Lets the key fire after the delay, instead of when it was to fire before, if it was. */
    void start(Key key, Delay delay);

    /** The key shall not fire, and nothing is to be remembered of it. */
    void delete(Key key);

    /** The key shall not fire; what is kept for it may stay, if these timers keep anything. */
    default void cancel(Key key) {
        delete(key);
    }

    /** Fires what is due, on the calling thread, if these timers have no thread; tells whether that is so. */
    default boolean poll() {
        return false;
    }

    @Override
    void close();
}

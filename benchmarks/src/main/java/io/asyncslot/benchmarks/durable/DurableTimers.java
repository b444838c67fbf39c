package io.asyncslot.benchmarks.durable;

import java.time.Instant;
import java.util.List;

/** Keyed one-shot timers that are kept in a database. Thread-safe. */
interface DurableTimers extends AutoCloseable {

    /** Arms a new key. */
    void start(String key, Instant due) throws Exception;

    /** Arms new keys, as one batch where there is such a thing. */
    default void startAll(List<String> keys, Instant due) throws Exception {
        for (String key : keys) {
            start(key, due);
        }
    }

    /**
     * Moves the deadline of a key that is armed.
     *
     * @return false when this cannot be done
     */
    boolean rearm(String key, Instant due) throws Exception;

    @Override
    void close();
}

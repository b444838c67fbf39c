package io.asyncslot.core;

import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the generations of the maps of one backend begin, so that they rise strictly for each key: above those of maps
 * that were closed before, and, since the first one is the wall clock's reading in microseconds, above those of former
 * processes. That holds as long as a key is armed less than a million times a second on average, and the wall clock is
 * not set back by more than the time from one process's last arming to the next one's start. Thread-safe.
 */
final class Generations {

    /** The highest one of a map that was closed. Raised by any thread. */
    private final AtomicLong highest = new AtomicLong();

    /** Of a backend that has no maps yet. */
    public Generations() {}

    /** What all generations of a new map are to be higher than. */
    long before(Ticker ticker) {
        return Math.max(highest.get(), Micros.floor(ticker.realtimeNanos()));
    }

    /** A map was closed whose generations got that far. */
    void ended(long generation) {
        highest.accumulateAndGet(generation, Math::max);
    }
}

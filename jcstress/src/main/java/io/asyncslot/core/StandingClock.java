package io.asyncslot.core;

import io.asyncslot.spi.Ticker;
import java.time.Duration;

/** A clock that stands until moved. Moved before the actors begin, or after they have ended; plain. */
public final class StandingClock implements Ticker {

    private long nanos;

    /**
     * Moves it.
     *
     * @param span by how much
     */
    public void advance(Duration span) {
        nanos += span.toNanos();
    }

    @Override
    public long monotonicNanos() {
        return nanos;
    }

    @Override
    public long realtimeNanos() {
        return nanos;
    }

    @Override
    public long boottimeNanos() {
        return nanos;
    }
}

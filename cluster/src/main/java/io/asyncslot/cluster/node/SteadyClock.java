package io.asyncslot.cluster.node;

import io.asyncslot.spi.Ticker;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that nobody sets, for what asks a clock how much time has passed. What time it is, it does not know. Thread-safe. */
final class SteadyClock extends Clock {

    private final Ticker ticker;

    SteadyClock(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(0, ticker.monotonicNanos());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}

package io.asyncslot.spring;

import io.asyncslot.spi.Ticker;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** The wall clock of a {@link Ticker}, so that triggers and slots read the same one. Thread-safe. */
public final class TickerClock extends Clock {

    private final Ticker ticker;
    private final ZoneId zone;

    /**
     * Makes a clock.
     *
     * @param ticker where time comes from
     * @param zone the zone of dates and times that are computed from it
     */
    public TickerClock(Ticker ticker, ZoneId zone) {
        this.ticker = ticker;
        this.zone = zone;
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        return new TickerClock(ticker, other);
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(0, ticker.realtimeNanos());
    }
}

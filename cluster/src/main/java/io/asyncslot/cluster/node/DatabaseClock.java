package io.asyncslot.cluster.node;

import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.time.Instant;

/**
 * The database's wall clock, as this node tells it between two looks: its own monotonic clock plus an offset that was
 * measured. A node whose wall clock is wrong changes nothing. Thread-safe.
 *
 * <p>An estimate, off by at most half a round trip and what the clocks drift between looks: what must not be early is
 * compared with the database's own clock, in the database.
 */
final class DatabaseClock {

    private static final int LOOKS = 3;

    /** Looks after which a shorter round trip is forgotten: the clocks have drifted apart since, or one was set. */
    private static final int REMEMBERED = 5;

    private final Ticker ticker;

    /** What to add to the monotonic clock, in microseconds. Written by {@link #measure} before the heartbeats begin, then by them; read by all. */
    private volatile long offset;

    /** Half of the round trip of the latest look, in microseconds: how far off the clock may be. */
    private volatile long uncertainty;

    /** The heartbeats' own: the round trip that the present offset is from, and how many looks ago that was. */
    private long roundTrip = Long.MAX_VALUE;

    private int age;

    /** Asks the database for its time. */
    @FunctionalInterface
    interface Look {
        /** The database's time in microseconds since 1970. */
        long micros();
    }

    /** Until the first look the node's own wall clock has to do. */
    DatabaseClock(Ticker ticker) {
        this.ticker = ticker;
        this.offset = (ticker.realtimeNanos() - ticker.monotonicNanos()) / 1_000;
        this.uncertainty = Long.MAX_VALUE;
    }

    /** Looks a few times and takes the look with the shortest round trip. Called by one thread at a time. */
    void measure(Look look) {
        long best = Long.MAX_VALUE;
        long measured = offset;
        for (int i = 0; i < LOOKS; i++) {
            long before = ticker.monotonicNanos();
            long micros = look.micros();
            long took = ticker.monotonicNanos() - before;
            if (took < best) {
                best = took;
                measured = micros - (before + took / 2) / 1_000;
            }
        }
        offset = measured;
        uncertainty = best / 2_000;
    }

    /** Takes in a look that was for something else; of the latest few, the one with the shortest round trip counts. */
    void looked(long before, long after, long micros) {
        long took = after - before;
        age++;
        if (took <= roundTrip || age >= REMEMBERED) {
            roundTrip = took;
            age = 0;
            offset = micros - (before + took / 2) / 1_000;
            uncertainty = took / 2_000;
        }
    }

    /** The database's time in microseconds since 1970. */
    long micros() {
        return ticker.monotonicNanos() / 1_000 + offset;
    }

    /** How far off it may be, in microseconds; {@link Long#MAX_VALUE} before the first look. */
    long uncertaintyMicros() {
        return uncertainty;
    }

    /** How far this node's wall clock is ahead of the database's, in microseconds; negative when it is behind. */
    long skewMicros() {
        return ticker.realtimeNanos() / 1_000 - micros();
    }

    /** The database's time. */
    Instant now() {
        return Micros.toInstant(micros());
    }
}

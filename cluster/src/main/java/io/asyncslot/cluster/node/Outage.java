package io.asyncslot.cluster.node;

import io.asyncslot.backend.Log;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Tells of a database that is away, once, and of its return, once. Thread-safe. */
final class Outage {

    private static final Log LOG = new Log(Database.class);

    /** So long nothing may fail before the database counts as being back: reads succeed where writes do not. */
    private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();

    /** No outage. */
    private static final long NONE = 0;

    private final Ticker ticker;

    /** When it began, monotonic; {@link #NONE} while there is none. Exchanged by whoever tells. */
    private final AtomicLong since = new AtomicLong(NONE);

    /** Written by whoever fails. */
    private volatile long failedNanos;

    Outage(Ticker ticker) {
        this.ticker = ticker;
    }

    void failed(Trouble trouble, String detail) {
        long now = ticker.monotonicNanos();
        failedNanos = now;
        if (since.get() == NONE && since.compareAndSet(NONE, Math.max(1, now))) {
            LOG.warning(trouble.sentence() + ": " + detail
                    + ". Due slots wait, and starts are refused or kept. Logged once, until it is back");
        }
    }

    void answered() {
        long began = since.get();
        long now = ticker.monotonicNanos();
        if (began != NONE && now - failedNanos > QUIET_NANOS && since.compareAndSet(began, NONE)) {
            LOG.info("the database is back, " + Duration.ofNanos(now - began).toSeconds() + " s after it went away");
        }
    }
}

package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.spi.Ticker;

/**
 * Looks for slots whose event has not come, whatever became of it: those of some records each second, and of all when the ring
 * was full or was tampered with, which is then asked at each pass. Makes good what others changed in the records. Owns how
 * far it has come. Used with the engine's lock.
 */
final class Watchdog {

    /** How often it looks as long as there are slots. */
    static final long WATCH_MICROS = 1_000_000;

    /** How late an event may be before the engine goes by its own reading. */
    private static final long GRACE_MICROS = 500_000;

    /** How many records it looks at each time, unless events are known to be missing. */
    private static final int WATCHED = 16_384;

    /** No more records than that are looked at in each microsecond because events are missing. */
    private static final int SWEPT_PER_MICRO = 5;

    private final KernelPort port;
    private final Ticker ticker;
    private final SlotRecords records;
    private final WallClockSlots wall;

    /** When to watch next, monotonic microseconds. */
    private long watchAt;

    /** When all may be looked at next because events are missing, monotonic microseconds. */
    private long sweepAt;

    /** The record that was looked at last. */
    private int watched;

    /** How many records are still to be looked at because events are missing. */
    private int sweepLeft;

    /** What was known of lost events at the last look. */
    private long ringFullSeen;

    private long ringDamagesSeen;

    Watchdog(KernelPort port, Ticker ticker, SlotRecords records, WallClockSlots wall) {
        this.port = port;
        this.ticker = ticker;
        this.records = records;
        this.wall = wall;
    }

    /** When to watch next, monotonic microseconds. */
    long next() {
        return records.used() == 0 ? Micros.NEVER : watchAt;
    }

    /** Watches, if it is time; goes on where a failure has left off. */
    void watch(SlotLooks looks) {
        long now = Micros.floor(ticker.monotonicNanos());
        long full = (long) LONG.getVolatile(port.header(), Layout.HEADER_RING_FULL);
        long damages = port.ringDamages();
        boolean lost = full != ringFullSeen || damages != ringDamagesSeen || sweepLeft > 0;
        if (records.used() == 0 || !lost && now < watchAt) {
            return;
        }
        if (lost && sweepLeft == 0) {
            if (now < sweepAt) { // a long look is a small part of the time, however full the ring is
                watchAt = Math.min(watchAt, sweepAt);
                return;
            }
            sweepLeft = records.owners().end();
            sweepAt = now + sweepLeft / SWEPT_PER_MICRO;
            ringFullSeen = full;
            ringDamagesSeen = damages;
        }
        watchAt = now + WATCH_MICROS;
        wall.repair();
        int end = records.owners().end();
        for (int i = lost ? sweepLeft : Math.min(end, WATCHED); i > 0; i--) {
            watched = watched + 1 < end ? watched + 1 : 0;
            sweepLeft = Math.max(0, sweepLeft - 1);
            ControlBlock<?> block = records.owners().owner(watched);
            if (block != null) {
                records.verify(watched, block);
                looks.lookIfOverdue(block, lost ? 0 : GRACE_MICROS);
            }
        }
    }
}

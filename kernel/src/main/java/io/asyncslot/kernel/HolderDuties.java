package io.asyncslot.kernel;

import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import org.jspecify.annotations.Nullable;

/** What a process owes to the pins it holds: looks whether they are there, and whether another process asks for them. The poller's. */
final class HolderDuties {

    /** How often it looks, running or not. */
    static final long PINS_MICROS = 2_000_000;

    private static final Log LOG = new Log(KernelEngine.class);

    private final KernelPort port;
    private final Ticker ticker;
    private final SlotRecords records;

    /** Only an application that would ask others to hand over lets itself be asked. */
    private final @Nullable HandOverQuestion question;

    /** What to call when another process asks for the slots; does not throw, and does not wait. Set once; volatile. */
    private volatile Runnable asked = () -> {};

    /** When to look next, monotonic microseconds. Written by the poller, read by whoever computes its sleep; volatile. */
    private volatile long lookAt;

    HolderDuties(KernelPort port, Ticker ticker, SlotRecords records, boolean takeOver) {
        this.port = port;
        this.ticker = ticker;
        this.records = records;
        this.question = takeOver && port.features().pinned()
                ? new HandOverQuestion(port.header(), ticker::monotonicNanos)
                : null;
    }

    /** The question of another process for the slots; null where it is not to be asked. */
    @Nullable
    HandOverQuestion question() {
        return question;
    }

    void whenAsked(Runnable task) {
        asked = task;
    }

    /** When to look next, monotonic microseconds; {@link Micros#NEVER} where nothing is pinned. */
    long next() {
        return port.features().pinned() ? lookAt : Micros.NEVER;
    }

    /** Looks, if it is time, and says in the log when something has changed. */
    void look() {
        long now = Micros.floor(ticker.monotonicNanos());
        if (now < lookAt) {
            return;
        }
        lookAt = now + PINS_MICROS;
        String before = port.pinTrouble();
        long repinned = port.repinned();
        lookAtQuestion();
        port.watchPins();
        String found = port.pinTrouble();
        if (found != null && before == null) {
            LOG.warning(found, "", "", null);
        }
        if (port.repinned() != repinned) {
            LOG.warning(
                    "",
                    port.repinned() - repinned,
                    " pins had been removed while this application uses them, and have been restored",
                    null);
        }
    }

    private void lookAtQuestion() {
        HandOverQuestion present = question;
        if (present != null) {
            if (present.clear()) {
                records.repairedOther();
            }
            if (present.isAsked()) {
                asked.run();
            }
        }
    }
}

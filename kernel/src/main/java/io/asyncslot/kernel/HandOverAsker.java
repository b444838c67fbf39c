package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.HEADER_HAND_OVER_UNTIL;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.spi.Ticker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Asks one holder of a pin path to hand over: whoever holds it at the first question. When another process has it, that one
 * is not asked. One thread's.
 */
final class HandOverAsker {

    private final Path path;
    private final Ticker ticker;

    private boolean began;
    private int attachments;
    private long holderSince;

    /** The question that stands as far as this asker knows; 0 for none. */
    private long asked;

    /**
     * Makes an asker that has not asked.
     *
     * @param path the pin path
     * @param ticker reads CLOCK_MONOTONIC as the kernel does
     */
    HandOverAsker(Path path, Ticker ticker) {
        this.path = path;
        this.ticker = ticker;
    }

    /** Asks, or renews the question. */
    void ask() {
        try {
            Pins.atHeader(path, this::ask);
        } catch (KernelException e) {
            // whoever holds it is loading it still, or drops it: there is nobody to ask, and we wait
        }
    }

    private boolean ask(MemorySegment header) {
        int held = (int) INT.getVolatile(header, Layout.HEADER_ATTACHMENTS);
        long since = (long) LONG.getVolatile(header, Layout.HEADER_HOLDER_STARTED);
        if (!began) {
            began = true;
            attachments = held;
            holderSince = since;
        }
        if (held != attachments || since != holderSince) {
            return false; // it has handed over, or ended, and another process was quicker
        }
        long seen = (long) LONG.getVolatile(header, HEADER_HAND_OVER_UNTIL);
        long until = Math.max(ticker.monotonicNanos() + HandOverQuestion.NANOS, asked + 1);
        if (seen != HandOverQuestion.GIVEN && LONG.compareAndSet(header, HEADER_HAND_OVER_UNTIL, seen, until)) {
            asked = until;
        }
        return true;
    }

    /**
     * Takes the question back, unless somebody else's stands there by now.
     *
     * @return false if the holder has decided to hand over, so that the slots are about to be free
     */
    boolean withdraw() {
        if (asked == 0) {
            return true;
        }
        try {
            return Pins.atHeader(
                    path,
                    header -> LONG.compareAndSet(header, HEADER_HAND_OVER_UNTIL, asked, 0L)
                            || (long) LONG.getVolatile(header, HEADER_HAND_OVER_UNTIL) != HandOverQuestion.GIVEN);
        } catch (KernelException e) {
            return true; // it lapses
        }
    }
}

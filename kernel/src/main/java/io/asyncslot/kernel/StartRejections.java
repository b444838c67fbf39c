package io.asyncslot.kernel;

import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Counts why starts were rejected, and what the kernel did not free, and tells the log. */
final class StartRejections {

    /** How often at most the log is told that starts are rejected. */
    private static final long TELL_MICROS = 60_000_000;

    private static final Log LOG = new Log(KernelEngine.class);

    private final KernelPort port;
    private final Ticker ticker;

    /** Starts that were rejected, since there was no record left. Any thread. */
    private final AtomicLong full = new AtomicLong();

    /** Starts that were rejected, since the kernel refused the timer. Any thread. */
    private final AtomicLong byKernel = new AtomicLong();

    /** What the kernel did not free: how often, and an error number. Written with the engine's lock; volatile. */
    private volatile long unfreed;

    private volatile int unfreedErrno;

    // What the log knows, and when it may be told more. The poller's.

    private long fullTold;
    private long byKernelTold;
    private long unfreedTold;
    private long tellAt = Long.MIN_VALUE;

    StartRejections(KernelPort port, Ticker ticker) {
        this.port = port;
        this.ticker = ticker;
    }

    void noRoom() {
        full.incrementAndGet();
    }

    void byKernel() {
        byKernel.incrementAndGet();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // with the lock
    void unfreed(int errno) {
        unfreedErrno = errno;
        unfreed++;
    }

    void report(Map<String, Object> details) {
        details.put("rejectedNoRoom", full.get());
        details.put("rejectedByKernel", byKernel.get());
    }

    /** Says in the log why starts were rejected, once a minute at most; the poller's. */
    void tell() {
        long noRoom = full.get();
        long refused = byKernel.get();
        long lost = unfreed;
        if (lost != unfreedTold) {
            LOG.warning(
                    "the kernel did not free the timers of ",
                    lost - unfreedTold,
                    " records: " + Errno.words(unfreedErrno),
                    null);
            unfreedTold = lost;
        }
        long now = Micros.floor(ticker.monotonicNanos());
        if (noRoom == fullTold && refused == byKernelTold || now < tellAt) {
            return;
        }
        String reason = noRoom == fullTold
                ? ""
                : (noRoom - fullTold) + " because there is room for only " + port.capacity() + " slots";
        String other = refused == byKernelTold
                ? ""
                : (refused - byKernelTold) + " for the kernel has no memory for the timer (" + Errno.ENOMEM.name()
                        + ")";
        LOG.warning(
                "starts were rejected: ", reason + (reason.isEmpty() || other.isEmpty() ? "" : ", ") + other, "", null);
        fullTold = noRoom;
        byKernelTold = refused;
        tellAt = now + TELL_MICROS;
    }
}

package io.asyncslot.backend;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the thread that drives an engine fails with. The thread goes on whatever it is, tells the log of the first failure in a
 * row, and the engine is unavailable until the thread has done its work again. Thread-safe.
 */
public final class DriverFailures {

    private static final long PAUSE_NANOS = 1_000_000;

    private final Log.Message failed;

    /** What failed, until the driver has done its work again. Any thread writes; volatile. */
    private volatile @Nullable Throwable present;

    /** How often the driver began anew. Written by it; volatile. */
    private volatile long count;

    /** Whether the log was told of the failure at hand. The driver's own. */
    private boolean told;

    /**
     * Makes one for an engine that has not failed.
     *
     * @param log the engine's log
     */
    public DriverFailures(Log log) {
        this.failed = log.message("the slot engine failed; it continues on thread '", "'");
    }

    /**
     * Notes a failure for the driver's next turn. By a store, which cannot fail.
     *
     * @param error what was thrown
     */
    public void failed(Throwable error) {
        present = error;
    }

    /**
     * What failed last.
     *
     * @return null once the driver has done its work again
     */
    public @Nullable Throwable present() {
        return present;
    }

    /**
     * How often the driver began anew after a failure.
     *
     * @return the number since the engine was made
     */
    public long count() {
        return count;
    }

    /**
     * What the driver does about a failure, first in its turn: counts it, waits a millisecond, and tells of it unless the last
     * one was told. For the driver only.
     *
     * @param failure what {@link #present()} was
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // the driver is the only writer
    public void goOn(Throwable failure) {
        count++;
        LockSupport.parkNanos(this, PAUSE_NANOS);
        if (!told) {
            told = true;
            failed.error(Thread.currentThread().getName(), failure);
        }
    }

    /**
     * The driver has done its work: what failed before that is over, unless something else has failed since. For the driver
     * only.
     *
     * @param former what {@link #present()} was before the work
     */
    public void worked(@Nullable Throwable former) {
        if (former != null && present == former) {
            present = null;
            told = false;
        }
    }
}

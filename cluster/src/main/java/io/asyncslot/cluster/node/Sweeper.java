package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.backend.Log;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Looks for slots that come near, again and again: at once as long as there is more, else after the interval or when it is
 * woken. One daemon thread. Thread-safe.
 */
final class Sweeper implements AutoCloseable {

    private static final Log LOG = new Log(Sweeper.class);

    private final Duration interval;
    private final BooleanSupplier sweep;
    private final Thread thread;

    /** Set by {@link #close}; read by the thread. */
    private volatile boolean closed;

    /** Whether the last sweep failed with something unexpected, which is told once. The thread's own. */
    private boolean told;

    /**
     * Makes one; {@link #start} begins.
     *
     * @param interval how long to wait where there is nothing more
     * @param sweep claims a batch; true when there is more
     */
    Sweeper(Duration interval, BooleanSupplier sweep) {
        this.interval = interval;
        this.sweep = sweep;
        this.thread = new Thread(this::run, "asyncslot-cluster-sweep");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** There is something to be claimed: does not wait for the interval. */
    void wake() {
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closed = true;
        wake();
    }

    private void run() {
        while (!closed) {
            if (!sweptAndMore()) {
                LockSupport.parkNanos(interval.toNanos());
            }
        }
    }

    private boolean sweptAndMore() {
        try {
            boolean more = sweep.getAsBoolean();
            told = false;
            return more;
        } catch (BackendUnavailableException e) {
            LOG.debug("sweeps wait for the database", e);
        } catch (Throwable e) {
            tell(e);
        }
        return false;
    }

    private void tell(Throwable failure) {
        if (!told) {
            told = true;
            LOG.error("a sweep failed; sweeps go on", failure);
        }
    }
}

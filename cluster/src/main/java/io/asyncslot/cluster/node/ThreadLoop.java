package io.asyncslot.cluster.node;

import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Log;
import java.util.concurrent.locks.LockSupport;

/** A loop on a daemon thread, which outlasts whatever a step throws. Thread-safe. */
final class ThreadLoop implements Loop {

    private static final Log LOG = new Log(ThreadLoop.class);
    private static final Log.Message FAILED = LOG.message("a step of '", "' failed; the next one follows");

    /** How long a step that failed waits for the next one. */
    private static final long PAUSE_NANOS = 1_000_000;

    private final Runnable turn = this::turn;
    private final Runnable over;
    private final Step step;
    private final Thread thread;

    /** Set by {@link #close}; read by the thread. */
    private volatile boolean closed;

    /**
     * Whether to do the step once more: a wake alone is lost where the step itself waits for something. Set by who wakes; taken
     * away by the thread, before a step.
     */
    private volatile boolean woken;

    /** Whether the log was told of a failure, and no part has gone well since. The thread's own. */
    private boolean told;

    ThreadLoop(String name, Step step) {
        this.step = step;
        this.over = step::over;
        this.thread = EngineThreads.daemon(this::run, name);
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void wake() {
        woken = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void close() {
        closed = true;
        wake();
    }

    private void run() {
        while (!closed) {
            surely(turn);
        }
        while (!surely(over)) {
            // until those who wait for it are told
        }
    }

    private void turn() {
        boolean unused = Thread.interrupted(); // nobody's business, and a thread that is interrupted waits no more
        woken = false;
        long nanos = step.step();
        if (nanos > 0 && !woken && !closed) {
            LockSupport.parkNanos(nanos);
        }
    }

    /** Whether it threw nothing; else that is told, the first in a row, and the heap has had a moment. */
    private boolean surely(Runnable part) {
        try {
            part.run();
            told = false;
            return true;
        } catch (Throwable e) {
            if (!told) {
                told = true;
                FAILED.error(thread.getName(), e);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            return false;
        }
    }
}

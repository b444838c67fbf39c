package io.asyncslot.kernel;

import io.asyncslot.backend.EngineThreads;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The thread that waits for the kernel, from the first start on until the engine is closed. */
final class Poller {

    private final KernelEngine engine;

    /** Written with the backend's lifecycle lock; volatile, for who closes. */
    private volatile @Nullable Thread thread;

    Poller(KernelEngine engine) {
        this.engine = engine;
    }

    /** Begins, unless it has begun; with the backend's lifecycle lock. */
    void start() {
        if (thread != null) {
            return;
        }
        Thread poller = EngineThreads.daemon(() -> drive(engine), "asyncslot-kernel");
        engine.polled();
        boolean begun = false;
        try {
            poller.start();
            begun = true;
            thread = poller;
        } finally {
            if (!begun) {
                engine.leave(); // no thread to be had: the next start tries again
            }
        }
    }

    /** Ends with the engine, and not before: what a failure is followed by here is a store. */
    private static void drive(KernelEngine engine) {
        for (; ; ) {
            try {
                if (engine.isClosing()) {
                    engine.leave();
                    return;
                }
                engine.turn();
            } catch (Throwable e) {
                engine.failures().failed(e);
            }
        }
    }

    /** Waits for the thread to end, for so long at the most; not for itself. */
    void join(Duration limit) {
        Thread former = thread;
        if (former == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        long end = System.nanoTime() + limit.toNanos();
        while (former != null && former.isAlive() && System.nanoTime() < end) {
            try {
                TimeUnit.MILLISECONDS.timedJoin(former, 100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.asyncslot.kernel;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.backend.EngineThreads;
import io.asyncslot.backend.Log;
import io.asyncslot.core.LocalContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Gives the pinned slots to another process that asks for them, or goes on if nothing comes of that. Thread-safe. */
final class HandOver {

    static final String HANDED_OVER =
            "the pinned slots were handed over to another process, which asked for them: operations here answer CLOSED";

    private static final Log LOG = new Log(KernelBackend.class);

    /** How long a process that is asked to hand over waits for its runs. */
    static final long NANOS = 30_000_000_000L;

    static final String ENDING_RUNS = "another process asks for the pinned slots: no run begins, for "
            + NANOS / 1_000_000_000 + " seconds at most, until those under way have ended";

    /** After an attempt that came to nothing the slots run undisturbed for so many times as long as it took. */
    static final int PAUSE = 4;

    /** How long a process that hands over waits before it looks again whether its operations have ended. */
    private static final long SETTLE_NANOS = 1_000_000;

    /** How long a process that is asked to hand over waits for its runs before it looks whether it still is. */
    private static final long LOOK_NANOS = 200_000_000;

    /** How long it waits for openings and operations that are under way, once it has decided. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final KernelBackend backend;
    private final KernelEngine engine;
    private final LocalContext context;
    private final OpenMaps maps;

    /** The backend's: so that a start or a stop comes before a step of this or after it. */
    private final ReentrantLock lifecycle;

    /** Whether runs are to begin, whatever a hand-over does meanwhile. With {@link #lifecycle}. */
    private final BooleanSupplier wanted;

    /** Whether another process is being given the slots, or has them. Any thread, by CAS; back to false if it gave up. */
    private final AtomicBoolean handingOver = new AtomicBoolean();

    /** Whether no run begins because another process asks for the slots. Written by whoever hands over; volatile. */
    private volatile boolean endingRuns;

    /** When this process lets itself be asked again, monotonic nanoseconds. Written by whoever hands over; volatile. */
    private volatile long handOverFrom = Long.MIN_VALUE;

    /** Whether another process was given the slots. Set once; volatile. */
    private volatile boolean handedOver;

    HandOver(
            KernelBackend backend,
            KernelEngine engine,
            LocalContext context,
            OpenMaps maps,
            ReentrantLock lifecycle,
            BooleanSupplier wanted) {
        this.backend = backend;
        this.engine = engine;
        this.context = context;
        this.maps = maps;
        this.lifecycle = lifecycle;
        this.wanted = wanted;
    }

    /** Whether another process is being given the slots, or has them. */
    boolean isUnderWay() {
        return handingOver.get();
    }

    /** Whether no run begins because another process asks for the slots. */
    boolean isEndingRuns() {
        return endingRuns;
    }

    /** Whether the memory is another process's. */
    boolean isDone() {
        return handedOver;
    }

    void refuseIfDone() {
        if (handedOver) {
            throw new BackendUnavailableException(KernelBackend.NAME, HANDED_OVER, "Restart this application");
        }
    }

    /** Another process asks for the slots; called by the poller, which must not wait. */
    void asked() {
        if (now() >= handOverFrom && !handingOver.getAndSet(true)) {
            boolean begun = false;
            try {
                EngineThreads.runOnce(this::run);
                begun = true;
            } finally {
                if (!begun) {
                    handingOver.set(false); // no thread to be had: asked again at the next look
                }
            }
        }
    }

    private long now() {
        return context.injected().ticker().monotonicNanos();
    }

    /**
     * Gives the slots to the process that asks for them: begins no run, waits for those under way, then lets go. If that process
     * gives up before, or the runs take too long, all goes on as it was.
     */
    void run() {
        HandOverQuestion question = engine.question();
        boolean given = false;
        try {
            given = question != null && question.isLive() && endRuns(question) && give(question);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (given) {
                letGo();
            } else {
                goOn();
            }
        }
    }

    /** Begins no further run, and waits for those under way; answers whether they ended while the question stood. */
    private boolean endRuns(HandOverQuestion question) throws InterruptedException {
        long began = now();
        boolean quiet = false;
        endingRuns = true;
        try {
            lifecycle.lock();
            try {
                engine.running(false);
            } finally {
                lifecycle.unlock();
            }
            LOG.info("another process asks for the pinned slots: this application ends its runs");
            context.runQueue().recall();
            do {
                quiet = engine.inFlight().awaitNone(LOOK_NANOS);
            } while (!quiet && question.isAsked() && now() - began < NANOS);
            quiet = quiet && question.isLive(); // directly before letting go: nobody gets them otherwise
        } finally {
            if (!quiet) {
                handOverFrom = now() + PAUSE * (now() - began);
            }
        }
        return quiet;
    }

    private boolean give(HandOverQuestion question) {
        lifecycle.lock(); // a start that comes now finds that the slots are gone
        try {
            return !engine.isClosing() && question.give();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Nothing came of it. */
    private void goOn() {
        lifecycle.lock();
        try {
            handingOver.set(false);
            engine.running(wanted.getAsBoolean() && !engine.isClosing());
        } finally {
            lifecycle.unlock();
        }
        if (endingRuns) {
            endingRuns = false;
            engine.wakePoller();
            LOG.warning(
                    "the other process has given up, or runs took too long: this application keeps the pinned slots");
        }
    }

    /** The slots are another process's: closes what is here, and gives the memory and its lock away whatever fails. */
    void letGo() {
        handedOver = true; // before the memory is given away
        try {
            long end = System.nanoTime() + LIMIT.toNanos();
            while (maps.isOpening() && System.nanoTime() < end) {
                LockSupport.parkNanos(this, SETTLE_NANOS);
            }
            try {
                maps.closeAll();
            } catch (Throwable e) { // a full heap: some may not have been reached
                maps.closeAll();
            }
            while (engine.isInUse() && System.nanoTime() < end) { // operations that are under way have answered then
                LockSupport.parkNanos(this, SETTLE_NANOS);
            }
        } finally {
            try {
                backend.detach();
            } finally {
                closeSurely();
            }
        }
        LOG.warning(HANDED_OVER);
    }

    private void closeSurely() {
        try {
            backend.close();
        } catch (Throwable e) {
            backend.close(); // the lock must not stay for the life of this process
        }
    }
}

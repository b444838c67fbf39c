package io.asyncslot.kernel;

import io.asyncslot.backend.Locks;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Combines the commands of all threads: whoever has the lock carries out what is there. Owns the engine's lock and the two
 * queues. Thread-safe.
 */
final class Combiner {

    /*
     *   caller   pushes a command, then tries the lock             -> got it? carries out all that is there
     *   holder   releases the lock, then looks at the queues       -> not empty? tries the lock again, whatever it held it for
     *
     * so no command stays. The holder gives up after some rounds and wakes the poller for the rest: nobody works for others
     * for ever. Who combines for others does not fail for them: the poller is told, and goes on.
     */

    /** Who carries the commands out. */
    interface Worker {

        /** Carries out what is there; with the lock. False when there will never be anything to carry out any more. */
        boolean carryOut(boolean last);

        /** Carrying out has failed; without the lock. What is left is the poller's. */
        void failed(Throwable failure);
    }

    private static final int ROUNDS = 8;
    private static final int BATCH = 256;
    private static final int LAZY = 64;

    private final Worker worker;
    private final ReentrantLock lock = new ReentrantLock();

    /** Records of slots to look at, each with a reference and its inbox claim. Any thread adds, the lock's holder takes. */
    private final PlaceQueue intake;

    /** Records whose slot is reclaimed. Any thread adds, the lock's holder takes. */
    private final PlaceQueue gone;

    /** How many commands of the two queues above nobody has hurried to carry out. A hint; any thread. */
    private final AtomicInteger lazy = new AtomicInteger();

    /** How many commands this thread has left during a batch; null outside. */
    @SuppressWarnings("ThreadLocalUsage") // an engine's own: a thread may be inside batches of two
    private final ThreadLocal<int @Nullable []> batch = new ThreadLocal<>();

    /** Threads inside a batch; saves the others the look at {@link #batch}. Any thread. */
    private final AtomicInteger batches = new AtomicInteger();

    Combiner(int capacity, Worker worker) {
        this.worker = worker;
        this.intake = new PlaceQueue(capacity);
        this.gone = new PlaceQueue(capacity);
    }

    // ---- any thread

    /** Leaves a command that is to be carried out soon. */
    void hurry(int place) {
        intake.add(place);
        hurry();
    }

    /** Carries out soon what was left. */
    void hurry() {
        if (batches.get() != 0) {
            int @Nullable [] left = batch.get();
            if (left != null && ++left[0] < BATCH) {
                return;
            }
            if (left != null) {
                left[0] = 0;
            }
        }
        combine();
    }

    /** Leaves a command that may wait. */
    void linger(int place) {
        intake.add(place);
        linger();
    }

    /** A record's slot is gone for good. */
    void gone(int place) {
        gone.add(place);
        linger();
    }

    private void linger() {
        if (lazy.incrementAndGet() >= LAZY) {
            combine();
        }
    }

    /** Records' slots are gone, and nobody has a reference to them. */
    void gone(Iterable<Integer> places) {
        for (int place : places) {
            gone.add(place);
        }
        combine();
    }

    void batchBegins() {
        if (batch.get() == null) {
            batch.set(new int[1]); // first: it may fail
            batches.incrementAndGet();
        }
    }

    void batchEnds() {
        if (batch.get() != null) {
            batch.remove();
            batches.decrementAndGet();
            combine();
        }
    }

    boolean hasCommands() {
        return !intake.isEmpty() || !gone.isEmpty();
    }

    /** Whether something is left to carry out, or somebody has taken it and is at it. */
    boolean isBusy() {
        return hasCommands() || lock.isLocked();
    }

    /** Whether more wait than should for somebody who passes by. */
    boolean isPressing() {
        return hasCommands() && lazy.get() >= LAZY;
    }

    /** Carries out what is there, unless somebody else does. What fails is left to the poller: the caller has done its part. */
    void combine() {
        if (lock.isHeldByCurrentThread()) {
            return; // on our way out we look again
        }
        try {
            for (int i = 0; i < ROUNDS && hasCommands() && lock.tryLock(); i++) {
                try {
                    if (!worker.carryOut(i == ROUNDS - 1)) {
                        return;
                    }
                } finally {
                    lock.unlock();
                }
            }
        } catch (Throwable e) {
            worker.failed(e);
        }
    }

    /** Carries out what was asked for before, or waits for whoever does. */
    void settle() {
        if (lock.isHeldByCurrentThread()) {
            return;
        }
        lock.lock();
        try {
            worker.carryOut(false);
        } catch (Throwable e) {
            worker.failed(e);
        } finally {
            unlock();
        }
    }

    // ---- the lock

    void lock() {
        lock.lock();
    }

    /** As {@link #lock}, for a thread whose stack may be at its end. */
    void lockPatiently() {
        Locks.lock(lock);
    }

    boolean tryLock() {
        return lock.tryLock();
    }

    /** Releases the lock outside {@link #combine}: who tried it meanwhile left the commands to us. */
    void unlock() {
        lock.unlock();
        if (hasCommands()) {
            combine();
        }
    }

    // ---- with the lock

    /** All that is there from now on is new. */
    void begin() {
        lazy.set(0);
    }

    /** The next record whose slot is to be looked at; negative for none. */
    int nextCommand() {
        return intake.poll();
    }

    /** The next record whose slot is gone; negative for none. */
    int nextGone() {
        return gone.poll();
    }
}

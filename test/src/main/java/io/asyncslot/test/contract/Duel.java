package io.asyncslot.test.contract;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Runs two actions at the same moment, round after round: one on a thread of its own, one on the caller's. */
final class Duel implements AutoCloseable {

    private static final int CLOSED = -1;
    private static final long USUAL_NANOS = 400_000_000L;
    private static final long LONGEST_NANOS = 6 * USUAL_NANOS;

    /** Scenarios may run at the same time, but two duels would take the processors from each other and meet more seldom. */
    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock(true);

    private final long began;
    private final long patienceNanos;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread second = new Thread(this::serve, "contract-duel");

    /** Written by the caller's thread before {@link #turn}; read by the second after it. */
    private volatile Action action = () -> {};

    /** Written by the caller's thread. */
    private volatile int turn;

    private volatile int go;

    /** Written by the second thread. */
    private volatile int ready;

    private volatile int done;
    private volatile long secondBegan;
    private volatile long secondEnded;

    private int overlaps;

    /** Waits until no other duel is under way, which counts as time of the test; {@link #close} follows, on the same thread. */
    Duel(ContractRig rig) throws InterruptedException {
        patienceNanos = rig.patience().toNanos();
        second.setDaemon(true);
        ONE_AT_A_TIME.lockInterruptibly();
        began = System.nanoTime();
        second.start();
    }

    private void serve() {
        int seen = 0;
        for (int idle = 0; turn != CLOSED; idle++) {
            int now = turn;
            if (now == seen || now == CLOSED) {
                pause(idle);
                continue;
            }
            seen = now;
            idle = 0;
            ready = now;
            for (int turns = 0; go != now && turn != CLOSED; turns++) {
                pause(turns);
            }
            try {
                linger((now & 1) == 0 ? now : 0);
                secondBegan = System.nanoTime();
                action.run();
                secondEnded = System.nanoTime();
            } catch (Throwable e) {
                failure.set(e);
            }
            done = now;
        }
    }

    /** One round; returns when both have ended. */
    void run(Action first, Action other) throws Exception {
        action = other;
        int now = turn + 1;
        turn = now;
        long until = System.nanoTime() + patienceNanos;
        for (int turns = 0; ready != now; turns++) {
            pause(turns);
            check(until);
        }
        go = now;
        linger((now & 1) == 1 ? now : 0);
        long firstBegan = System.nanoTime();
        first.run();
        long firstEnded = System.nanoTime();
        for (int turns = 0; done != now; turns++) {
            pause(turns);
            check(until);
        }
        Throwable failed = failure.getAndSet(null);
        if (failed != null) {
            throw new AssertionError("the second thread failed", failed);
        }
        if (firstBegan - secondEnded < 0 && secondBegan - firstEnded < 0) {
            overlaps++;
        }
    }

    private void check(long until) {
        if (System.nanoTime() - until > 0) {
            AssertionError hangs = new AssertionError("the second thread hangs");
            hangs.setStackTrace(second.getStackTrace());
            throw hangs;
        }
    }

    /** Whether another round is to be run: as many as fit into the time, and longer while a wanted order is missing. */
    boolean goesOn(int round, int most, int... wanted) {
        long spent = System.nanoTime() - began;
        boolean missing = wanted.length == 0 && overlaps == 0;
        for (int count : wanted) {
            missing |= count == 0;
        }
        return round < most && spent < USUAL_NANOS || missing && spent < LONGEST_NANOS && round < 20 * most;
    }

    /** In how many rounds the two actions overlapped in time. */
    int overlaps() {
        return overlaps;
    }

    @SuppressWarnings("ThreadPriorityCheck") // there may be one processor only: the other side needs it
    private static void pause(int turns) {
        if ((turns & 511) == 511) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    /** Shifts the two sides against each other, so that both orders come up, also on one processor. */
    @SuppressWarnings("ThreadPriorityCheck") // as above
    private static void linger(int round) {
        int hash = round * 0x9E3779B9;
        hash ^= hash >>> 15;
        if (round != 0 && (hash >>> 20 & 3) == 0) {
            Thread.yield();
        }
        for (int i = (hash & 0xFFF) >>> (hash >>> 12 & 31) % 12; i > 0; i--) {
            Thread.onSpinWait();
        }
    }

    /** Lets the other side in between two operations of one round, also on one processor. */
    @SuppressWarnings("ThreadPriorityCheck") // as above
    static void giveWay(int operation) {
        if ((operation & 7) == 7) {
            Thread.yield();
        }
    }

    @Override
    public void close() {
        turn = CLOSED;
        ONE_AT_A_TIME.unlock();
    }
}

package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.spi.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * One thread's wait for the run of a slot, wherever in the cluster that goes on. Called by a callback it is announced in
 * the database, so that callbacks that await each other in a ring find that out. Owned by one thread.
 */
final class Awaiting implements AutoCloseable {

    /** Waits between two looks into the database. */
    @FunctionalInterface
    interface Pauses {

        /**
         * Waits until there may be something to see.
         *
         * @param waited the time waited so far, in nanoseconds
         * @param left the longest wait, in nanoseconds
         */
        void pause(long waited, long left) throws InterruptedException;
    }

    private final ClusterEngine engine;
    private final SlotId target;

    /** The runs this thread is inside, announced as awaiting the target. */
    private final List<Run> announced = new ArrayList<>();

    private boolean wouldDeadlock;

    private Awaiting(ClusterEngine engine, SlotId target) {
        this.engine = engine;
        this.target = target;
    }

    /** Announces a wait. */
    static Awaiting of(ClusterEngine engine, SlotId target) {
        Awaiting awaiting = new Awaiting(engine, target);
        try {
            awaiting.announce();
            return awaiting;
        } catch (Throwable e) {
            awaiting.close();
            throw e;
        }
    }

    private void announce() {
        for (RunScope scope = RunScope.current(); scope != null && !wouldDeadlock; scope = scope.outer()) {
            Run self = scope.run();
            announced.add(self);
            wouldDeadlock = self.map().closersInCallbacks() != 0
                    || !engine.database()
                            .own(session -> session.announceAwait(
                                    self.id(), self.begun().token(), target));
        }
    }

    /** Whether the wait would be one for oneself. */
    boolean wouldDeadlock() {
        return wouldDeadlock;
    }

    /**
     * Waits until a run has ended, and whatever run of the slot goes on in this process: that one may have been given up by
     * the cluster, and still be running.
     */
    boolean ended(long token, long nanos) throws InterruptedException {
        Ticker ticker = engine.injected().ticker();
        long began = ticker.monotonicNanos();
        Run here = engine.runs().of(target);
        boolean thatOne = here != null && here.begun().token() == token;
        boolean givenUp = here != null && here.node() != engine.membership().node();
        if (here != null && (thatOne || givenUp) && !endedHere(here, nanos)) {
            return false;
        }
        if (token == 0 || thatOne) {
            return true;
        }
        try (Hints.Waiter waiter = engine.hints().waiter(Hints.hash(target))) {
            return until(
                    ticker,
                    () -> engine.database().own(session -> session.runToken(target)) != token,
                    nanos - (ticker.monotonicNanos() - began),
                    waiter);
        }
    }

    private boolean endedHere(Run here, long nanos) throws InterruptedException {
        if (announced.isEmpty()) {
            return ended(here, nanos);
        }
        here.awaitingCallbacks().incrementAndGet();
        try {
            return ended(here, nanos);
        } finally {
            here.awaitingCallbacks().decrementAndGet();
        }
    }

    /** Waits until a run of this node has ended. */
    static boolean ended(Run run, long nanos) throws InterruptedException {
        CompletableFuture<Void> ended = run.ended();
        if (nanos <= 0) {
            return ended.isDone();
        }
        try {
            ended.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        }
    }

    /** Waits until something holds in the database; looks at least once, and after each pause. */
    static boolean until(Ticker ticker, BooleanSupplier done, long nanos, Pauses pauses) throws InterruptedException {
        long began = ticker.monotonicNanos();
        while (!done.getAsBoolean()) {
            long waited = ticker.monotonicNanos() - began;
            if (nanos - waited <= 0) {
                return false;
            }
            pauses.pause(waited, nanos - waited);
        }
        return true;
    }

    @Override
    public void close() {
        for (Run self : announced) {
            engine.database().own(session -> {
                session.withdrawAwait(self.id(), self.begun().token());
                return true;
            });
        }
    }
}

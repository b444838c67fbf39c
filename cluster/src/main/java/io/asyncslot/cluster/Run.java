package io.asyncslot.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One run of a callback on this node, from its begin in the database to its end there. Thread-safe.
 *
 * <p>Nobody but {@link Runs} completes {@link #ended()}.
 */
final class Run {

    private final StoredSlots<?> map;
    private final long node;
    private final Begun begun;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Local callbacks that await this run. */
    private final AtomicInteger awaitingCallbacks = new AtomicInteger();

    /** Whether and how the firing is delivered again. Written by the run's thread; read by all. */
    private volatile Again again = Again.NOT;

    /** Whether a firing is delivered again. */
    enum Again {
        /** It is not. */
        NOT,
        /** As its next attempt. */
        RETRIED,
        /** As the same attempt, for its callback was not called. */
        POSTPONED
    }

    /** Set by whoever learns that the slot was deleted, its map closed or this node given up; never unset. */
    private volatile boolean cancelled;

    Run(StoredSlots<?> map, long node, Begun begun) {
        this.map = map;
        this.node = node;
        this.begun = begun;
    }

    StoredSlots<?> map() {
        return map;
    }

    /** The node that began it: this process under the id it had then. */
    long node() {
        return node;
    }

    Begun begun() {
        return begun;
    }

    SlotId id() {
        return begun.id();
    }

    /** Completes when the run has ended in the database, or belongs to somebody else there. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    AtomicInteger awaitingCallbacks() {
        return awaitingCallbacks;
    }

    /** What becomes of the firing, as its callback asked for. */
    Again again() {
        return again;
    }

    void again(Again value) {
        again = value;
    }

    boolean isCancelled() {
        return cancelled;
    }

    void cancel() {
        cancelled = true;
    }
}

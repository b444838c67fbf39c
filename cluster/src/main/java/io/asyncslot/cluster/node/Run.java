package io.asyncslot.cluster.node;

import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One run of a callback on this node, from its begin in the database to its end there. Thread-safe.
 *
 * <p>Nobody but {@link Runs} completes {@link #ended()}.
 */
final class Run {

    private final StoredSlots<?> map;
    private final long node;
    private final StartedRun begun;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Local callbacks that await this run. */
    private final AtomicInteger awaitingCallbacks = new AtomicInteger();

    /** How often the end found the row locked. Changed by whoever ends this run: one at a time, each after the other is done. */
    private int locked;

    /** Whether a failure of the end was told. Changed as {@link #locked} is. */
    private boolean told;

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

    /** How it ended on this node. Written by the run's thread before it asks for the end; read by the thread that ends runs. */
    private volatile Finish finish;

    /** Set by whoever learns that the slot was deleted, its map closed or this node given up; never unset. */
    private volatile boolean cancelled;

    Run(StoredSlots<?> map, long node, StartedRun begun) {
        this.map = map;
        this.node = node;
        this.begun = begun;
        this.finish = new Finish(begun, Finish.Result.NOT_CALLED, 0, null);
    }

    StoredSlots<?> map() {
        return map;
    }

    /** The node that began it: this process under the id it had then. */
    long node() {
        return node;
    }

    StartedRun begun() {
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

    /** How it ended on this node, as far as is known. */
    Finish finish() {
        return finish;
    }

    /**
     * The callback has returned or failed. Called by the run's thread.
     *
     * @param notBefore as {@link Finish#notBefore}
     */
    void finished(long tookMicros, @Nullable Throwable failure, long notBefore) {
        Finish.Result result = failure == null ? Finish.Result.RETURNED : Finish.Result.FAILED;
        if (again == Again.POSTPONED && failure == null) {
            result = Finish.Result.NOT_CALLED;
        } else if (again != Again.NOT && failure != null) {
            result = Finish.Result.FAILED_ONCE;
        }
        finish = new Finish(
                begun, result, tookMicros, failure == null ? null : Finish.text(Shown.of(failure)), notBefore);
    }

    /** What becomes of the firing, as its callback asked for. */
    Again again() {
        return again;
    }

    void again(Again value) {
        again = value;
    }

    /** The end found the row locked: how often before, up to a few times. */
    int lockedOnceMore() {
        return Math.min(locked++, 10);
    }

    /** The end failed: whether that is the first time. */
    boolean endFailed() {
        boolean first = !told;
        told = true;
        return first;
    }

    boolean isCancelled() {
        return cancelled;
    }

    void cancel() {
        cancelled = true;
    }
}

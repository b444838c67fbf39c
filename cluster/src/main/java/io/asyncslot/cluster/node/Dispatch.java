package io.asyncslot.cluster.node;

import io.asyncslot.backend.Log;
import io.asyncslot.cluster.store.SlotId;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hands the due slots of one map to the executor, no more at once than the map allows. Thread-safe. */
final class Dispatch {

    private static final Log LOG = new Log(Dispatch.class);

    private final Executor executor;
    private final int limit;
    private final Consumer<SlotId> task;
    private final Consumer<SlotId> refused;

    /** Due slots beyond the limit, in order. Guarded by {@code this}, as is {@link #active}; no user code runs under it. */
    private final Queue<SlotId> waiting = new ArrayDeque<>();

    private int active;

    /**
     * Makes one.
     *
     * @param executor runs the tasks
     * @param limit how many at once; 0 for any number
     * @param task what to do with a slot; does not throw
     * @param refused what to do with one that the executor refused
     */
    Dispatch(Executor executor, int limit, Consumer<SlotId> task, Consumer<SlotId> refused) {
        this.executor = executor;
        this.limit = limit;
        this.task = task;
        this.refused = refused;
    }

    void offer(SlotId id) {
        if (limit != 0) {
            synchronized (this) {
                if (active == limit) {
                    waiting.add(id);
                    return;
                }
                active++;
            }
        }
        hand(id);
    }

    private void hand(SlotId first) {
        for (SlotId id = first; id != null; id = handed(id) ? null : next()) {}
    }

    /** Whatever the executor throws, and whether it has kept the task or run it: the slot is dealt with once. */
    private boolean handed(SlotId id) {
        AtomicBoolean dealtWith = new AtomicBoolean();
        try {
            executor.execute(() -> {
                if (dealtWith.compareAndSet(false, true)) {
                    run(id);
                }
            });
        } catch (Throwable e) {
            if (!(e instanceof RejectedExecutionException)) {
                tell(e);
            }
            if (dealtWith.compareAndSet(false, true)) {
                refused.accept(id);
                return false;
            }
        }
        return true;
    }

    private void run(SlotId id) {
        boolean callersOwn = Thread.interrupted(); // an executor that runs tasks inline: not the callback's business
        try {
            task.accept(id);
        } finally {
            boolean unused = Thread.interrupted(); // what was meant for this run does not meet the next
            try {
                ended();
            } finally {
                if (callersOwn) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private static void tell(Throwable failure) {
        LOG.warning("the executor of the callbacks failed; the slot is offered again", failure);
    }

    private void ended() {
        SlotId next = next();
        if (next != null) {
            hand(next);
        }
    }

    private synchronized @Nullable SlotId next() {
        if (limit == 0) {
            return null;
        }
        SlotId next = waiting.poll();
        if (next == null) {
            active--;
        }
        return next;
    }
}

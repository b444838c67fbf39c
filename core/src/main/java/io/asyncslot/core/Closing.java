package io.asyncslot.core;

import io.asyncslot.CloseOutcome;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Log;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes one map: keeps creators out, frees what is left, lets go of all that an open map has, and waits for the last run. Thread-safe.
 *
 * @param <K> the key type
 */
final class Closing<K> {

    /*
     * Order
     *
     * A creator publishes first and then looks at `closed`; closing sets `closed` first and then walks the index. Both
     * are sequentially consistent, so one always sees the other: no armed slot survives in a closed map. The creator
     * unwinds by the ordinary free, never by dropping a block that others may already use.
     *
     * Where slots outlive the process, closing lets go first: the copies then keep what the slots were before they were
     * freed here. The closer copies a word and then frees the slot by a CAS on just that word, so what the copy keeps is
     * what the last operation left: one whose step came before need not copy, and one that comes after finds the slot
     * freed. What a creator unwinds, and what a user deletes or drops, is taken out of its copy all the same.
     */

    private static final Log LOG = new Log(Closing.class);
    private static final Log.Message FREED_WITH_FAILURE = LOG.message("slots of map '", "' were freed with a failure");

    private final LocalSlots<K> map;
    private final SlotIndex<K> index;
    private final Generations generations;
    private final CallbackRunner<K> runner;

    /** Set by the first to close; volatile, read by creators after they have published. */
    private volatile boolean closed;

    /** Whether slots stay where they outlive the process. Set by the first to close, before {@link #closed}; volatile. */
    private volatile boolean lettingGo;

    /** Threads in {@link #end}; read by whoever takes a freed block out of the index. */
    private final AtomicInteger closers = new AtomicInteger();

    /** Those of them that are inside callbacks. */
    private final AtomicInteger closersInCallbacks = new AtomicInteger();

    Closing(LocalSlots<K> map, SlotIndex<K> index, Generations generations, CallbackRunner<K> runner) {
        this.map = map;
        this.index = index;
        this.generations = generations;
        this.runner = runner;
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether the map is closed, and its slots stay where they outlive the process. */
    boolean isLettingGo() {
        return lettingGo && closed;
    }

    /** Threads that close the map from inside callbacks. */
    int inCallbacks() {
        return closersInCallbacks.get();
    }

    /** A freed block is out of the index, and does not run. */
    void gone() {
        if (closers.get() != 0) {
            map.barrier().signal();
        }
    }

    /**
     * Closes the map.
     *
     * @param letGo whether slots stay where they outlive the process
     */
    CloseOutcome end(Duration limit, boolean letGo) throws InterruptedException {
        long nanos = Limits.nanos(limit);
        RunLoop inside = RunLoop.current();
        if (RunLoop.isInside(map)) {
            return CloseOutcome.WOULD_DEADLOCK;
        }
        closers.incrementAndGet();
        if (inside != null) {
            closersInCallbacks.incrementAndGet();
        }
        try {
            if (inside != null && inside.isAwaited()) {
                return CloseOutcome.WOULD_DEADLOCK;
            }
            if (letGo && !closed) {
                lettingGo = map.copies().letGo();
            }
            closed = true;
            try {
                freeAll(letGo);
            } finally {
                letGo();
            }
            return map.barrier().await(index::isQuiescent, nanos) ? CloseOutcome.CLOSED : CloseOutcome.TIMED_OUT;
        } finally {
            if (inside != null) {
                closersInCallbacks.decrementAndGet();
            }
            closers.decrementAndGet();
        }
    }

    /** Lets go of all that an open map has, once. */
    private void letGo() {
        Binding<K> last = map.binding().take();
        if (last == null) {
            return;
        }
        try {
            last.release();
            map.copies().closed();
        } finally {
            leaveAll();
        }
    }

    /** Leaves each of those that know the map, whatever becomes of the others. */
    private void leaveAll() {
        try {
            map.calendar().closed();
        } finally {
            try {
                map.dispatcher().closed();
            } finally {
                try {
                    map.scrubber.closed(map);
                } finally {
                    runner.closed();
                }
            }
        }
    }

    /** Frees what is left, each slot whatever becomes of the others. */
    private void freeAll(boolean letGo) {
        Throwable failure = null;
        long highest = 0;
        for (ControlBlock<K> block : index.values()) {
            try {
                map.freeClosed(block, letGo);
            } catch (Throwable e) { // a full heap or stack, while a history was written
                failure = e;
            }
            highest = Math.max(highest, block.generation());
        }
        generations.ended(Math.max(highest, index.highestGeneration()));
        if (failure != null) {
            FREED_WITH_FAILURE.error(map.name(), failure);
        }
    }
}

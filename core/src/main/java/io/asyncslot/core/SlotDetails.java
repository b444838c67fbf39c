package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotSnapshot.LastFiring;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What few slots need: those with history, those somebody waits for, those with a callback of their own, those whose
 * former incarnation still runs. Thread-safe as said per field.
 *
 * @param <K> the key type
 */
final class SlotDetails<K> {

    /** Threads that wait for a run to end. Counted up before they look at RUNNING; read after RUNNING is cleared. */
    final AtomicInteger waiters = new AtomicInteger();

    /** Those of them that are themselves inside callbacks: the kernel's {@code cancelling}. */
    final AtomicInteger waitersInCallbacks = new AtomicInteger();

    /** Runs that have ended since these details exist. Written by the running thread before RUNNING is cleared. */
    final AtomicInteger endedRuns = new AtomicInteger();

    /** Later incarnations whose run waits for the end of this one's. */
    final AtomicReference<@Nullable Heir<K>> heirs = new AtomicReference<>();

    /** The slot's own callback, or null for the map's. Stored by rebind, read by the running thread. */
    volatile @Nullable SlotCallback<? super K> callback;

    /** What happened; null when history is off. */
    final @Nullable History history;

    /** The former incarnation if it still ran when this one was made. Set before publication, nulled by the worker. */
    volatile @Nullable ControlBlock<K> predecessor;

    /** How the latest firing went; only with history. Written by the running thread. */
    volatile @Nullable LastFiring lastFiring;

    SlotDetails(int historySize) {
        this.history = historySize == 0 ? null : new History(historySize);
    }

    /** A link in the stack of {@link #heirs}. */
    record Heir<K>(ControlBlock<K> block, @Nullable Heir<K> next) {}
}

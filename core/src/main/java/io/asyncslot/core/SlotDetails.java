package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotSnapshot.LastFiring;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What few slots need: those with history, those somebody waits for, those with a callback of their own, those whose
 * former incarnation still runs, those that are or were paused. Thread-safe as said per field.
 *
 * @param <K> the key type
 */
class SlotDetails<K> extends PauseSwitch {

    private static final VarHandle WAITERS;
    private static final VarHandle WAITERS_IN_CALLBACKS;
    private static final VarHandle HEIRS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WAITERS = lookup.findVarHandle(SlotDetails.class, "waiters", int.class);
            WAITERS_IN_CALLBACKS = lookup.findVarHandle(SlotDetails.class, "waitersInCallbacks", int.class);
            HEIRS = lookup.findVarHandle(SlotDetails.class, "heirs", Heir.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What happened; null when history is off. */
    final @Nullable History history;

    /** The former incarnation if it still ran when this one was made. Set before publication, nulled by anyone. */
    volatile @Nullable ControlBlock<K> predecessor;

    /** The slot's own callback, or null for the map's. Stored by rebind, read by the running thread. */
    volatile @Nullable SlotCallback<? super K> callback;

    /** What a slot left by a former process has to make good. Set before publication. */
    @Nullable
    Recovery recovery;

    /** What this run, or the latest one, was: a firing delivered again; null for a first delivery. Custodian only. */
    @Nullable
    Redelivery redelivered;

    /** The firing to be delivered again, if the word still has that pending. Custodian only. */
    @Nullable
    Redelivery again;

    /** What an attempt left for the next one of the same firing. Custodian only. */
    @Nullable
    Attachment attachments;

    /** How the latest firing went; only with history. Written by the running thread. */
    volatile @Nullable LastFiring lastFiring;

    /** What was captured where the slot was armed. Null until it is needed, then set once, with the monitor. */
    private volatile @Nullable ArmedIn armedIn;

    /** Where the time goes until a run begins; only with history. Used by the custodian; plain. */
    private final @Nullable Waits waits;

    /** Runs that have ended since these details exist. Written by the running thread, between two runs. */
    private volatile int endedRuns;

    /** Threads that wait for a run to end. Counted up before they look at RUNNING; read after RUNNING is cleared. */
    private volatile int waiters;

    /** Those of them that are themselves inside callbacks: the kernel's {@code cancelling}. */
    private volatile int waitersInCallbacks;

    /** Later incarnations whose run waits for the end of this one's: a stack, pushed by CAS, taken whole. */
    private volatile @Nullable Heir<K> heirs;

    SlotDetails(int historySize) {
        this.history = historySize == 0 ? null : new History(historySize);
        this.waits = historySize == 0 ? null : new Waits();
    }

    /** For the custodian only; null when history is off. */
    @Nullable
    Waits waits() {
        return waits;
    }

    /** A link in the stack of incarnations that wait. */
    record Heir<K>(ControlBlock<K> block, @Nullable Heir<K> next) {}

    /** Only in maps with arming contexts. */
    ArmedIn armedIn() {
        ArmedIn present = armedIn;
        if (present == null) {
            synchronized (this) {
                present = armedIn;
                if (present == null) {
                    present = new ArmedIn();
                    armedIn = present;
                }
            }
        }
        return present;
    }

    void announce(boolean insideCallback) {
        WAITERS.getAndAdd(this, 1);
        if (insideCallback) {
            WAITERS_IN_CALLBACKS.getAndAdd(this, 1);
        }
    }

    void takeBack(boolean insideCallback) {
        if (insideCallback) {
            WAITERS_IN_CALLBACKS.getAndAdd(this, -1);
        }
        WAITERS.getAndAdd(this, -1);
    }

    boolean isAwaited() {
        return waiters != 0;
    }

    boolean isAwaitedByCallback() {
        return waitersInCallbacks != 0;
    }

    int endedRuns() {
        return endedRuns;
    }

    /** A run has begun: of a firing that is delivered again, or of another one. */
    void begun(@Nullable Redelivery redelivery) {
        redelivered = redelivery;
        again = null;
        if (redelivery == null) {
            attachments = null;
        }
    }

    /** For the running thread only. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time: runs of a slot do not overlap
    void runEnded() {
        endedRuns++;
    }

    void park(ControlBlock<K> block) {
        Heir<K> parked;
        do {
            parked = new Heir<>(block, heirs);
        } while (!HEIRS.compareAndSet(this, parked.next(), parked));
    }

    @SuppressWarnings("unchecked") // what park has put there
    @Nullable
    Heir<K> takeHeirs() {
        return heirs == null ? null : (Heir<K>) HEIRS.getAndSet(this, null);
    }
}

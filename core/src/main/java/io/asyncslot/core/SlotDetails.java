package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What few slots need: those with more to tell than that they were armed, those somebody waits for, those with a callback of
 * their own, those whose former incarnation still runs, those that are or were paused. Thread-safe as said per field.
 *
 * <p>All other slots of a map share one that nobody writes to: it knows the map.
 *
 * @param <K> the key type
 */
class SlotDetails<K> extends PauseSwitch {

    private static final VarHandle WAITERS;
    private static final VarHandle WAITERS_IN_CALLBACKS;
    private static final VarHandle HEIRS;
    private static final VarHandle HISTORY;

    /** Shared by what belongs to no map. */
    @SuppressWarnings("NullAway") // never asked for its map
    private static final SlotDetails<?> NOWHERE = new SlotDetails<>(null, true);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WAITERS = lookup.findVarHandle(SlotDetails.class, "waiters", int.class);
            WAITERS_IN_CALLBACKS = lookup.findVarHandle(SlotDetails.class, "waitersInCallbacks", int.class);
            HEIRS = lookup.findVarHandle(SlotDetails.class, "heirs", Heir.class);
            HISTORY = lookup.findVarHandle(SlotDetails.class, "history", History.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final SlotHome<K> map;

    /** Whether it is that of all slots of the map that have none of their own. */
    private final boolean shared;

    /** What happened, beside what the slot notes in itself. Null until there is something; then set once, by CAS; volatile. */
    private volatile @Nullable History history;

    /** The former incarnation if it still ran when this one was made. Set before publication, nulled by anyone. */
    volatile @Nullable ControlBlock<K> predecessor;

    /** The run of this slot, if a map that followed this one has the slot by now. Stored by who opens that map; volatile. */
    volatile @Nullable FormerRun passedOn;

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

    /** How the latest run went; only with history. Written by the running thread. */
    volatile @Nullable LastRun lastRun;

    /** What was captured where the slot was armed. Null until it is needed, then set once, with the monitor. */
    private volatile @Nullable ArmedIn armedIn;

    /** Where the time goes until a run begins; only with history. Made and used by the custodian; plain. */
    private @Nullable Waits waits;

    /** Runs that have ended since these details exist. Written by the running thread, between two runs. */
    private volatile int endedRuns;

    /** Threads that wait for a run to end. Counted up before they look at RUNNING; read after RUNNING is cleared. */
    private volatile int waiters;

    /** Those of them that are themselves inside callbacks: the kernel's {@code cancelling}. */
    private volatile int waitersInCallbacks;

    /** Later incarnations whose run waits for the end of this one's: a stack, pushed by CAS, taken whole. */
    private volatile @Nullable Heir<K> heirs;

    SlotDetails(SlotHome<K> map) {
        this(map, false);
    }

    private SlotDetails(SlotHome<K> map, boolean shared) {
        this.map = map;
        this.shared = shared;
    }

    /** Makes those that all slots of a map share. */
    static <K> SlotDetails<K> shared(SlotHome<K> map) {
        return new SlotDetails<>(map, true);
    }

    /** Those that all slots of a map share. */
    @SuppressWarnings("unchecked") // it refers to nothing
    static <K> SlotDetails<K> sharedBy(@Nullable SlotHome<K> map) {
        return map == null ? (SlotDetails<K>) NOWHERE : map.sharedDetails();
    }

    final boolean isShared() {
        return shared;
    }

    /** What happened, beside what the slot notes in itself; null for nothing. */
    @Nullable
    final History history() {
        return history;
    }

    /** Only in maps with history. */
    final History needHistory() {
        History present = history;
        if (present == null) {
            History fresh = new History(map.historySize());
            History witness = (History) HISTORY.compareAndExchange(this, null, fresh);
            present = witness == null ? fresh : witness;
        }
        return present;
    }

    /** For the custodian only; null as long as nothing was measured. */
    @Nullable
    final Waits waits() {
        return waits;
    }

    /** For the custodian only, in maps with history. */
    final Waits needWaits() {
        Waits present = waits;
        if (present == null) {
            present = new Waits();
            waits = present;
        }
        return present;
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

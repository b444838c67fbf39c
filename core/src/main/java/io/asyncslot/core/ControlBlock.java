package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import io.asyncslot.backend.Shown;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a slot: identity, state, custody, and itself the task that an executor runs. In a map with values, which
 * change together with the state, a {@link ValueBlock}. Created by a start
 * or submit of an absent key; once freed it never comes back. Thread-safe.
 *
 * <p>Follows {@code struct bpf_async_cb}: allocate and construct, publish, use, detach, reclaim.
 *
 * @param <K> the key type
 */
public class ControlBlock<K> extends Custody implements Runnable, FormerRun.Heir {

    private static final VarHandle DETAILS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            DETAILS = lookup.findVarHandle(ControlBlock.class, "details", SlotDetails.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final K key;

    /** The key's hash as the index asked for it, once: where a block is found again, whatever has become of its key. */
    private final int hash;

    /**
     * The map, and what few slots need: those that all slots of the map share, which nobody writes to, until somebody needs
     * some of this slot's own; then set once by CAS. Any thread; volatile.
     */
    @SuppressWarnings("NullAway.Init") // by plain stores: publication is safe
    private volatile SlotDetails<K> details;

    ControlBlock(
            SlotHome<K> map,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(deadline, generation, commanded);
        this.key = key;
        this.hash = hash;
        DETAILS.set(this, details == null ? SlotDetails.sharedBy(map) : details);
    }

    /** Made from what a former process left. */
    ControlBlock(RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        super(slot, references);
        this.key = slot.key();
        this.hash = hash;
        DETAILS.set(this, details);
    }

    /**
     * The key.
     *
     * @return the key
     */
    final K key() {
        return key;
    }

    final int hash() {
        return hash;
    }

    /**
     * The map it belongs to.
     *
     * @return the map
     */
    final SlotHome<K> map() {
        return details.map;
    }

    @Override
    final boolean freesIdle() {
        return map().freesIdle();
    }

    /**
     * Has word and shape written in one; for the mirror of the slot's map, which then need not copy the word by itself. That of a
     * freed slot is left alone, unless the slot freed itself.
     *
     * @param writer writes them
     * @param freed whether it is written all the same
     */
    public void copyShape(ShapeWriter writer, boolean freed) {}

    /**
     * Tells what it carries to whoever has the slot next, since its map was closed and leaves the copy where it is. From now on nobody
     * else frees that.
     *
     * @param reader is told
     */
    public void leaveShape(ShapeWriter reader) {}

    /**
     * Its map was closed and leaves the copy where it is, and the run that went on then has ended.
     *
     * @param acknowledge notes that in the copy, with the slot's monitor
     */
    public void endedLeft(Runnable acknowledge) {}

    /** The slot is gone for good: frees what it carries still. */
    public void freeKept() {}

    /**
     * Its map may be about to be closed, so that its slots stay in their copies: frees it, unless the closer has done so.
     *
     * @return false in a map that is open, or is dropped
     */
    public final boolean leaveClosed() {
        return map().leaveClosed(this);
    }

    /**
     * Tells whether its map is closed, and lets its slots stay in their copies. Only looks.
     *
     * @return false in a map that is open, or is dropped
     */
    public final boolean isLetGo() {
        return map().isLettingGo();
    }

    /**
     * Its map was closed, and another one takes the slot over while its run goes on.
     *
     * @return what the end of the run is to be told to
     */
    public final FormerRun passRunOn() {
        FormerRun run = new FormerRun();
        needDetails().passedOn = run;
        return run;
    }

    /** The run has ended that a former map of this process had begun. */
    @Override
    public final void endFormerRun() {
        map().endFormerRun(this);
    }

    /**
     * Tells whether a run that a former process began will not come again here, since the slot was freed before that. For the thread that
     * ends it, and for whoever has found that nobody references the slot any more.
     *
     * @return whether the firing was not delivered
     */
    public final boolean isUndelivered() {
        Recovery recovery = details.recovery;
        return recovery != null && recovery.undelivered;
    }

    /** It was not made after all: what it was to carry is its maker's again. */
    void unmade() {}

    /**
     * Frees a slot by the very word that is in its copy.
     *
     * @param copies of its map
     */
    Freeing copyAndFree(SlotMirror<K> copies) {
        for (; ; ) {
            long seen = word();
            if (isFreed(seen)) {
                return Freeing.ALREADY;
            }
            copies.changed(this);
            if (freeFrom(seen)) {
                return freeing(seen);
            }
        }
    }

    /**
     * The clock its deadlines live on.
     *
     * @return the map's clock
     */
    public final SlotClock clock() {
        return map().clock();
    }

    /**
     * Whether it is a timer or a work item.
     *
     * @return the map's type
     */
    public final SlotType type() {
        return map().type();
    }

    /**
     * Tells whether a run that a former process began is still to be delivered again. A hint for others than the custodian.
     *
     * @return true for a recovered slot until that run begins
     */
    final boolean isCutOff() {
        Recovery recovery = details.recovery;
        return recovery != null && recovery.cutOff;
    }

    /**
     * The promise of the slot's custodian has elapsed and the slot is due: hands it to the executor. To be called by
     * the timekeeper while it is the custodian; on true custody has passed to the worker.
     *
     * @return false when callbacks are stopped, or the slot is gone: the caller keeps custody
     */
    public final boolean expire() {
        return map().dispatcher().handOver(this);
    }

    /**
     * As {@link #expire()}, where slots that are due together may share a task.
     *
     * @param gathered takes the slot, if its executor takes several as one task: the caller has them handed over soon
     * @return false when callbacks are stopped, or the slot is gone: the caller keeps custody
     */
    public final boolean expire(RunQueue.Gathering gathered) {
        return map().dispatcher().handOver(this, gathered);
    }

    /** When it is due, given a word that was read before. */
    long dueAt(long word) {
        return map().dueAt(this, word);
    }

    /** The backend does not take the slot, which its timekeeper measures in this process from now on: counts that. */
    public final void refusedByBackend() {
        map().counters().fallbacks.increment();
    }

    /** The slot, in the caller's custody, has to wait for a thread: counts that. */
    final void deferred() {
        map().dispatcher().deferred(this);
    }

    /** The slot, in the caller's custody, begins to wait for a thread. */
    final void entersQueue() {
        map().dispatcher().gateEntered(this);
    }

    /** The slot, in the caller's custody, waits for a thread no more. */
    final void leavesQueue() {
        map().dispatcher().gateLeft(this);
    }

    /** Whether the slot is pending, not held back, and nobody has promised to look at it in time. */
    boolean isStray() {
        return map().isStray(this);
    }

    /** Takes the slot out of the executor's hands, and gives it back to the timekeeper; false when it is not there. */
    boolean recall() {
        return map().dispatcher().recall(this);
    }

    /** Hands a probe over to the executor that the slot was handed over to. */
    RunQueue.Probe probe() {
        return map().dispatcher().probe();
    }

    /** Sees to it that somebody looks at the slot in time, if it is pending and not held back. */
    void passOn() {
        map().passOnUnlessPaused(this);
    }

    /** What is to tell of a run that begins; {@code copy} null where slots end with the process. */
    FiredRun newRun(FiredRun.@Nullable Copy copy) {
        return new FiredRun(copy);
    }

    /** Called by an executor. Does nothing unless the slot is in an executor's hands: it may have been taken back. */
    @Override
    public final void run() {
        map().dispatcher().queue().run(this, null);
    }

    /** Called by a thread that goes on with a slot that waited, in its custody and counted as begun. */
    final void goOn(RunLoop loop) {
        map().dispatcher().runTaken(this, loop);
    }

    /** Called by a thread that takes up one run after another. */
    final void takeUp(RunLoop loop) {
        map().dispatcher().runOne(this, loop);
    }

    /**
     * Takes a reference, for an expiry about to be queued.
     *
     * @return false when the last one is gone: the incarnation is dead, and nothing may be queued for it
     */
    public final boolean retainReference() {
        if (!retain()) {
            return false;
        }
        map().counters().references.increment();
        return true;
    }

    /** Gives a reference back and reclaims the incarnation if that was the last one and nothing runs. */
    public final void releaseReference() {
        map().counters().references.decrement();
        if (release(1)) {
            reclaimIfDone();
        }
    }

    /**
     * Takes a reference, for a command about to be queued. It is shown nowhere: a slot whose command is in no hurry is at rest.
     *
     * @return false when the last one is gone: the incarnation is dead, and nothing may be queued for it
     */
    public final boolean retainForCommand() {
        return retain();
    }

    /** The map's reference, in the hands of the caller, who has the inbox claim, is the command's from now on. */
    public final void passToCommand() {
        map().counters().references.decrement();
    }

    /** Gives a command's reference back and reclaims the incarnation if that was the last one and nothing runs. */
    public final void releaseCommand() {
        if (release(1)) {
            reclaimIfDone();
        }
    }

    /**
     * Gives back, for a freed incarnation, the map's reference and that of a command taken out of an intake, as
     * {@link #releaseReference} and {@link #releaseCommand} do one by one.
     */
    public final void releaseWithdrawn() {
        if (release(2) && tryReclaim()) {
            map().counters().withdrawn.increment();
        } else {
            map().counters().references.decrement();
        }
    }

    /** Reclaims the incarnation if nobody references it and nothing runs. */
    final void reclaimIfDone() {
        if (tryReclaim()) {
            map().reclaimed(this);
        }
    }

    /** What this slot has of its own; null as long as nobody needed any. */
    @Nullable
    final SlotDetails<K> details() {
        SlotDetails<K> present = details;
        return present.isShared() ? null : present;
    }

    final SlotDetails<K> needDetails() {
        SlotDetails<K> present = details;
        if (present.isShared()) {
            SlotDetails<K> fresh = present.map.newDetails();
            @SuppressWarnings("unchecked")
            SlotDetails<K> witness = (SlotDetails<K>) DETAILS.compareAndExchange(this, present, fresh);
            present = witness == present ? fresh : witness;
        }
        return present;
    }

    /** Where the time goes until the run begins; null in a map without history. For the custodian only. */
    @Nullable
    final Waits waits() {
        return map().keepsHistory() ? needDetails().needWaits() : null;
    }

    @Override
    public final String toString() {
        return map().name() + "/" + Shown.of(key) + super.toString();
    }
}

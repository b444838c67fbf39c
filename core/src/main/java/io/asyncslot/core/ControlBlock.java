package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a slot: identity, state, custody, and itself the task that an executor runs. Created by a start
 * or submit of an absent key; once freed it never comes back. Thread-safe.
 *
 * <p>Follows {@code struct bpf_async_cb}: allocate and construct, publish, use, detach, reclaim.
 *
 * @param <K> the key type
 */
public final class ControlBlock<K> extends Custody implements Runnable {

    private static final int HASH_TAG_SHIFT = 10;

    private static final VarHandle NEXT_IN_BIN;
    private static final VarHandle DETAILS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            NEXT_IN_BIN = lookup.findVarHandle(ControlBlock.class, "nextInBin", ControlBlock.class);
            DETAILS = lookup.findVarHandle(ControlBlock.class, "details", SlotDetails.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final K key;

    /** Part of the key's hash: who passes by in the index need not look at the key. */
    private final char hashTag;

    private final LocalSlots<K> map;

    /** Next in the index's chain. Written under the segment's lock, with release; read by anyone; volatile. */
    private volatile @Nullable ControlBlock<K> nextInBin;

    /** What few slots need. Null until somebody needs it, then set once by CAS. */
    private volatile @Nullable SlotDetails<K> details;

    ControlBlock(
            LocalSlots<K> map,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(deadline, generation, commanded);
        this.map = map;
        this.key = key;
        this.hashTag = hashTag(hash);
        DETAILS.set(this, details);
    }

    /** Made from what a former process left. */
    ControlBlock(LocalSlots<K> map, RecoveredSlot<K> slot, int hash, int references, @Nullable SlotDetails<K> details) {
        super(slot, references);
        this.map = map;
        this.key = slot.key();
        this.hashTag = hashTag(hash);
        DETAILS.set(this, details);
    }

    /**
     * The key.
     *
     * @return the key
     */
    K key() {
        return key;
    }

    char hashTag() {
        return hashTag;
    }

    /** Of a hash that is spread: bits of which the index uses few to choose a bin and none to choose a segment. */
    static char hashTag(int hash) {
        return (char) (hash >>> HASH_TAG_SHIFT);
    }

    /**
     * The map it belongs to.
     *
     * @return the map
     */
    LocalSlots<K> map() {
        return map;
    }

    /**
     * The clock its deadlines live on.
     *
     * @return the map's clock
     */
    public SlotClock clock() {
        return map.clock();
    }

    /**
     * Whether it is a timer or a work item.
     *
     * @return the map's type
     */
    public SlotType type() {
        return map.type();
    }

    /**
     * Tells whether a run that a former process began is still to be delivered again. For the custodian only.
     *
     * @return true for a recovered slot until that run begins
     */
    public boolean isCutOff() {
        SlotDetails<K> present = details;
        return present != null && present.recovery != null && present.recovery.cutOff;
    }

    /**
     * The promise of the slot's custodian has elapsed and the slot is due: hands it to the executor. To be called by
     * the timekeeper while it is the custodian; on true custody has passed to the worker.
     *
     * @return false when the executor refused or callbacks are stopped: the caller keeps custody and tries again later
     */
    public boolean expire() {
        return map.dispatcher().handOver(this);
    }

    /** The backend does not take the slot, which its timekeeper measures in this process from now on: counts that. */
    public void refusedByBackend() {
        map.counters().fallbacks.increment();
    }

    /** Called by an executor, once for each successful hand-over. */
    @Override
    public void run() {
        map.dispatcher().run(this);
    }

    /** Called by a thread that takes up one run after another. */
    void takeUp() {
        map.dispatcher().runOne(this);
    }

    /**
     * Takes a reference, for a command or an expiry about to be queued.
     *
     * @return false when the last one is gone: the incarnation is dead, and nothing may be queued for it
     */
    public boolean retainReference() {
        if (!retain()) {
            return false;
        }
        map.counters().references.increment();
        return true;
    }

    /** Gives a reference back and reclaims the incarnation if that was the last one and nothing runs. */
    public void releaseReference() {
        map.counters().references.decrement();
        if (release(1)) {
            reclaimIfDone();
        }
    }

    /**
     * Gives back, for a freed incarnation, the map's reference and that of a command taken out of an intake, as
     * {@link #releaseReference} does one by one.
     */
    public void releaseWithdrawn() {
        if (release(2) && tryReclaim()) {
            map.counters().withdrawn.increment();
        } else {
            map.counters().references.add(-2);
        }
    }

    /** Reclaims the incarnation if nobody references it and nothing runs. */
    void reclaimIfDone() {
        if (tryReclaim()) {
            map.reclaimed(this);
        }
    }

    @Nullable
    ControlBlock<K> nextInBin() {
        return nextInBin;
    }

    void nextInBin(@Nullable ControlBlock<K> next) {
        NEXT_IN_BIN.setRelease(this, next);
    }

    @Nullable
    SlotDetails<K> details() {
        return details;
    }

    SlotDetails<K> needDetails() {
        SlotDetails<K> present = details;
        if (present == null) {
            SlotDetails<K> fresh = new SlotDetails<>(0);
            @SuppressWarnings("unchecked")
            SlotDetails<K> witness = (SlotDetails<K>) DETAILS.compareAndExchange(this, null, fresh);
            present = witness == null ? fresh : witness;
        }
        return present;
    }

    /** Where the time goes until the run begins; null in a map without history. For the custodian only. */
    @Nullable
    Waits waits() {
        SlotDetails<K> present = details;
        return present == null ? null : present.waits();
    }

    @Override
    public String toString() {
        return map.name() + "/" + key + super.toString();
    }
}

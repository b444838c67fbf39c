package io.asyncslot.cluster.store;

/**
 * A held slot that is to begin.
 *
 * @param id the slot
 * @param generation the generation that was claimed
 * @param nextDue when a periodic slot is due again, in microseconds of database time; {@link SlotStore#NONE} for any
 *     other slot. Ignored if the firing is a further attempt
 * @param carries whether its map has values
 * @param collects whether its map collects them
 * @param interval the minimum time between the beginnings of this run and the next one of the slot, in microseconds;
 *     {@link SlotStore#NONE} for none
 * @param due the deadline that {@code nextDue} was made of; if it has moved, nothing begins. {@link SlotStore#NONE} for
 *     any
 */
public record Begin(
        SlotId id, long generation, long nextDue, boolean carries, boolean collects, long interval, long due) {

    public Begin(SlotId id, long generation, long nextDue) {
        this(id, generation, nextDue, false, false);
    }

    public Begin(SlotId id, long generation, long nextDue, boolean carries, boolean collects) {
        this(id, generation, nextDue, carries, collects, SlotStore.NONE, SlotStore.NONE);
    }

    /** Whether a slot that is due then is the one that its holder knows. */
    public boolean isOf(long actualDue) {
        return due == SlotStore.NONE || due == actualDue;
    }
}

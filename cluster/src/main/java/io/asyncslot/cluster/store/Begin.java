package io.asyncslot.cluster.store;

/**
 * A held slot that is to begin.
 *
 * @param id the slot
 * @param generation the generation that was claimed
 * @param nextDue when the slot is due again, because it is periodic, in microseconds of database time;
 *     {@link SlotStore#NONE} when it is not. Ignored when the firing is a further attempt
 * @param carries whether its map has values
 * @param collects whether it has any number of them
 * @param interval how long after this run begins the next one of the slot may, in microseconds; {@link SlotStore#NONE} for at once
 */
public record Begin(SlotId id, long generation, long nextDue, boolean carries, boolean collects, long interval) {

    public Begin(SlotId id, long generation, long nextDue) {
        this(id, generation, nextDue, false, false, SlotStore.NONE);
    }

    public Begin(SlotId id, long generation, long nextDue, boolean carries, boolean collects) {
        this(id, generation, nextDue, carries, collects, SlotStore.NONE);
    }
}

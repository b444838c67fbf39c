package io.asyncslot.cluster;

/**
 * A held slot that is to begin.
 *
 * @param id the slot
 * @param generation the generation that was claimed
 * @param nextDue when the slot is due again, because it is periodic, in microseconds of database time;
 *     {@link SlotStore#NONE} when it is not. Ignored when the firing is a further attempt
 */
record Begin(SlotId id, long generation, long nextDue) {}

package io.asyncslot.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * A claimed slot. The claiming node must hold it until it is due, and then begin it.
 *
 * @param id the slot
 * @param incarnation its incarnation
 * @param generation the generation to begin
 * @param due when it is due, in microseconds of database time
 * @param point the point of its map's grid that the firing belongs to: {@code due}, unless it is delivered again
 * @param period whether it was armed by its map's own period
 * @param attempt how often this firing will have been delivered when it begins
 * @param cutOff whether a run of this generation had begun on a node that is gone
 * @param schedule the key's own schedule, if the deadline is a point of it; null for none
 */
public record Due(
        SlotId id,
        long incarnation,
        long generation,
        long due,
        long point,
        boolean period,
        int attempt,
        boolean cutOff,
        @Nullable String schedule) {

    public Due(
            SlotId id,
            long incarnation,
            long generation,
            long due,
            long point,
            boolean period,
            int attempt,
            boolean cutOff) {
        this(id, incarnation, generation, due, point, period, attempt, cutOff, null);
    }
}

package io.asyncslot.core;

/**
 * A firing that is delivered again. Immutable; owned, with the field that holds it, by the slot's custodian.
 *
 * @param generation the firing's own, which its callback is told
 * @param armed the generation in the slot's word while it is pending: the same, or that of the period that it put off
 * @param point the point of the grid that the firing belongs to, in microseconds of the map's clock
 * @param attempt how often the firing will have been delivered, that time included
 * @param postponed whether the callback was not called, so that the attempt is still the same one
 */
record Redelivery(long generation, long armed, long point, int attempt, boolean postponed) {

    /** Whether the period after this firing was armed before, and has a generation already. */
    boolean putPeriodOff() {
        return armed != generation;
    }
}

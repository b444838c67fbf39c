package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** What a slot is beside its word, as its copy has it. To be read inside {@link ShapeWriter#write} only, with the slot's monitor. */
public interface SlotShape {

    /**
     * The latest deadline of what is pending.
     *
     * @return microseconds of the map's clock
     */
    long latest();

    /**
     * Before when no run may begin.
     *
     * @return microseconds of the map's clock; 0 for none
     */
    long notBefore();

    /**
     * Whether what is pending is a firing to be delivered again.
     *
     * @return true if it is
     */
    boolean isAgain();

    /**
     * Whether the run that goes on has passed on what it was handed, so that it is not to be delivered again by itself.
     *
     * @return true if it has
     */
    boolean hasPassedOn();

    /**
     * How many of the pending values were handed to a former run.
     *
     * @return their number
     */
    int handedBefore();

    /**
     * The values that are pending.
     *
     * @return a {@link KeptValue} or several of them, for the methods of {@link Kept}; null for none
     */
    @Nullable
    Object pendingValues();

    /**
     * The values that the run that goes on was handed and has not passed on.
     *
     * @return as {@link #pendingValues()}
     */
    @Nullable
    Object runningValues();

    /**
     * The key's own schedule.
     *
     * @return null for none, or where it is not kept
     */
    @Nullable
    KeptValue keptSchedule();
}

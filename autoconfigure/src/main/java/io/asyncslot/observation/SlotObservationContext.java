package io.asyncslot.observation;

import io.asyncslot.SlotFiring;
import io.micrometer.observation.Observation;

/** What is known of a run that is observed. Used by the thread that runs it. */
public final class SlotObservationContext extends Observation.Context {

    private final SlotFiring firing;
    private boolean complete;

    /**
     * Makes the context of one run.
     *
     * @param firing what fired
     */
    public SlotObservationContext(SlotFiring firing) {
        this.firing = firing;
    }

    /**
     * What fired.
     *
     * @return the firing, valid while the callback runs
     */
    public SlotFiring firing() {
        return firing;
    }

    /**
     * Tells whether the run has ended without throwing.
     *
     * @return true from then on
     */
    public boolean isComplete() {
        return complete;
    }

    /** The run has ended without throwing. */
    void complete() {
        complete = true;
    }
}

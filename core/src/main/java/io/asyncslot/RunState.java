package io.asyncslot;

/** Whether a slot is pending, running, both or neither. */
public enum RunState {
    /** Nothing pending, nothing running. */
    IDLE,
    /** A deadline (or a submit) is pending. */
    ARMED,
    /** The callback runs and nothing further is pending. */
    RUNNING,
    /** The callback runs and the slot was armed again meanwhile. */
    RUNNING_ARMED;

    /**
     * Tells whether a run is pending.
     *
     * @return true for {@link #ARMED} and {@link #RUNNING_ARMED}
     */
    public boolean isArmed() {
        return this == ARMED || this == RUNNING_ARMED;
    }

    /**
     * Tells whether the callback runs.
     *
     * @return true for {@link #RUNNING} and {@link #RUNNING_ARMED}
     */
    public boolean isRunning() {
        return this == RUNNING || this == RUNNING_ARMED;
    }
}

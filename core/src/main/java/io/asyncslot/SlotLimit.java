package io.asyncslot;

/** The setting of a map that changed the deadline which a start, touch or submit asked for. {@link SlotEvent#limit()} shows it. */
public enum SlotLimit {
    /** The deadline would have been later than {@link TimerMapSpec#maxWait()} allows. */
    MAX_WAIT("maxWait"),
    /** The slot has reached {@link TimerMapSpec#flushAt()} values, and is due immediately. */
    FLUSH_AT("flushAt"),
    /** {@link WorkMapSpec#minInterval()} has not passed since the last run began. */
    MIN_INTERVAL("minInterval");

    private final String setting;

    SlotLimit(String setting) {
        this.setting = setting;
    }

    /**
     * The name of the setting.
     *
     * @return its name
     */
    public String setting() {
        return setting;
    }
}

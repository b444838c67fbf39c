package io.asyncslot;

/** What a map's shape has made of the deadline that a start, a touch or a submit asked for: noted in {@link SlotEvent#limit()}. */
public enum SlotLimit {
    /** A later deadline was asked for than {@link TimerMapSpec#maxWait()} lets a slot have. */
    MAX_WAIT("maxWait"),
    /** The slot has as many values as {@link TimerMapSpec#flushAt()} says, and is due at once. */
    FLUSH_AT("flushAt"),
    /** {@link WorkMapSpec#minInterval()} since the last run began is not over. */
    MIN_INTERVAL("minInterval");

    private final String setting;

    SlotLimit(String setting) {
        this.setting = setting;
    }

    /**
     * The setting of the map that holds.
     *
     * @return its name
     */
    public String setting() {
        return setting;
    }
}

package io.asyncslot;

/**
 * A feature that not every backend has. A registry refuses a map that needs a feature its backend does not list in
 * {@link io.asyncslot.spi.SlotBackend#features()}.
 */
public enum SlotFeature {
    /** Slots carry values: {@link SlotMapSpec#values()}. */
    VALUES("values, which its slots carry"),
    /** No start or touch moves a deadline beyond a latest point: {@link TimerMapSpec#maxWait()}. */
    MAX_WAIT("maxWait"),
    /** A slot is due immediately when it carries enough values: {@link TimerMapSpec#flushAt()}. */
    FLUSH_AT("flushAt"),
    /** Two runs of a work item keep a distance: {@link WorkMapSpec#minInterval()}. */
    MIN_INTERVAL("minInterval"),
    /** A start may bring its own schedule: {@link TimerMapSpec#keySchedules()}. */
    KEY_SCHEDULES("keySchedules, a schedule for each key"),
    /** Slots that a process arms fire in others: {@link SlotMapSpec#role()}. */
    CLIENT_ROLE("the role CLIENT, which leaves its slots to other processes");

    private final String description;

    SlotFeature(String description) {
        this.description = description;
    }

    /**
     * The feature in words, to follow "the map has".
     *
     * @return part of a sentence
     */
    public String description() {
        return description;
    }
}

package io.asyncslot;

/** The outcome of a touch, which never creates a slot and never arms one that is not armed. */
public enum TouchOutcome {
    /** The pending deadline was moved; the generation is unchanged. */
    MOVED,
    /** The slot exists but nothing is pending; nothing changed. */
    NOT_ARMED,
    /** The key has no slot; nothing changed. */
    ABSENT,
    /** The map or the registry is closed; nothing changed. */
    CLOSED
}

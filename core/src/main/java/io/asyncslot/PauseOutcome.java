package io.asyncslot;

/** What a pause did. */
public enum PauseOutcome {
    /** Runs that fall due from now on wait for the resume. Exactly one of several racing pauses answers this. */
    PAUSED,
    /** Was paused before; nothing changed. */
    ALREADY_PAUSED,
    /** The key has no slot; nothing is made. */
    ABSENT,
    /** The map or the registry is closed. */
    CLOSED
}

package io.asyncslot;

/** The outcome of a pause. */
public enum PauseOutcome {
    /** Runs that fall due from now on wait for the resume. Exactly one of several racing pauses answers this. */
    PAUSED,
    /** It was paused already; nothing changed. */
    ALREADY_PAUSED,
    /** The key has no slot, and none is created. */
    ABSENT,
    /** The map or the registry is closed. */
    CLOSED
}

package io.asyncslot;

/** The outcome of a resume. */
public enum ResumeOutcome {
    /** Runs begin again, and those that fell due meanwhile are due now. Exactly one of several racing resumes answers this. */
    RESUMED,
    /** It was not paused; nothing changed. */
    NOT_PAUSED,
    /** The key has no slot, and none is created. */
    ABSENT,
    /** The map or the registry is closed. */
    CLOSED
}

package io.asyncslot;

/** What a resume did. */
public enum ResumeOutcome {
    /** Runs begin again; what fell due meanwhile is due now. Exactly one of several racing resumes answers this. */
    RESUMED,
    /** Was not paused; nothing changed. */
    NOT_PAUSED,
    /** The key has no slot; nothing is made. */
    ABSENT,
    /** The map or the registry is closed. */
    CLOSED
}

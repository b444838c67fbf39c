package io.asyncslot;

/** What becomes of a slot of which nothing is pending and no callback runs. */
public enum WhenIdle {
    /**
     * It is freed, by the very step that makes it idle: the end of a run with nothing pending, or the cancel of what was
     * pending. A slot exists exactly while it is armed (paused or not) or its callback runs.
     */
    FREE,
    /** It stays, idle, until it is deleted. */
    KEEP
}

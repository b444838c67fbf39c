package io.asyncslot;

/** What happens to an idle slot: nothing is pending, and no callback runs. */
public enum WhenIdle {
    /**
     * It is freed by the step that makes it idle: the end of a run with nothing pending, or a cancel. So a slot exists exactly
     * while it is armed (paused or not) or its callback runs.
     */
    FREE,
    /** It stays, idle, until it is deleted. */
    KEEP
}

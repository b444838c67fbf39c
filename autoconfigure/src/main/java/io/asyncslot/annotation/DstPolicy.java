package io.asyncslot.annotation;

/** What becomes of the points of a cron expression when the clocks of its zone are set forward or back. */
public enum DstPolicy {
    /**
     * As Vixie cron: an expression with a fixed hour and minute has one run a day. A point that the clock skips runs right
     * after the change; one that the clock shows twice runs the first time. An expression whose hour or minute begins with
     * {@code *} follows the clock, so that nothing of what is due each hour is left out or made up for. The default.
     */
    ONCE,
    /** Runs whenever the clock shows the point: twice on one day of the year, and not at all on another. */
    WALL_CLOCK
}

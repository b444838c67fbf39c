package io.asyncslot.annotation;

/** What happens to the points of a cron expression when the clocks of its zone are set forward or back. */
public enum DstPolicy {
    /**
     * As in Vixie cron, an expression with a fixed hour and minute runs once per day. A point that the clock skips runs right
     * after the change; one that the clock shows twice runs the first time. An expression whose hour or minute begins with
     * {@code *} follows the clock, so that hourly points are neither left out nor made up for. The default.
     */
    ONCE,
    /** Runs whenever the clock shows the point: twice on one day of the year, and not at all on another. */
    WALL_CLOCK
}

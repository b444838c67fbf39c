package io.asyncslot;

/**
 * What happens to missed periods: those that could not run when they were due, because the previous run had not ended, the executor
 * was full, the process was paused or the machine slept.
 */
public enum LatePolicy {
    /** All missed periods together run once, immediately; then the grid continues. The default. */
    ONCE,
    /** Missed periods do not run; the next run is at the next point of the grid. */
    SKIP,
    /** Every missed period runs, one after another. */
    ALL
}

package io.asyncslot;

/**
 * What happens to the periods of a periodic slot that could not run when they were due: because the previous run went
 * on, the executor was full, the process was paused or the machine slept.
 */
public enum LatePolicy {
    /** All missed periods together run once, at once; then the grid goes on. The default. */
    ONCE,
    /** Missed periods do not run; the next run is at the next point of the grid. */
    SKIP,
    /** Every missed period runs, one after another. */
    ALL
}

package io.asyncslot.stress.fuzz;

/** Mistakes that the reference model can be told to make, so that the comparison is seen to fail. */
enum WrongRule {
    /** No mistake. */
    NONE,
    /** A re-arm to a later deadline leaves the old one in force. */
    LATER_REARM_IGNORED,
    /** A re-arm to an earlier deadline leaves the old one in force. */
    EARLIER_REARM_IGNORED,
    /** A touch arms what is not armed. */
    TOUCH_ARMS,
    /** A cancel of what is not armed says that it cancelled. */
    CANCEL_TWICE,
    /** A deleted key still has its slot. */
    DELETE_KEEPS_SLOT,
    /** Periods that a skipping map has missed run once. */
    SKIP_RUNS_ONCE,
    /** Periods that a map has missed all run. */
    ONCE_RUNS_ALL,
    /** A wall clock set back is not noticed. */
    WALL_CLOCK_STANDS,
    /** The time in suspend counts on the monotonic clock. */
    SUSPEND_COUNTS,
    /** Deadlines are rounded down to whole microseconds. */
    ROUNDED_DOWN
}

package io.asyncslot;

/** The clock that a timer map's deadlines live on. */
public enum SlotClock {
    /** Time since some origin, not moved by setting the wall clock; stands still while the machine is suspended. */
    MONOTONIC,
    /** The wall clock: deadlines are points of it and follow when it is set. Used by every cron map. */
    REALTIME,
    /** Like {@link #MONOTONIC}, but continues while the machine is suspended, if the platform can tell. */
    BOOTTIME
}

package io.asyncslot;

/** The clock that a timer map's deadlines live on. */
public enum SlotClock {
    /** Time since some origin, not moved by setting the wall clock; stands still while the machine is suspended. */
    MONOTONIC,
    /** The wall clock: deadlines are points of it and follow when it is set. Used by every cron map. */
    REALTIME,
    /** Like {@link #MONOTONIC}, but goes on while the machine is suspended, where the platform can tell. */
    BOOTTIME
}

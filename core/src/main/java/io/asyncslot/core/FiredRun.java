package io.asyncslot.core;

/** What {@link StateWord#beginFire} tells about the run that begins. Owned by the thread that runs it. */
final class FiredRun {
    /** When it was due, in microseconds of the map's clock. */
    long deadline;

    /** The generation of the start that armed it. */
    long generation;

    /** Whether the slot armed itself for its next period. */
    boolean rearmed;
}

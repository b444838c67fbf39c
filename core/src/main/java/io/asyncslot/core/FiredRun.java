package io.asyncslot.core;

import io.asyncslot.backend.Periods;
import org.jspecify.annotations.Nullable;

/** What {@link StateWord#beginFire} tells about the run that begins. Owned by the thread that runs it. */
class FiredRun {
    /** When it was due, in microseconds of the map's clock. */
    long deadline;

    /** The generation of the start that armed it. */
    long generation;

    /** Whether the slot armed itself for its next period. */
    boolean rearmed;

    /** Whether it was the slot's own period that armed it. */
    boolean byPeriod;

    /** Whether a caller's start or touch armed it, and not its period or a retry: at a fixed rate the points begin with it. */
    boolean begins;

    /** How often this firing has been delivered, this time included. */
    int attempt = 1;

    /** Whether it became due while no process held the slot. */
    boolean whileAway;

    /** The firing to be delivered again, if that is what is pending; null once another one has begun. */
    @Nullable
    Redelivery again;

    /** The slot's part in a calendar; null when its periods are no points of the wall clock. Set before the run is begun. */
    @Nullable
    Points calendar;

    /** What a slot whose periods are points of the wall clock knows of those. */
    interface Points {

        /** Those of a series that have had their run. */
        FiredPoints fired(Periods periods);

        /**
         * Before the step that begins a run, so that whoever sees that step sees the point as fired.
         *
         * @param first whether no point of the series can have fired before
         */
        void begins(long point, Periods periods, boolean first);

        /** After that step, or when it was not made. */
        void begun(boolean begun);
    }

    /** Where a slot is copied to, which is told of a run before its word says RUNNING. */
    interface Copy {

        /** When the slot is due by its last touch from outside. */
        long touchedUntil();

        /** Notes which firing is about to begin. */
        void beginning(FiredRun fired);
    }

    /** The next point to arm, when the run for a point begins or is left out; none that has had its run. */
    final long next(Periods periods, long point, long now) {
        boolean setBack = calendar != null && point > now; // a later attempt of a run whose point lay behind it once
        long next = setBack ? periods.pointAfter(point, now) : periods.next(point, now);
        return calendar == null || beginsSeries(periods)
                ? next
                : calendar.fired(periods).unfired(periods, next);
    }

    private boolean beginsSeries(Periods periods) {
        return begins && periods.beginsWithItsStart();
    }

    /** Called before the step that begins a run, with the point that the run is for. */
    final void beginning(Periods periods, long point) {
        if (calendar != null) {
            calendar.begins(point, periods, beginsSeries(periods));
        }
        beginning();
    }

    /** Called when it is clear whether the run has begun. */
    final void settled(boolean begun) {
        if (calendar != null) {
            calendar.begun(begun);
        }
    }

    /** Null where slots end with the process. */
    private final @Nullable Copy copy;

    private long ofWord;

    FiredRun() {
        this(null);
    }

    FiredRun(@Nullable Copy copy) {
        this.copy = copy;
    }

    /** A run of a map with values. */
    static final class Carrying extends FiredRun {
        /** What it is handed. */
        @Nullable
        Object value;

        /** When it is begun, by the map's clock. Set before that. */
        long nanos;

        Carrying(@Nullable Copy copy) {
            super(copy);
        }
    }

    /** Whether its deadline is that of a touch from outside the process. */
    boolean touched;

    /**
     * When the slot is due, given a word that was read before: later than its deadline if it was touched from outside.
     *
     * @param deadline the word's deadline, in microseconds
     */
    final long dueAt(long deadline) {
        ofWord = deadline;
        if (copy == null) {
            return deadline;
        }
        long until = copy.touchedUntil();
        touched = until > deadline;
        return touched ? until : deadline;
    }

    /** The deadline that the word had. */
    final long armedFor() {
        return ofWord;
    }

    /** Called with the run's values set, before the step that begins it; again if that step has to be tried again. */
    private void beginning() {
        if (copy != null) {
            copy.beginning(this);
        }
    }
}

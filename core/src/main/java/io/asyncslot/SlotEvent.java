package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a slot's history: what happened, when, how it ended, and why.
 *
 * @param time when it happened, on the wall clock; the last time, if it happened more than once
 * @param kind what happened and how it ended
 * @param detail the delay asked for by a start or touch, the lateness of a firing, the duration of a run; null for none; in whole
 *     milliseconds beyond 17 minutes, in whole seconds beyond 12 days; it belongs to the last time
 * @param cause the cause of the last time; null for a plain call, and if the deadline alone is the cause
 * @param count how often it happened in a row, such as re-arms; 4,095 means 4,095 or more
 * @param limit the setting of the map that changed the deadline the last time, so that {@code detail} differs from what was asked
 *     for; null for none
 */
public record SlotEvent(
        Instant time,
        Kind kind,
        @Nullable Duration detail,
        @Nullable SlotCause cause,
        int count,
        @Nullable SlotLimit limit) {

    /**
     * Makes an event whose deadline, if there is one, is what was asked for.
     *
     * @param time when it happened, on the wall clock
     * @param kind what happened and how it ended
     * @param detail a span, or null
     * @param cause the cause, or null
     * @param count how often it happened
     */
    public SlotEvent(Instant time, Kind kind, @Nullable Duration detail, @Nullable SlotCause cause, int count) {
        this(time, kind, detail, cause, count, null);
    }

    /**
     * Makes an event that happened once.
     *
     * @param time when it happened, on the wall clock
     * @param kind what happened and how it ended
     * @param detail a span, or null
     * @param cause the cause, or null
     */
    public SlotEvent(Instant time, Kind kind, @Nullable Duration detail, @Nullable SlotCause cause) {
        this(time, kind, detail, cause, 1, null);
    }

    /** What can happen to a slot. */
    public enum Kind {
        /** A start armed an idle slot; detail: the delay. */
        STARTED("start"),
        /** A start replaced a pending deadline; detail: the new delay. */
        REARMED("start"),
        /** A touch moved a pending deadline; detail: the new delay. */
        MOVED("touch"),
        /** A submit made a run pending; detail: how long the map's {@code minInterval} holds it back. */
        SUBMITTED("submit"),
        /** A submit joined a pending run. */
        COALESCED("submit"),
        /** A cancel removed a pending deadline. */
        CANCELLED("cancel"),
        /** The slot was freed. */
        DELETED("delete"),
        /** A callback began; detail: the lateness. */
        FIRED("fire"),
        /** A callback returned; detail: how long it ran. */
        COMPLETED("fire"),
        /** A callback threw; detail: how long it ran. */
        FAILED("fire"),
        /** The firing is delivered again, as its next attempt; detail: the delay. */
        RETRIED("fire"),
        /** The firing is delivered again, and its callback was not called this time; detail: the delay. */
        POSTPONED("fire"),
        /** A periodic slot left out missed periods; detail: how late the first of them was. */
        SKIPPED("fire"),
        /** The executor refused the callback; it is handed over again shortly. */
        DEFERRED("fire"),
        /** Runs of the slot wait from now on. */
        PAUSED("pause"),
        /** Runs of the slot begin again. */
        RESUMED("resume");

        private final String operation;

        Kind(String operation) {
            this.operation = operation;
        }

        /**
         * Tells whether a history counts consecutive events of this kind in one entry.
         *
         * @return true for events that may happen often in a row
         */
        public boolean repeats() {
            return switch (this) {
                case REARMED, MOVED, COALESCED, SKIPPED, DEFERRED -> true;
                case STARTED,
                        SUBMITTED,
                        CANCELLED,
                        DELETED,
                        FIRED,
                        COMPLETED,
                        FAILED,
                        RETRIED,
                        POSTPONED,
                        PAUSED,
                        RESUMED -> false;
            };
        }

        /**
         * The operation that caused the event.
         *
         * @return one of start, touch, submit, cancel, delete, fire, pause, resume
         */
        public String operation() {
            return operation;
        }
    }
}

package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a slot's history: what happened, when, how it ended, and on whose account.
 *
 * @param time when it happened, on the wall clock
 * @param kind what happened and how it ended
 * @param detail the delay asked for by a start or touch, the lateness of a firing, the duration of a run; null where
 *     there is none; in whole seconds beyond six days
 * @param cause on whose account; null for a plain call, and for what comes of the deadline alone
 */
public record SlotEvent(
        Instant time,
        Kind kind,
        @Nullable Duration detail,
        @Nullable SlotCause cause) {

    /** What can happen to a slot. */
    public enum Kind {
        /** A start armed an idle slot; detail: the delay. */
        STARTED("start"),
        /** A start replaced a pending deadline; detail: the new delay. */
        REARMED("start"),
        /** A touch moved a pending deadline; detail: the new delay. */
        MOVED("touch"),
        /** A submit made a run pending. */
        SUBMITTED("submit"),
        /** A submit was absorbed by a pending run. */
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
         * The operation that caused the event.
         *
         * @return one of start, touch, submit, cancel, delete, fire, pause, resume
         */
        public String operation() {
            return operation;
        }
    }
}

package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a slot's history: what happened, when, and how it ended.
 *
 * @param time when it happened, on the wall clock
 * @param kind what happened and how it ended
 * @param detail the delay asked for by a start or touch, the lateness of a firing, the duration of a run; null where
 *     there is none
 */
public record SlotEvent(Instant time, Kind kind, @Nullable Duration detail) {

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
        /** A periodic slot left out missed periods; detail: how late the first of them was. */
        SKIPPED("fire"),
        /** The executor refused the callback; it is handed over again shortly. */
        DEFERRED("fire");

        private final String operation;

        Kind(String operation) {
            this.operation = operation;
        }

        /**
         * The operation that caused the event.
         *
         * @return one of start, touch, submit, cancel, delete, fire
         */
        public String operation() {
            return operation;
        }
    }
}

package io.asyncslot.spring;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotType;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.expression.Expression;

/**
 * One trigger annotation of one method, placeholders resolved and expressions parsed. Immutable.
 *
 * @param kind what it does
 * @param map the map it acts on
 * @param key yields the key
 * @param keySource the parameter's type where the key is plainly one of the method's parameters; else null
 * @param condition yields whether to act; null for always
 * @param delay the delay where it is known; null for the map's own or an expression
 * @param delayExpression yields the delay; null where it is known
 * @param place annotation and method, for messages
 * @param cause annotation and method, for the histories of slots
 */
record SlotTrigger(
        Kind kind,
        String map,
        Expression key,
        @Nullable Class<?> keySource,
        @Nullable Expression condition,
        @Nullable Duration delay,
        @Nullable Expression delayExpression,
        String place,
        SlotCause cause) {

    /** What a trigger does; the triggers of one call act in this order. */
    enum Kind {
        DELETE("@DeleteSlot", null),
        CANCEL("@CancelSlot", null),
        TOUCH("@TouchSlot", SlotType.TIMER),
        START("@StartSlot", SlotType.TIMER),
        SUBMIT("@SubmitSlot", SlotType.WORK);

        private final String annotation;
        private final @Nullable SlotType type;

        Kind(String annotation, @Nullable SlotType type) {
            this.annotation = annotation;
            this.type = type;
        }

        String annotation() {
            return annotation;
        }

        /** Whether it can act on maps of this type. */
        boolean fits(SlotType map) {
            return type == null || type == map;
        }

        /** What it needs, for messages. */
        String wanted() {
            return type == SlotType.TIMER ? "a timer map" : type == SlotType.WORK ? "a work map" : "a map";
        }
    }
}

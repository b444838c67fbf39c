package io.asyncslot.spring;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotType;
import java.lang.reflect.Method;
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
 * @param value yields the value; null for none
 * @param valueSource the parameter's type where the value is plainly one of the method's parameters; else null
 * @param condition yields whether to act; null for always
 * @param delay the delay where it is known; null for the map's own or an expression
 * @param delayExpression yields the delay; null where it is known
 * @param place annotation and method, for messages
 * @param declared the method that the annotation is written on: that of the class, or one that it overrides
 * @param cause annotation and method, for the histories of slots
 */
record SlotTrigger(
        Kind kind,
        String map,
        Expression key,
        @Nullable Class<?> keySource,
        @Nullable Expression value,
        @Nullable Class<?> valueSource,
        @Nullable Expression condition,
        @Nullable Duration delay,
        @Nullable Expression delayExpression,
        String place,
        Method declared,
        SlotCause cause) {

    /** Whether one of its expressions needs what the call produced. */
    boolean namesResult() {
        return SlotExpressions.namesResult(key)
                || SlotExpressions.namesResult(value)
                || SlotExpressions.namesResult(condition)
                || SlotExpressions.namesResult(delayExpression);
    }

    /** Whether one of its expressions changes variables. */
    boolean assigns() {
        return SlotExpressions.assigns(key)
                || SlotExpressions.assigns(value)
                || SlotExpressions.assigns(condition)
                || SlotExpressions.assigns(delayExpression);
    }

    /** Whether both are written on the same method of an interface. */
    boolean isOf(SlotTrigger other) {
        return declared.getDeclaringClass().isInterface() && declared.equals(other.declared);
    }

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

package io.asyncslot.spring;

import io.asyncslot.SlotCause;
import io.asyncslot.annotation.CancelSlot;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.annotation.TouchSlot;
import io.asyncslot.spring.SlotTrigger.Kind;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.expression.Expression;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringValueResolver;

/** Reads the trigger annotations of a method, and checks what can be checked without a registry. Thread-safe. */
final class SlotTriggerReader {

    static final List<Class<? extends Annotation>> ANNOTATIONS =
            List.of(StartSlot.class, TouchSlot.class, CancelSlot.class, DeleteSlot.class, SubmitSlot.class);

    private final StringValueResolver placeholders;
    private final SlotExpressions expressions = new SlotExpressions();

    /** Makes a reader. The resolver replaces placeholders, and only those. */
    SlotTriggerReader(StringValueResolver placeholders) {
        this.placeholders = placeholders;
    }

    /** Collects the annotations of one type. */
    private interface Search {
        <A extends Annotation> Set<A> find(Method method, Class<A> type, Class<? extends Annotation> list);
    }

    /** The triggers of a method in the order they act in; those of interfaces only where the class says nothing. */
    List<SlotTrigger> read(Method method, Class<?> targetClass) {
        List<SlotTrigger> local = read(method, targetClass, AnnotatedElementUtils::getMergedRepeatableAnnotations);
        return local.isEmpty()
                ? read(method, targetClass, AnnotatedElementUtils::findMergedRepeatableAnnotations)
                : local;
    }

    private List<SlotTrigger> read(Method method, Class<?> targetClass, Search search) {
        Reading reading = new Reading(
                method,
                ClassUtils.getQualifiedMethodName(method, targetClass),
                ClassUtils.getShortName(targetClass) + "." + method.getName(),
                search);
        reading.each(
                DeleteSlot.class,
                DeleteSlot.List.class,
                (slot, to) -> to.trigger(Kind.DELETE, slot.map(), slot.key(), slot.condition(), ""));
        reading.each(
                CancelSlot.class,
                CancelSlot.List.class,
                (slot, to) -> to.trigger(Kind.CANCEL, slot.map(), slot.key(), slot.condition(), ""));
        reading.each(
                TouchSlot.class,
                TouchSlot.List.class,
                (slot, to) -> to.trigger(Kind.TOUCH, slot.map(), slot.key(), slot.condition(), slot.delay()));
        reading.each(
                StartSlot.class,
                StartSlot.List.class,
                (slot, to) -> to.trigger(Kind.START, slot.map(), slot.key(), slot.condition(), slot.delay()));
        reading.each(
                SubmitSlot.class,
                SubmitSlot.List.class,
                (slot, to) -> to.trigger(Kind.SUBMIT, slot.map(), slot.key(), slot.condition(), ""));
        reading.triggers.sort(Comparator.comparing(SlotTrigger::kind));
        return List.copyOf(reading.triggers);
    }

    /** The reading of one method. */
    private final class Reading {

        private final Method method;
        private final String methodName;
        private final String shortName;
        private final Search search;
        private final List<SlotTrigger> triggers = new ArrayList<>();

        Reading(Method method, String methodName, String shortName, Search search) {
            this.method = method;
            this.methodName = methodName;
            this.shortName = shortName;
            this.search = search;
        }

        <A extends Annotation> void each(
                Class<A> type, Class<? extends Annotation> list, BiFunction<A, Reading, SlotTrigger> reader) {
            for (A annotation : search.find(method, type, list)) {
                triggers.add(reader.apply(annotation, this));
            }
        }

        SlotTrigger trigger(Kind kind, String map, String key, String condition, String delay) {
            String name = resolve(map);
            String place = kind.annotation() + " of map '" + name + "' on " + methodName;
            String delayText = resolve(delay);
            boolean computed = SlotExpressions.isExpression(delayText);
            Expression keyExpression = parse("key", key, place);
            return new SlotTrigger(
                    kind,
                    name,
                    keyExpression,
                    expressions.parameterType(keyExpression, method),
                    condition.isBlank() ? null : parse("condition", condition, place),
                    delayText.isBlank() || computed ? null : duration(delayText, delay, place),
                    computed ? parse("delay", delay, place) : null,
                    place,
                    new SlotCause(SlotCause.Type.ANNOTATION, kind.annotation() + " " + shortName));
        }

        private Expression parse(String attribute, String written, String place) {
            try {
                return expressions.parse(resolve(written), method);
            } catch (IllegalArgumentException e) {
                throw new SlotConfigurationException(
                        place + " has " + attribute + " = \"" + written + "\": " + e.getMessage() + ".",
                        "Correct the expression.",
                        e);
            }
        }

        private Duration duration(String text, String written, String place) {
            try {
                return SlotDurations.parse(text);
            } catch (IllegalArgumentException e) {
                throw new SlotConfigurationException(
                        place + " has delay = \"" + written + "\": " + e.getMessage()
                                + ", nor an expression, which contains #, @ or (.",
                        "Correct 'delay' of the annotation, or the property behind its placeholder.",
                        e);
            }
        }
    }

    private String resolve(String value) {
        @Nullable String resolved = placeholders.resolveStringValue(value);
        return resolved == null ? "" : resolved.strip();
    }
}

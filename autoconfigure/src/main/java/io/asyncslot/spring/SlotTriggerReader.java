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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.core.BridgeMethodResolver;
import org.springframework.core.KotlinDetector;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.annotation.RepeatableContainers;
import org.springframework.expression.Expression;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringValueResolver;

/** Reads the trigger annotations of a method, and checks what can be checked without a registry. Thread-safe. */
final class SlotTriggerReader {

    static final List<Class<? extends Annotation>> ANNOTATIONS =
            List.of(StartSlot.class, TouchSlot.class, CancelSlot.class, DeleteSlot.class, SubmitSlot.class);

    /** Whether advice sees what a suspend function produced. */
    private static final boolean SUSPENSIONS =
            ClassUtils.isPresent("kotlinx.coroutines.reactor.MonoKt", SlotTriggerReader.class.getClassLoader())
                    && KotlinDetector.isKotlinReflectPresent();

    private final StringValueResolver placeholders;
    private final SlotExpressions expressions = new SlotExpressions();

    /** Makes a reader. The resolver replaces placeholders, and only those. */
    SlotTriggerReader(StringValueResolver placeholders) {
        this.placeholders = placeholders;
    }

    /** The triggers of a method in the order they act in; those of interfaces only where the class says nothing. */
    List<SlotTrigger> read(Method method, Class<?> targetClass) {
        List<SlotTrigger> local = read(method, targetClass, SearchStrategy.INHERITED_ANNOTATIONS);
        return local.isEmpty() ? read(method, targetClass, SearchStrategy.TYPE_HIERARCHY) : local;
    }

    private List<SlotTrigger> read(Method method, Class<?> targetClass, SearchStrategy search) {
        Reading reading = new Reading(
                method,
                ClassUtils.getQualifiedMethodName(method, targetClass),
                ClassUtils.getShortName(targetClass) + "." + method.getName(),
                search);
        reading.each(
                DeleteSlot.class,
                DeleteSlot.List.class,
                (slot, to) -> to.trigger(Kind.DELETE, slot.map(), slot.key(), "", slot.condition(), ""));
        reading.each(
                CancelSlot.class,
                CancelSlot.List.class,
                (slot, to) -> to.trigger(Kind.CANCEL, slot.map(), slot.key(), "", slot.condition(), ""));
        reading.each(
                TouchSlot.class,
                TouchSlot.List.class,
                (slot, to) -> to.trigger(Kind.TOUCH, slot.map(), slot.key(), "", slot.condition(), slot.delay()));
        reading.each(
                StartSlot.class,
                StartSlot.List.class,
                (slot, to) ->
                        to.trigger(Kind.START, slot.map(), slot.key(), slot.value(), slot.condition(), slot.delay()));
        reading.each(
                SubmitSlot.class,
                SubmitSlot.List.class,
                (slot, to) -> to.trigger(Kind.SUBMIT, slot.map(), slot.key(), slot.value(), slot.condition(), ""));
        reading.triggers.sort(Comparator.comparing(SlotTrigger::kind));
        return List.copyOf(reading.triggers);
    }

    /** The reading of one method. */
    private final class Reading {

        private final Method method;
        private final String methodName;
        private final String shortName;
        private final SearchStrategy search;
        private final List<SlotTrigger> triggers = new ArrayList<>();

        /** Where the annotation that is being read is written. */
        private Method declared;

        Reading(Method method, String methodName, String shortName, SearchStrategy search) {
            this.method = method;
            this.declared = method;
            this.methodName = methodName;
            this.shortName = shortName;
            this.search = search;
        }

        <A extends Annotation> void each(
                Class<A> type, Class<? extends Annotation> list, BiFunction<A, Reading, SlotTrigger> reader) {
            Map<A, Method> found = new LinkedHashMap<>();
            MergedAnnotations.from(method, search, RepeatableContainers.explicitRepeatable(type, list)).stream(type)
                    .sorted(Comparator.<MergedAnnotation<A>>comparingInt(MergedAnnotation::getAggregateIndex)
                            .reversed())
                    .forEach(
                            each -> found.putIfAbsent(each.synthesize(), BridgeMethodResolver.findBridgedMethod((Method)
                                    Objects.requireNonNull(each.getSource()))));
            found.forEach((annotation, source) -> {
                declared = source;
                String written = "@" + type.getSimpleName() + " on " + methodName;
                triggers.add(SlotConfigurationException.naming(written, () -> reader.apply(annotation, this)));
            });
        }

        SlotTrigger trigger(Kind kind, String map, String key, String value, String condition, String delay) {
            String name = resolve(map);
            String place = kind.annotation() + " of map '" + name + "' on " + methodName;
            if (KotlinDetector.isSuspendingFunction(method) && !SUSPENSIONS) {
                throw new SlotConfigurationException(
                        place + ": the method is a suspend function, and nothing here can tell when it has completed.",
                        "Add org.jetbrains.kotlinx:kotlinx-coroutines-reactor and org.jetbrains.kotlin:kotlin-reflect,"
                                + " or put the annotation on a method that does not suspend.");
            }
            String delayText = resolve(delay);
            boolean computed = SlotExpressions.isExpression(delayText);
            Expression keyExpression = parse("key", key, place);
            Expression valueExpression = value.isBlank() ? null : parse("value", value, place);
            return new SlotTrigger(
                    kind,
                    name,
                    keyExpression,
                    expressions.parameterType(keyExpression, method),
                    valueExpression,
                    valueExpression == null ? null : expressions.parameterType(valueExpression, method),
                    condition.isBlank() ? null : parse("condition", condition, place),
                    delayText.isBlank() || computed ? null : duration(delayText, delay, place),
                    computed ? parse("delay", delay, place) : null,
                    place,
                    declared,
                    new SlotCause(SlotCause.Type.ANNOTATION, kind.annotation() + " " + shortName));
        }

        private Expression parse(String attribute, String written, String place) {
            try {
                return expressions.parse(resolve(written), method);
            } catch (IllegalArgumentException e) {
                throw new SlotConfigurationException(
                        place + " has " + attribute + " = \"" + written + "\": " + e.getMessage() + ".",
                        "Correct the expression. The parameters of the method are variables, such as #id, and #result is what"
                                + " the method returned.",
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

package io.asyncslot.spring;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotType;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.MethodIntrospector.MetadataLookup;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringValueResolver;

/** Reads the binding annotations of a bean into definitions, and checks what can be checked without a registry. */
final class SlotDefinitionReader {

    private static final Log LOG = LogFactory.getLog(SlotDefinitionReader.class);

    private final StringValueResolver resolver;

    /** Makes a reader. The resolver replaces placeholders. */
    SlotDefinitionReader(StringValueResolver resolver) {
        this.resolver = resolver;
    }

    /** The annotations of one method. */
    record Bindings(@Nullable TimerSlot timer, @Nullable WorkSlot work) {}

    /** The methods of a class that are callbacks, also by meta-annotation, superclass or interface. */
    static Map<Method, Bindings> callbacks(Class<?> type) {
        if (!AnnotationUtils.isCandidateClass(type, List.of(TimerSlot.class, WorkSlot.class))) {
            return Map.of();
        }
        return MethodIntrospector.selectMethods(type, (MetadataLookup<Bindings>) SlotDefinitionReader::bindings);
    }

    private static @Nullable Bindings bindings(Method method) {
        TimerSlot timer = AnnotatedElementUtils.findMergedAnnotation(method, TimerSlot.class);
        WorkSlot work = AnnotatedElementUtils.findMergedAnnotation(method, WorkSlot.class);
        return timer == null && work == null ? null : new Bindings(timer, work);
    }

    List<SlotDefinition> read(Object bean, String beanName, Class<?> targetClass, Map<Method, Bindings> callbacks) {
        List<SlotDefinition> definitions = new ArrayList<>();
        callbacks.forEach((method, bindings) -> {
            TimerSlot timer = bindings.timer();
            if (timer != null) {
                String written = place("@TimerSlot", timer.map(), method, targetClass, beanName);
                definitions.add(SlotConfigurationException.naming(
                        written, () -> timer(bean, beanName, targetClass, method, timer)));
            }
            WorkSlot work = bindings.work();
            if (work != null) {
                String written = place("@WorkSlot", work.map(), method, targetClass, beanName);
                definitions.add(SlotConfigurationException.naming(
                        written, () -> work(bean, beanName, targetClass, method, work)));
            }
        });
        return definitions;
    }

    private SlotDefinition timer(Object bean, String beanName, Class<?> targetClass, Method method, TimerSlot slot) {
        String map = resolve(slot.map());
        String place = place("@TimerSlot", map, method, targetClass, beanName);
        SlotMapSettings settings = new SlotMapSettings(
                duration("delay", slot.delay(), place),
                duration("every", slot.every(), place),
                cron(slot, place),
                text(slot.zone()),
                slot.dst(),
                slot.clock(),
                slot.late(),
                text(slot.backend()),
                null,
                slot.concurrency(),
                slot.maxEntries(),
                slot.whenIdle(),
                duration("maxWait", slot.maxWait(), place),
                slot.flushAt(),
                null,
                slot.keySchedules(),
                slot.merge(),
                slot.maxValues(),
                null,
                text(slot.retry()),
                text(slot.circuitBreaker()),
                text(slot.bulkhead()),
                text(slot.rateLimiter()),
                text(slot.timeLimiter()),
                null);
        return definition(
                map,
                SlotType.TIMER,
                slot.keyType(),
                settings,
                slot.mergeWith(),
                slot.fallback(),
                bean,
                beanName,
                targetClass,
                method,
                place);
    }

    private SlotDefinition work(Object bean, String beanName, Class<?> targetClass, Method method, WorkSlot slot) {
        String map = resolve(slot.map());
        String place = place("@WorkSlot", map, method, targetClass, beanName);
        SlotMapSettings settings = new SlotMapSettings(
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                text(slot.backend()),
                null,
                slot.concurrency(),
                slot.maxEntries(),
                slot.whenIdle(),
                null,
                null,
                duration("minInterval", slot.minInterval(), place),
                null,
                slot.merge(),
                slot.maxValues(),
                null,
                text(slot.retry()),
                text(slot.circuitBreaker()),
                text(slot.bulkhead()),
                text(slot.rateLimiter()),
                text(slot.timeLimiter()),
                null);
        return definition(
                map,
                SlotType.WORK,
                slot.keyType(),
                settings,
                slot.mergeWith(),
                slot.fallback(),
                bean,
                beanName,
                targetClass,
                method,
                place);
    }

    private SlotDefinition definition(
            String map,
            SlotType type,
            Class<?> declaredKeyType,
            SlotMapSettings settings,
            String mergeWith,
            String fallback,
            Object bean,
            String beanName,
            Class<?> targetClass,
            Method method,
            String place) {
        SlotCallbackMethod signature = SlotCallbackMethod.of(method, targetClass, declaredKeyType, place);
        SlotCallbackTarget target = SlotCallbackTarget.of(bean, method, targetClass, place);
        if (SlotCallbackTarget.bypassesAdvice(target, bean, method, targetClass)) {
            LOG.warn(place + " is called on the bean behind its proxy, because the proxy does not hold the method:"
                    + " the advice of other annotations on it does not apply. Make the method public, or declare it in"
                    + " an interface of the bean.");
        }
        SlotCallback<Object> callback = (key, firing) -> target.call(signature.arguments(key, firing));
        String function = text(mergeWith);
        SlotValueParameter value = signature.value();
        SlotMerging merging = SlotMerging.of(value, function, bean, targetClass, place);
        String name = text(fallback);
        SlotFallback handler =
                name == null ? null : SlotFallbackMethods.of(bean, targetClass, name, signature.keyType(), place);
        return new SlotDefinition(
                map, type, signature.keyType(), settings, merging, callback, handler, beanName, place);
    }

    private @Nullable Duration duration(String attribute, String value, String place) {
        String text = resolve(value);
        if (text.isBlank()) {
            return null;
        }
        try {
            return SlotDurations.parse(text);
        } catch (IllegalArgumentException e) {
            throw invalid(attribute, value, place, e);
        }
    }

    private @Nullable String cron(TimerSlot slot, String place) {
        String text = resolve(slot.cron());
        if (text.isBlank()) {
            return null;
        }
        try {
            if (!text.strip().equals(CronSchedule.DISABLED)) {
                CronSchedule.parse(text, resolve(slot.zone()), slot.dst());
            }
            return text.strip();
        } catch (IllegalArgumentException e) {
            throw invalid("cron", slot.cron(), place, e);
        }
    }

    private static SlotConfigurationException invalid(
            String attribute, String written, String place, IllegalArgumentException cause) {
        return new SlotConfigurationException(
                place + " has " + attribute + " = \"" + written + "\": " + cause.getMessage() + ".",
                "Correct '" + attribute + "' of the annotation, or the property behind its placeholder.",
                cause);
    }

    private String resolve(String value) {
        String resolved = resolver.resolveStringValue(value);
        return resolved == null ? "" : resolved;
    }

    private @Nullable String text(String value) {
        String text = resolve(value);
        return text.isBlank() ? null : text.strip();
    }

    private static String place(String annotation, String map, Method method, Class<?> targetClass, String beanName) {
        return annotation + " of map '" + map + "' on " + ClassUtils.getQualifiedMethodName(method, targetClass)
                + " of bean '" + beanName + "'";
    }
}

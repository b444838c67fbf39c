package io.asyncslot.annotation;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.aot.hint.annotation.ReflectiveProcessor;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.util.ReflectionUtils;

/** Says to a native image that callbacks and their fallbacks are called by reflection. Made by Spring. */
final class SlotCallbackReflection implements ReflectiveProcessor {

    @Override
    public void registerReflectionHints(ReflectionHints hints, AnnotatedElement element) {
        if (!(element instanceof Method callback)) {
            return; // an annotation that is made of this one: its methods come by themselves
        }
        hints.registerMethod(callback, ExecutableMode.INVOKE);
        MergedAnnotations annotations = MergedAnnotations.from(callback);
        Set<String> fallbacks = Stream.of(TimerSlot.class, WorkSlot.class)
                .map(annotations::get)
                .filter(MergedAnnotation::isPresent)
                .map(annotation -> annotation.getString("fallback"))
                .collect(Collectors.toSet());
        ReflectionUtils.doWithMethods(
                callback.getDeclaringClass(),
                method -> hints.registerMethod(method, ExecutableMode.INVOKE),
                method -> fallbacks.contains(method.getName()));
    }
}

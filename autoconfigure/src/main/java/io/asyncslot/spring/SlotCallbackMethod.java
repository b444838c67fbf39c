package io.asyncslot.spring;

import io.asyncslot.SlotFiring;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.scheduling.annotation.Async;
import org.springframework.util.ClassUtils;

/**
 * The signature of a callback: where the key goes, the value and the firing. Immutable.
 *
 * @param method the method, of the bean's own class
 * @param keyType the type of the map's keys
 * @param keyIndex the key's parameter, -1 if there is none
 * @param firingIndex the firing's parameter, -1 if there is none
 * @param value the value's parameter; null if there is none
 */
record SlotCallbackMethod(
        Method method,
        Class<?> keyType,
        int keyIndex,
        int firingIndex,
        @Nullable SlotValueParameter value) {

    /** What Spring's {@code @EnableAsync} takes for asynchronous; Jakarta's by name, since few applications have them. */
    private static final List<String> ASYNC =
            List.of(Async.class.getName(), "jakarta.ejb.Asynchronous", "jakarta.enterprise.concurrent.Asynchronous");

    private static final String RULE =
            "Let the method take the key, the key and a value in this order, also a SlotFiring, or nothing.";

    /** Spring's registry knows futures only beside Reactor, and no plain ones. */
    private static boolean isAsynchronous(Class<?> returned) {
        return Future.class.isAssignableFrom(returned)
                || CompletionStage.class.isAssignableFrom(returned)
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(returned) != null;
    }

    private static boolean has(AnnotatedElement element, String annotation) {
        return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
    }

    /**
     * Reads a signature.
     *
     * @param declared the key type that the annotation names; Object if it names none
     */
    static SlotCallbackMethod of(Method method, Class<?> targetClass, Class<?> declared, String place) {
        if (Modifier.isStatic(method.getModifiers())) {
            throw new SlotConfigurationException(
                    place + " is static; a callback is an instance method of a bean.", "Remove 'static'.");
        }
        for (String async : ASYNC) {
            if (has(method, async) || has(targetClass, async)) {
                String shown = "@" + (async.equals(Async.class.getName()) ? Async.class.getSimpleName() : async);
                throw new SlotConfigurationException(
                        place + " is " + shown
                                + ": each run would end before its work has begun, so that runs of one key overlap and"
                                + " nobody sees them fail.",
                        "Remove " + shown + ": callbacks run on the threads of 'asyncslot.executor.*' anyway.");
            }
        }
        if (isAsynchronous(method.getReturnType())) {
            throw new SlotConfigurationException(
                    place + " returns a " + method.getReturnType().getSimpleName()
                            + ": the run would end before its work, and nobody would see it fail.",
                    "Let the method return nothing, and wait for its work in the method: callbacks have threads for that.");
        }
        if (KotlinDetector.isSuspendingFunction(method)) {
            throw new SlotConfigurationException(
                    place
                            + " is a suspend function: the run would end where it suspends first, and nobody would see it fail.",
                    "Let it be a function that does not suspend; it may wait for one that does, by 'runBlocking', for"
                            + " callbacks have threads for that.");
        }
        int keyIndex = -1;
        int firingIndex = -1;
        Class<?> keyType = declared;
        SlotValueParameter value = null;
        for (int index = 0; index < method.getParameterCount(); index++) {
            Class<?> type = parameterType(method, index, targetClass);
            if (type == SlotFiring.class) {
                firingIndex = only(firingIndex, index, place, "SlotFiring");
            } else if (keyIndex < 0) {
                keyIndex = index;
                keyType = type;
            } else if (value == null) {
                value = value(method, index, targetClass);
            } else {
                throw unsupported(place, "has a parameter " + index + " besides the key, the value and the SlotFiring");
            }
        }
        if (keyIndex >= 0 && declared != Object.class && declared != keyType) {
            throw new SlotConfigurationException(
                    place + " names the key type " + declared.getName() + " but its key parameter is a "
                            + keyType.getName() + ".",
                    "Leave 'keyType' out where the method has a key parameter.");
        }
        if (keyType.isArray()) {
            throw new SlotConfigurationException(
                    place + " has keys of type " + keyType.getTypeName()
                            + ", but arrays are equal to themselves only: two equal keys would be two slots.",
                    "Let the key be a value, such as a String (" + (keyType == byte[].class ? "HexFormat, " : "")
                            + "text), a UUID, a number or a record of such.");
        }
        return new SlotCallbackMethod(method, keyType, keyIndex, firingIndex, value);
    }

    private static SlotValueParameter value(Method method, int index, Class<?> targetClass) {
        ResolvableType type =
                ResolvableType.forMethodParameter(new MethodParameter(method, index).withContainingClass(targetClass));
        Class<?> raw = type.resolve(Object.class);
        return new SlotValueParameter(
                index, raw, raw == List.class ? type.getGeneric(0).resolve(Object.class) : null);
    }

    private static Class<?> parameterType(Method method, int index, Class<?> targetClass) {
        MethodParameter parameter = new MethodParameter(method, index).withContainingClass(targetClass);
        Class<?> type = ResolvableType.forMethodParameter(parameter).resolve(Object.class);
        return ClassUtils.resolvePrimitiveIfNecessary(type);
    }

    private static int only(int former, int index, String place, String what) {
        if (former >= 0) {
            throw unsupported(place, "has two " + what + " parameters, " + former + " and " + index);
        }
        return index;
    }

    private static SlotConfigurationException unsupported(String place, String reason) {
        return new SlotConfigurationException(place + " " + reason + ".", RULE);
    }

    /** What to call the method with. */
    @Nullable
    Object[] arguments(Object key, SlotFiring firing) {
        @Nullable Object[] arguments = new @Nullable Object[method.getParameterCount()];
        if (keyIndex >= 0) {
            arguments[keyIndex] = key;
        }
        if (firingIndex >= 0) {
            arguments[firingIndex] = firing;
        }
        if (value != null) {
            arguments[value.index()] = firing.value();
        }
        return arguments;
    }
}

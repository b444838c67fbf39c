package io.asyncslot.spring;

import io.asyncslot.SlotFiring;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * The signature of a callback: where the key goes and where the firing. Immutable.
 *
 * @param method the method, of the bean's own class
 * @param keyType the type of the map's keys
 * @param keyIndex the key's parameter, -1 if there is none
 * @param firingIndex the firing's parameter, -1 if there is none
 */
record SlotCallbackMethod(Method method, Class<?> keyType, int keyIndex, int firingIndex) {

    private static final String RULE =
            "Let the method take the key, a SlotFiring, both in any order, or nothing, and return nothing that"
                    + " completes later.";

    /**
     * Reads a signature.
     *
     * @param declared the key type that the annotation names; Object if it names none
     */
    static SlotCallbackMethod of(Method method, Class<?> targetClass, Class<?> declared, String place) {
        if (Modifier.isStatic(method.getModifiers())) {
            throw unsupported(place, "is static; a callback is an instance method of a bean");
        }
        if (ReactiveAdapterRegistry.getSharedInstance().getAdapter(method.getReturnType()) != null) {
            throw unsupported(
                    place,
                    "returns a " + method.getReturnType().getSimpleName()
                            + ": the run would end before its work, and nobody would see it fail");
        }
        int keyIndex = -1;
        int firingIndex = -1;
        Class<?> keyType = declared;
        for (int index = 0; index < method.getParameterCount(); index++) {
            Class<?> type = parameterType(method, index, targetClass);
            if (type == SlotFiring.class) {
                firingIndex = only(firingIndex, index, place, "SlotFiring");
            } else {
                keyIndex = only(keyIndex, index, place, "key");
                keyType = type;
            }
        }
        if (keyIndex >= 0 && declared != Object.class && declared != keyType) {
            throw new SlotConfigurationException(
                    place + " names the key type " + declared.getName() + " but its key parameter is a "
                            + keyType.getName() + ".",
                    "Leave 'keyType' out where the method has a key parameter.");
        }
        return new SlotCallbackMethod(method, keyType, keyIndex, firingIndex);
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
        return arguments;
    }
}

package io.asyncslot.spring;

import io.asyncslot.SlotFiring;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The methods of one name that are the fallback of a callback, the one for the most special failure first. Immutable.
 *
 * @param methods at least one
 */
record SlotFallbackMethods(List<FallbackMethod> methods) implements SlotFallback {

    private static final String RULE =
            "Let it be an instance method of the callback's class that takes the failure (a Throwable, or a subclass of"
                    + " which it handles only that) and, if it wants them, the key and the SlotFiring, in any order.";

    /** One method: where its parameters come from. */
    private record FallbackMethod(
            SlotCallbackTarget target,
            int parameters,
            int keyIndex,
            int firingIndex,
            int failureIndex,
            Class<?> handles) {

        void call(Object key, SlotFiring firing, Throwable failure) throws Exception {
            @Nullable Object[] arguments = new @Nullable Object[parameters];
            if (keyIndex >= 0) {
                arguments[keyIndex] = key;
            }
            if (firingIndex >= 0) {
                arguments[firingIndex] = firing;
            }
            arguments[failureIndex] = failure;
            target.call(arguments);
        }
    }

    /** Reads the methods of a name; refuses a name that no method has, and a method that could not be called. */
    static SlotFallback of(Object bean, Class<?> targetClass, String name, Class<?> keyType, String place) {
        List<FallbackMethod> methods = new ArrayList<>();
        Method[] named = ReflectionUtils.getUniqueDeclaredMethods(
                targetClass, method -> method.getName().equals(name) && !method.isBridge());
        for (Method method : named) {
            methods.add(read(bean, targetClass, method, keyType, place));
        }
        if (methods.isEmpty()) {
            throw new SlotConfigurationException(
                    place + " names the fallback '" + name + "' but " + targetClass.getName()
                            + " has no method of this name.",
                    RULE);
        }
        methods.sort(Comparator.comparingInt((FallbackMethod method) -> depth(method.handles()))
                .reversed());
        for (int i = 1; i < methods.size(); i++) {
            if (methods.get(i - 1).handles() == methods.get(i).handles()) {
                throw new SlotConfigurationException(
                        place + " names the fallback '" + name + "', but two methods of this name take "
                                + methods.get(i).handles().getName() + ".",
                        "Keep one method for each type of failure.");
            }
        }
        return new SlotFallbackMethods(List.copyOf(methods));
    }

    private static FallbackMethod read(
            Object bean, Class<?> targetClass, Method method, Class<?> keyType, String place) {
        String what = place + " has the fallback " + ClassUtils.getQualifiedMethodName(method, targetClass);
        if (java.lang.reflect.Modifier.isStatic(method.getModifiers())
                || ReactiveAdapterRegistry.getSharedInstance().getAdapter(method.getReturnType()) != null) {
            throw new SlotConfigurationException(
                    what + ", which is static or returns something that completes later.", RULE);
        }
        int key = -1;
        int firing = -1;
        int failure = -1;
        Class<?>[] types = method.getParameterTypes();
        for (int index = 0; index < types.length; index++) {
            Class<?> type = ClassUtils.resolvePrimitiveIfNecessary(types[index]);
            if (Throwable.class.isAssignableFrom(type) && failure < 0) {
                failure = index;
            } else if (type == SlotFiring.class && firing < 0) {
                firing = index;
            } else if (type.isAssignableFrom(keyType) && key < 0) {
                key = index;
            } else {
                throw new SlotConfigurationException(
                        what + ", whose parameter " + index + " is a " + type.getName()
                                + ": neither the key (" + keyType.getName()
                                + ") nor the firing nor the failure, or"
                                + " a second one of them.",
                        RULE);
            }
        }
        if (failure < 0) {
            throw new SlotConfigurationException(
                    what + ", which does not take the failure: its parameters are " + Arrays.toString(types) + ".",
                    RULE);
        }
        return new FallbackMethod(
                SlotCallbackTarget.of(bean, method, targetClass, place),
                types.length,
                key,
                firing,
                failure,
                types[failure]);
    }

    private static int depth(Class<?> type) {
        int depth = 0;
        for (Class<?> up = type.getSuperclass(); up != null; up = up.getSuperclass()) {
            depth++;
        }
        return depth;
    }

    @Override
    public boolean handle(Object key, SlotFiring firing, Throwable failure) throws Exception {
        for (FallbackMethod method : methods) {
            if (method.handles().isInstance(failure)) {
                method.call(key, firing, failure);
                return true;
            }
        }
        return false;
    }
}

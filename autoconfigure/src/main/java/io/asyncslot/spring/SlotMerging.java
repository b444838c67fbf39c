package io.asyncslot.spring;

import io.asyncslot.Merge;
import io.asyncslot.SlotValues;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * What values an annotated callback takes, and the method that merges them. Immutable.
 *
 * @param parameter the callback's parameter; null if it takes none
 * @param function the method's name; null for none
 * @param merger calls the method; null for none
 */
record SlotMerging(
        @Nullable SlotValueParameter parameter,
        @Nullable String function,
        @Nullable BinaryOperator<Object> merger) {

    private static final String RULE =
            "Let it be a method of the callback's class that takes two values and answers one, all of the type of the"
                    + " callback's value parameter.";

    /** Reads it; refuses a method that is not there, or could not be called. */
    static SlotMerging of(
            @Nullable SlotValueParameter parameter,
            @Nullable String function,
            Object bean,
            Class<?> targetClass,
            String place) {
        if (function == null) {
            return new SlotMerging(parameter, null, null);
        }
        if (parameter == null) {
            throw new SlotConfigurationException(
                    place + " has mergeWith = \"" + function + "\" but takes no value that could be merged.",
                    "Let the method take the value, as the parameter after the key.");
        }
        Class<?> type = parameter.type();
        Method[] named = ReflectionUtils.getUniqueDeclaredMethods(
                targetClass, method -> method.getName().equals(function) && !method.isBridge());
        Method merge = Arrays.stream(named)
                .filter(method -> method.getParameterCount() == 2
                        && ClassUtils.isAssignable(method.getParameterTypes()[0], type)
                        && ClassUtils.isAssignable(method.getParameterTypes()[1], type)
                        && ClassUtils.isAssignable(type, method.getReturnType()))
                .findFirst()
                .orElseThrow(() -> new SlotConfigurationException(
                        place + " has mergeWith = \"" + function + "\" but " + targetClass.getName()
                                + " has no method of this name that makes one " + type.getName() + " of two.",
                        RULE));
        if (Modifier.isStatic(merge.getModifiers())) {
            ReflectionUtils.makeAccessible(merge);
            return new SlotMerging(parameter, function, (pending, added) -> called(merge, null, pending, added));
        }
        SlotCallbackTarget target = SlotCallbackTarget.of(bean, merge, targetClass, place);
        return new SlotMerging(
                parameter, function, (pending, added) -> called(target.method(), target.object(), pending, added));
    }

    @SuppressWarnings("NullAway") // a static method has no object, and an answer of null is the map's to refuse
    private static Object called(Method method, @Nullable Object object, Object pending, Object added) {
        try {
            return method.invoke(object, pending, added);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowRuntimeException(e.getTargetException());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(method + " was accessible", e);
        }
        throw new IllegalStateException("not reached");
    }

    /**
     * What the slots of the map carry.
     *
     * @param merge the rule
     * @param maxValues the bound, 0 for none
     * @return the values; null if the callback takes none
     * @throws IllegalArgumentException if the rule does not go with the callback
     */
    @Nullable
    SlotValues<?> values(Merge merge, int maxValues) {
        if (parameter == null) {
            if (merge != Merge.LAST || maxValues != 0) {
                throw new IllegalArgumentException(
                        (merge != Merge.LAST ? "'merge' is " + merge : "'maxValues' is " + maxValues)
                                + ", but the callback takes no value: it would be the parameter after the key");
            }
            return null;
        }
        if (parameter.type().isPrimitive()) {
            throw new IllegalArgumentException("the callback takes its value as the primitive " + parameter.type()
                    + ", but a slot that was started without one has none: take a "
                    + ClassUtils.resolvePrimitiveIfNecessary(parameter.type()).getSimpleName());
        }
        if (merge == Merge.COLLECT) {
            if (parameter.element() == null) {
                throw new IllegalArgumentException("'merge' is COLLECT, but the callback takes its value as a "
                        + parameter.type().getName() + ": it has to take a java.util.List of values");
            }
            if (function != null) {
                throw new IllegalArgumentException("'merge' is COLLECT and 'mergeWith' is '" + function
                        + "': values are either collected or merged by a method");
            }
            return SlotValues.collect(parameter.element()).maxValues(maxValues);
        }
        return single(parameter.type(), merge).maxValues(maxValues);
    }

    @SuppressWarnings("unchecked") // the method takes and answers values of this type
    private <V> SlotValues<V> single(Class<V> type, Merge merge) {
        if (merge == Merge.FUNCTION && merger == null) {
            throw new IllegalArgumentException("'merge' is FUNCTION, but no method is named: name it with 'mergeWith'");
        }
        if (merge == Merge.FIRST) {
            if (function != null) {
                throw new IllegalArgumentException(
                        "'merge' is FIRST and 'mergeWith' is '" + function + "': leave one of them out");
            }
            return SlotValues.first(type);
        }
        return merger == null ? SlotValues.last(type) : SlotValues.merging(type, (BinaryOperator<V>) merger);
    }
}

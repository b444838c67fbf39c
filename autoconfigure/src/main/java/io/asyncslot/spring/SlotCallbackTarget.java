package io.asyncslot.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.Advisor;
import org.springframework.aop.PointcutAdvisor;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.BridgeMethodResolver;
import org.springframework.util.ReflectionUtils;

/**
 * Whom to call for a callback: the proxy where it holds the method, so that other annotations apply, else the bean
 * behind it. Immutable.
 *
 * @param object the proxy or the bean
 * @param method the method as that object has it
 */
record SlotCallbackTarget(Object object, Method method) {

    static SlotCallbackTarget of(Object bean, Method method, Class<?> targetClass, String place) {
        Method held = AopUtils.isAopProxy(bean) ? heldBy(bean, method, targetClass) : method;
        if (held != null) {
            ReflectionUtils.makeAccessible(held);
            return new SlotCallbackTarget(bean, held);
        }
        ReflectionUtils.makeAccessible(method);
        return new SlotCallbackTarget(behind(bean, place), method);
    }

    /** The method through which a proxy passes calls on; null if it cannot. */
    static @Nullable Method heldBy(Object proxy, Method method, Class<?> targetClass) {
        if (Modifier.isPrivate(method.getModifiers())) {
            return null;
        }
        if (Proxy.isProxyClass(proxy.getClass())) {
            return Arrays.stream(proxy.getClass().getInterfaces())
                    .flatMap(type -> Arrays.stream(type.getMethods()))
                    .filter(candidate -> candidate.getName().equals(method.getName()))
                    .filter(candidate -> implementation(candidate, targetClass).equals(method))
                    .findFirst()
                    .orElse(null);
        }
        for (Class<?> type = proxy.getClass();
                type != null && type != method.getDeclaringClass();
                type = type.getSuperclass()) {
            try {
                return type.getDeclaredMethod(method.getName(), method.getParameterTypes());
            } catch (NoSuchMethodException e) {
                // a final method, or a package-private one of another class loader: look further up
            }
        }
        return null;
    }

    private static Method implementation(Method method, Class<?> targetClass) {
        return BridgeMethodResolver.findBridgedMethod(AopUtils.getMostSpecificMethod(method, targetClass));
    }

    private static Object behind(Object proxy, String place) {
        Object object = proxy;
        while (AopUtils.isAopProxy(object)) {
            Object target = AopProxyUtils.getSingletonTarget(object);
            if (target == null) {
                throw new SlotConfigurationException(
                        place + " is behind a proxy that neither holds the method nor has a fixed target.",
                        "Make the method public, or declare it in an interface of the bean.");
            }
            object = target;
        }
        return object;
    }

    /** Whether advice of other annotations would apply to the method, but does not because the bean itself is called. */
    static boolean bypassesAdvice(SlotCallbackTarget chosen, Object bean, Method method, Class<?> targetClass) {
        if (chosen.object == bean || !(bean instanceof Advised advised)) {
            return false;
        }
        for (Advisor advisor : advised.getAdvisors()) {
            if (advisor instanceof PointcutAdvisor pointcut
                    && pointcut.getPointcut().getMethodMatcher().matches(method, targetClass)) {
                return true;
            }
        }
        return false;
    }

    /** Calls it; what the method throws comes out as it is. */
    void call(@Nullable Object[] arguments) throws Exception {
        try {
            method.invoke(object, arguments);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowException(e.getTargetException());
        }
    }
}

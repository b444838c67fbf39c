package io.asyncslot.spring;

import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.core.KotlinDetector;

/** The root object of trigger expressions: one call that returned. Immutable; public for the expressions only. */
public final class SlotTriggerCall {

    private final Method method;

    /** What was passed, with the continuation if the method is a suspend function of Kotlin's. */
    private final @Nullable Object[] passed;

    private final Object target;
    private final Class<?> targetClass;

    SlotTriggerCall(Method method, @Nullable Object[] passed, Object target, Class<?> targetClass) {
        this.method = method;
        this.passed = passed;
        this.target = target;
        this.targetClass = targetClass;
    }

    /**
     * The method called.
     *
     * @return the method
     */
    public Method getMethod() {
        return method;
    }

    /**
     * What it was called with.
     *
     * @return the arguments, without what Kotlin passes beside them
     */
    public @Nullable Object[] getArgs() {
        return KotlinDetector.isSuspendingFunction(method) ? Arrays.copyOf(passed, passed.length - 1) : passed;
    }

    /** What was passed, as it was: Spring's own evaluation leaves the continuation out by itself. */
    @Nullable
    Object[] passed() {
        return passed;
    }

    /**
     * The object it was called on.
     *
     * @return the bean, not its proxy
     */
    public Object getTarget() {
        return target;
    }

    /**
     * The class of that object.
     *
     * @return the class
     */
    public Class<?> getTargetClass() {
        return targetClass;
    }
}

package io.asyncslot.spring;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** The root object of trigger expressions: one call that returned. Immutable; public for the expressions only. */
public final class SlotTriggerCall {

    private final Method method;
    private final @Nullable Object[] args;
    private final Object target;
    private final Class<?> targetClass;

    SlotTriggerCall(Method method, @Nullable Object[] args, Object target, Class<?> targetClass) {
        this.method = method;
        this.args = args;
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
     * @return the arguments
     */
    public @Nullable Object[] getArgs() {
        return args;
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

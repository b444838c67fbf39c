package io.asyncslot.spring;

import java.util.Arrays;
import java.util.List;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.util.ClassUtils;

/**
 * Evaluates and performs the triggers of a method after it has succeeded: when it returned, or when what it returned has
 * completed. An annotation acts once for a call that one bean passes on to another of the same interface, such as a repository
 * to its fragment: after the outer call. Thread-safe.
 */
final class SlotTriggerInterceptor implements MethodInterceptor {

    /** The innermost triggered call of this thread that has not returned; static, as contexts call each other's beans. */
    private static final ThreadLocal<@Nullable UnderWay> UNDER_WAY = new ThreadLocal<>();

    private final SlotTriggers triggers;
    private final SlotTriggerEvaluator evaluator;
    private final SlotTriggerCompletion completion;

    SlotTriggerInterceptor(SlotTriggers triggers, SlotTriggerEvaluator evaluator, SlotTriggerCompletion completion) {
        this.triggers = triggers;
        this.evaluator = evaluator;
        this.completion = completion;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
        Object present = invocation.getThis();
        Object target = present == null ? ((ProxyMethodInvocation) invocation).getProxy() : present;
        Class<?> ultimate = AopProxyUtils.ultimateTargetClass(target);
        Class<?> described = triggers.describing(target, ultimate, invocation.getMethod());
        TriggeredMethod due = triggers.method(invocation.getMethod(), described);
        if (due.triggers().isEmpty()) {
            return invocation.proceed();
        }
        UnderWay outer = UNDER_WAY.get();
        UnderWay call = new UnderWay(due.triggers(), target, Arrays.asList(invocation.getArguments()), outer);
        TriggeredMethod own = outer == null ? due : due.without(call::isPassedOn);
        Object result = proceed(invocation, call);
        if (own.triggers().isEmpty()) {
            return result;
        }
        SlotTriggerCall made = new SlotTriggerCall(due.method(), invocation.getArguments(), target, ultimate);
        return completion.follow(
                result,
                invocation.getMethod().getReturnType(),
                own.namesResult(),
                produced -> evaluator.evaluate(own, made, produced));
    }

    private static @Nullable Object proceed(MethodInvocation invocation, UnderWay call) throws Throwable {
        UNDER_WAY.set(call);
        try {
            return invocation.proceed();
        } finally {
            if (call.outer == null) {
                UNDER_WAY.remove();
            } else {
                UNDER_WAY.set(call.outer);
            }
        }
    }

    /** A triggered call that has not returned. */
    private record UnderWay(
            List<SlotTrigger> triggers,
            Object target,
            List<@Nullable Object> arguments,
            @Nullable UnderWay outer) {

        /** Whether a call further out will do for a trigger: the same annotation, another bean, the same arguments. */
        boolean isPassedOn(SlotTrigger trigger) {
            for (UnderWay each = outer; each != null; each = each.outer) {
                if (each.target != target
                        && hasSame(each.arguments)
                        && each.triggers.stream().anyMatch(other -> other.isOf(trigger))) {
                    return true;
                }
            }
            return false;
        }

        private boolean hasSame(List<@Nullable Object> others) {
            if (arguments.size() != others.size()) {
                return false;
            }
            for (int i = 0; i < others.size(); i++) {
                if (!isSame(arguments.get(i), others.get(i))) {
                    return false;
                }
            }
            return true;
        }

        /** Whether two arguments are one object, or one primitive value that was boxed twice. */
        private static boolean isSame(@Nullable Object one, @Nullable Object other) {
            return one == other || one != null && ClassUtils.isPrimitiveWrapper(one.getClass()) && one.equals(other);
        }
    }
}

package io.asyncslot.spring;

import java.util.List;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;

/** Evaluates and performs the triggers of a method after it returned normally. Thread-safe. */
final class SlotTriggerInterceptor implements MethodInterceptor {

    private final SlotTriggers triggers;
    private final SlotTriggerEvaluator evaluator;
    private final SlotTriggerTiming timing;

    SlotTriggerInterceptor(SlotTriggers triggers, SlotTriggerEvaluator evaluator, SlotTriggerTiming timing) {
        this.triggers = triggers;
        this.evaluator = evaluator;
        this.timing = timing;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
        Object result = invocation.proceed();
        Object target = invocation.getThis();
        if (target == null) {
            return result; // a proxy without a target: the method has no class that could carry triggers
        }
        Class<?> targetClass = AopProxyUtils.ultimateTargetClass(target);
        List<SlotTrigger> due = triggers.of(invocation.getMethod(), targetClass);
        if (due.isEmpty()) {
            return result;
        }
        SlotTriggerCall call = new SlotTriggerCall(
                AopUtils.getMostSpecificMethod(invocation.getMethod(), targetClass),
                invocation.getArguments(),
                target,
                targetClass);
        List<SlotAction> actions = evaluator.evaluate(due, call, result);
        if (!actions.isEmpty()) {
            timing.perform(actions);
        }
        return result;
    }
}

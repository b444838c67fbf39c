package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.EvaluationException;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.util.ObjectUtils;

/** Evaluates the triggers of a call into actions: all of them, or none when one fails. Thread-safe. */
final class SlotTriggerEvaluator {

    private static final Log LOG = LogFactory.getLog(SlotTriggerEvaluator.class);

    private final SlotTriggers triggers;
    private final SlotKeyConversion keys;
    private final Supplier<AsyncSlotRegistry> registry;

    /** Holds what all evaluations share, such as accessors with their caches. */
    private final StandardEvaluationContext shared = new StandardEvaluationContext();

    SlotTriggerEvaluator(
            SlotTriggers triggers,
            SlotKeyConversion keys,
            Supplier<AsyncSlotRegistry> registry,
            BeanFactory beanFactory) {
        this.triggers = triggers;
        this.keys = keys;
        this.registry = registry;
        this.shared.setBeanResolver(new BeanFactoryResolver(beanFactory));
    }

    /**
     * Evaluates.
     *
     * @throws SlotTriggerException naming place, expression, value and rule
     */
    List<SlotAction> evaluate(List<SlotTrigger> due, SlotTriggerCall call, @Nullable Object result) {
        MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(
                call, call.getMethod(), call.getArgs(), SlotExpressions.PARAMETER_NAMES);
        shared.applyDelegatesTo(context);
        context.setVariable(SlotExpressions.RESULT, ObjectUtils.unwrapOptional(result));
        List<SlotAction> actions = new ArrayList<>(due.size());
        for (SlotTrigger trigger : due) {
            if (trigger.condition() == null || condition(trigger, trigger.condition(), context)) {
                SlotMap<Object> map = map(trigger);
                if (map != null) {
                    actions.add(new SlotAction(trigger, map, key(trigger, map, context), delay(trigger, context)));
                }
            }
        }
        return actions;
    }

    private boolean condition(SlotTrigger trigger, Expression condition, EvaluationContext context) {
        Object value = value(trigger, "condition", condition, context);
        if (value instanceof Boolean holds) {
            return holds;
        }
        throw failed(trigger, "condition", condition, "yields " + describe(value) + "; it must yield a boolean", null);
    }

    /** The map of a trigger; null if it was closed in the meantime, which is said in the log. */
    @SuppressWarnings("unchecked") // keys are checked against the map's key type
    private @Nullable SlotMap<Object> map(SlotTrigger trigger) {
        AsyncSlotRegistry present = registry.get();
        SlotMap<?> map = present.map(trigger.map()).orElse(null);
        if (map == null) {
            if (!triggers.isChecked()) {
                throw new SlotTriggerException(
                        trigger.place() + " is called before the map is registered, which happens once all"
                                + " singletons are there; nothing is armed.",
                        null);
            }
            LOG.warn(trigger.place() + " does nothing: the map is closed");
            return null;
        }
        if (!trigger.kind().fits(map.type())) {
            throw new SlotTriggerException(
                    trigger.place() + " needs " + trigger.kind().wanted() + ", but this map is of type " + map.type(),
                    null);
        }
        return (SlotMap<Object>) map;
    }

    private Object key(SlotTrigger trigger, SlotMap<?> map, EvaluationContext context) {
        Object value = value(trigger, "key", trigger.key(), context);
        if (value == null) {
            throw failed(trigger, "key", trigger.key(), "yields null; a key must not be null", null);
        }
        Object key = keys.convert(value, map.keyType());
        if (key == null) {
            throw failed(
                    trigger,
                    "key",
                    trigger.key(),
                    "yields " + describe(value) + "; the keys of the map are of type "
                            + map.keyType().getName() + " (" + SlotKeyConversion.RULE + ")",
                    null);
        }
        return key;
    }

    private @Nullable Duration delay(SlotTrigger trigger, EvaluationContext context) {
        Expression expression = trigger.delayExpression();
        if (expression == null) {
            return trigger.delay();
        }
        Object value = value(trigger, "delay", expression, context);
        try {
            if (value instanceof Duration duration) {
                return SlotDurations.notNegative(duration);
            }
            if (value instanceof CharSequence text) {
                return SlotDurations.parse(text.toString());
            }
        } catch (IllegalArgumentException e) {
            throw failed(trigger, "delay", expression, "yields " + describe(value) + ": " + e.getMessage(), e);
        }
        throw failed(
                trigger,
                "delay",
                expression,
                "yields " + describe(value) + "; it must yield a Duration or a text that is " + SlotDurations.RULE,
                null);
    }

    private static @Nullable Object value(
            SlotTrigger trigger, String attribute, Expression expression, EvaluationContext context) {
        try {
            return expression.getValue(context);
        } catch (EvaluationException | IllegalStateException | IllegalArgumentException e) {
            throw failed(trigger, attribute, expression, "fails: " + e.getMessage(), e);
        }
    }

    private static SlotTriggerException failed(
            SlotTrigger trigger, String attribute, Expression expression, String what, @Nullable Throwable cause) {
        return new SlotTriggerException(
                trigger.place() + ": " + attribute + " = \"" + expression.getExpressionString() + "\" " + what
                        + ". Nothing is armed.",
                cause);
    }

    private static String describe(@Nullable Object value) {
        return value == null
                ? "null"
                : "'" + value + "' of type " + value.getClass().getName();
    }
}

package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotValues;
import io.asyncslot.backend.Shown;
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
    List<SlotAction> evaluate(TriggeredMethod due, SlotTriggerCall call, @Nullable Object result) {
        Evaluation evaluation = new Evaluation(due, call, result);
        if (due.triggers().size() == 1) {
            SlotAction action = action(due.triggers().get(0), evaluation);
            return action == null ? List.of() : List.of(action);
        }
        List<SlotAction> actions = new ArrayList<>(due.triggers().size());
        for (SlotTrigger trigger : due.triggers()) {
            SlotAction action = action(trigger, evaluation);
            if (action != null) {
                actions.add(action);
            }
        }
        return actions;
    }

    private @Nullable SlotAction action(SlotTrigger trigger, Evaluation evaluation) {
        if (trigger.condition() != null && !condition(trigger, trigger.condition(), evaluation)) {
            return null;
        }
        SlotMap<Object> map = map(trigger);
        return map == null
                ? null
                : new SlotAction(
                        trigger,
                        map,
                        key(trigger, map, evaluation),
                        value(trigger, map, evaluation),
                        delay(trigger, evaluation));
    }

    /** The expressions of one call; those that cannot be read directly share a context. For one thread. */
    private final class Evaluation {

        private final TriggeredMethod due;
        private final SlotTriggerCall call;
        private final @Nullable Object produced;
        private @Nullable EvaluationContext context;

        Evaluation(TriggeredMethod due, SlotTriggerCall call, @Nullable Object result) {
            this.due = due;
            this.call = call;
            this.produced = ObjectUtils.unwrapOptional(result);
        }

        @Nullable
        Object value(Expression expression) {
            if (expression instanceof DirectExpression direct && !due.assigns()) {
                return direct.read(call.passed(), produced, this::context);
            }
            return expression.getValue(context());
        }

        private EvaluationContext context() {
            EvaluationContext present = context;
            if (present == null) {
                MethodBasedEvaluationContext made = new MethodBasedEvaluationContext(
                        call, call.getMethod(), call.passed(), SlotExpressions.PARAMETER_NAMES);
                shared.applyDelegatesTo(made);
                made.setVariable(SlotExpressions.RESULT, produced);
                context = made;
                present = made;
            }
            return present;
        }
    }

    private boolean condition(SlotTrigger trigger, Expression condition, Evaluation evaluation) {
        Object value = value(trigger, "condition", condition, evaluation);
        if (value instanceof Boolean holds) {
            return holds;
        }
        throw failed(trigger, "condition", condition, "yields " + describe(value) + "; it must yield a boolean", null);
    }

    /** The map of a trigger; null if it was closed in the meantime, which is said in the log. */
    @SuppressWarnings("unchecked") // keys are checked against the map's key type
    private @Nullable SlotMap<Object> map(SlotTrigger trigger) {
        AsyncSlotRegistry checked = triggers.registry();
        AsyncSlotRegistry present = checked == null ? registry.get() : checked;
        SlotMap<?> map = present.map(trigger.map()).orElse(null);
        if (map == null) {
            if (!triggers.isChecked()) {
                throw new SlotTriggerException(
                        trigger.place() + " is called before the map is registered, which happens once all"
                                + " singletons are there; nothing is armed.",
                        "Call the method later, such as in an ApplicationRunner.",
                        null);
            }
            if (triggers.isAbsentIgnored()) {
                LOG.debug(trigger.place() + " does nothing: the map is not there");
            } else {
                LOG.warn(trigger.place() + " does nothing: the map is closed");
            }
            return null;
        }
        if (!trigger.kind().fits(map.type())) {
            throw new SlotTriggerException(
                    trigger.place() + " needs " + trigger.kind().wanted() + ", but this map is of type " + map.type(),
                    "Use @StartSlot and @TouchSlot with timer maps, and @SubmitSlot with work maps.",
                    null);
        }
        return (SlotMap<Object>) map;
    }

    private Object key(SlotTrigger trigger, SlotMap<?> map, Evaluation evaluation) {
        Object value = value(trigger, "key", trigger.key(), evaluation);
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

    /** The value of a trigger, which no message shows: it is the user's. */
    private @Nullable Object value(SlotTrigger trigger, SlotMap<?> map, Evaluation evaluation) {
        Expression expression = trigger.value();
        if (expression == null) {
            return null;
        }
        SlotValues<?> values = map.values();
        if (values == null) {
            throw failed(trigger, "value", expression, "yields a value, but slots of the map carry none", null);
        }
        Object value = value(trigger, "value", expression, evaluation);
        if (!values.type().isInstance(value)) {
            String yielded = value == null ? "null" : "a " + value.getClass().getName();
            throw failed(
                    trigger,
                    "value",
                    expression,
                    "yields " + yielded + "; the values of the map are of type "
                            + values.type().getName(),
                    null);
        }
        return value;
    }

    private @Nullable Duration delay(SlotTrigger trigger, Evaluation evaluation) {
        Expression expression = trigger.delayExpression();
        if (expression == null) {
            return trigger.delay();
        }
        Object value = value(trigger, "delay", expression, evaluation);
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
            SlotTrigger trigger, String attribute, Expression expression, Evaluation evaluation) {
        try {
            return evaluation.value(expression);
        } catch (EvaluationException | IllegalStateException | IllegalArgumentException e) {
            throw failed(trigger, attribute, expression, "fails: " + e.getMessage(), e);
        }
    }

    private static SlotTriggerException failed(
            SlotTrigger trigger, String attribute, Expression expression, String what, @Nullable Throwable cause) {
        return new SlotTriggerException(
                trigger.place() + ": " + attribute + " = \"" + expression.getExpressionString() + "\" " + what
                        + ". Nothing is armed.",
                "Correct '" + attribute + "', or leave such calls out with 'condition'.",
                cause);
    }

    private static String describe(@Nullable Object value) {
        return value == null
                ? "null"
                : "'" + Shown.inLine(value) + "' of type " + value.getClass().getName();
    }
}

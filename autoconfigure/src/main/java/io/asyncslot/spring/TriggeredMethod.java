package io.asyncslot.spring;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A method and its triggers, with what is known of all its calls. Immutable.
 *
 * @param method the method as the class has it
 * @param triggers in the order they act in; empty if it has none
 * @param namesResult whether one of them needs what the call produced
 * @param assigns whether one of them changes variables that the others see
 */
record TriggeredMethod(Method method, List<SlotTrigger> triggers, boolean namesResult, boolean assigns) {

    TriggeredMethod(Method method, List<SlotTrigger> triggers) {
        this(
                method,
                triggers,
                triggers.stream().anyMatch(SlotTrigger::namesResult),
                triggers.stream().anyMatch(SlotTrigger::assigns));
    }

    /** The same method without some of its triggers. */
    TriggeredMethod without(Predicate<SlotTrigger> others) {
        List<SlotTrigger> rest = triggers.stream().filter(others.negate()).toList();
        return rest.size() == triggers.size() ? this : new TriggeredMethod(method, rest);
    }

    /** Where its triggers are written. */
    Set<Method> declared() {
        return triggers.stream().map(SlotTrigger::declared).collect(Collectors.toUnmodifiableSet());
    }
}

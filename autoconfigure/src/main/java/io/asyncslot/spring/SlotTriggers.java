package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.MethodClassKey;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * The triggers of all methods looked at so far. Owns the knowledge whether their maps are there: looked up for all when
 * the context starts, and at once for methods found later. Thread-safe.
 */
final class SlotTriggers {

    private final SlotTriggerReader reader;
    private final SlotKeyConversion keys;
    private final Map<MethodClassKey, List<SlotTrigger>> byMethod = new ConcurrentHashMap<>();

    /** Set once all triggers found before have been checked; read by calls. */
    private volatile @Nullable AsyncSlotRegistry checkedAgainst;

    SlotTriggers(SlotTriggerReader reader, SlotKeyConversion keys) {
        this.reader = reader;
        this.keys = keys;
    }

    static boolean isCandidate(Class<?> type) {
        return AnnotationUtils.isCandidateClass(type, SlotTriggerReader.ANNOTATIONS);
    }

    /** The triggers of a method as a class has it, in the order they act in. */
    List<SlotTrigger> of(Method method, Class<?> targetClass) {
        MethodClassKey key = new MethodClassKey(method, targetClass);
        List<SlotTrigger> known = byMethod.get(key);
        if (known != null) {
            return known;
        }
        List<SlotTrigger> read = reader.read(AopUtils.getMostSpecificMethod(method, targetClass), targetClass);
        AsyncSlotRegistry registry = checkedAgainst;
        if (registry != null) {
            check(read, registry);
        }
        byMethod.put(key, read);
        return read;
    }

    /** Whether all maps were there when the context started: a map that is missing now has been closed. */
    boolean isChecked() {
        return checkedAgainst != null;
    }

    /** Checks, the first time, that the maps of all triggers are there and fit; later some may have been closed. */
    void check(AsyncSlotRegistry registry) {
        if (checkedAgainst != null) {
            return;
        }
        check(byMethod.values().stream().flatMap(Collection::stream).toList(), registry);
        checkedAgainst = registry;
    }

    private void check(List<SlotTrigger> triggers, AsyncSlotRegistry registry) {
        List<String> problems = new ArrayList<>();
        for (SlotTrigger trigger : triggers) {
            String problem = problem(trigger, registry);
            if (problem != null && !problems.contains(problem)) {
                problems.add(problem);
            }
        }
        if (!problems.isEmpty()) {
            throw new SlotConfigurationException(
                    String.join(System.lineSeparator(), problems)
                            + System.lineSeparator() + "Known maps: "
                            + registry.maps().stream().map(SlotMap::name).toList() + ".",
                    "Correct the annotation, or bind a callback to such a map with @TimerSlot, @WorkSlot or"
                            + " AsyncSlotRegistry.register(...) before the context has started.");
        }
    }

    private @Nullable String problem(SlotTrigger trigger, AsyncSlotRegistry registry) {
        SlotMap<?> map = registry.map(trigger.map()).orElse(null);
        if (map == null) {
            return trigger.place() + ": there is no slot map of this name.";
        }
        if (!trigger.kind().fits(map.type())) {
            return trigger.place() + " needs " + trigger.kind().wanted() + ", but this is a "
                    + map.type().name().toLowerCase(Locale.ROOT) + " map.";
        }
        Class<?> source = trigger.keySource();
        if (source != null && !keys.mayConvert(source, map.keyType())) {
            return trigger.place() + " has key = \"" + trigger.key().getExpressionString() + "\", a "
                    + source.getTypeName() + ", but the keys of the map are of type "
                    + map.keyType().getName() + " (" + SlotKeyConversion.RULE + ").";
        }
        return null;
    }
}

package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerSlots;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.BridgeMethodResolver;
import org.springframework.core.MethodClassKey;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * The triggers of all methods looked at so far. Owns the knowledge whether their maps are there: looked up for all when
 * the context starts, and at once for methods found later. Thread-safe.
 */
final class SlotTriggers {

    private static final Log LOG = LogFactory.getLog(SlotTriggers.class);

    private static final String BIND =
            "Correct the name, or bind a callback to such a map with @TimerSlot, @WorkSlot or"
                    + " AsyncSlotRegistry.register(...) before the context has started. In a test that leaves the callback out,"
                    + " set asyncslot.triggers.absent-map=ignore: the trigger then does nothing.";

    private final SlotTriggerReader reader;
    private final SlotKeyConversion keys;
    private final Map<MethodClassKey, TriggeredMethod> byMethod = new ConcurrentHashMap<>();

    /** Whether triggers of absent maps do nothing. Written before {@link #checkedAgainst}, which publishes it. */
    private boolean ignoreAbsent;

    /** Set once all triggers found before have been checked; read by calls. */
    private volatile @Nullable AsyncSlotRegistry checkedAgainst;

    SlotTriggers(SlotTriggerReader reader, SlotKeyConversion keys) {
        this.reader = reader;
        this.keys = keys;
    }

    static boolean isCandidate(Class<?> type) {
        return AnnotationUtils.isCandidateClass(type, SlotTriggerReader.ANNOTATIONS);
    }

    /**
     * The class that describes an object: its own behind all proxies; but the proxy's for triggers of interfaces that this class
     * does not implement, as with the repositories of Spring Data, whose common class knows none of them.
     *
     * @param ultimate the object's own class
     */
    Class<?> describing(Object target, Class<?> ultimate, Method method) {
        boolean byInterfaces = Proxy.isProxyClass(target.getClass())
                && (!method.getDeclaringClass().isAssignableFrom(ultimate)
                        || of(method, ultimate).isEmpty())
                && !of(method, target.getClass()).isEmpty();
        return byInterfaces ? target.getClass() : ultimate;
    }

    /**
     * Whether calls with triggers reach a JDK proxy through interfaces that the class behind it does not implement, so that advice
     * of the proxy may answer them without calling the class.
     *
     * @throws SlotConfigurationException if interface and class have different triggers for the same method
     */
    boolean areBeforeTheClass(Class<?> proxyClass, Class<?> ultimate) {
        boolean before = false;
        for (Class<?> each : proxyClass.getInterfaces()) {
            if (each.isAssignableFrom(ultimate) || !isCandidate(each)) {
                continue;
            }
            for (Method method : each.getMethods()) {
                TriggeredMethod written = method(method, proxyClass);
                Method implemented =
                        ClassUtils.getMethodIfAvailable(ultimate, method.getName(), method.getParameterTypes());
                TriggeredMethod own =
                        implemented == null ? new TriggeredMethod(method, List.of()) : method(implemented, ultimate);
                boolean byClass = !own.triggers().isEmpty();
                boolean byInterface = !written.triggers().isEmpty();
                if (byClass && byInterface && !own.declared().equals(written.declared())) {
                    throw ambiguous(own, written);
                }
                before |= byClass || byInterface;
            }
        }
        return before;
    }

    private static SlotConfigurationException ambiguous(TriggeredMethod one, TriggeredMethod other) {
        return new SlotConfigurationException(
                one.triggers().get(0).place() + " and "
                        + other.triggers().get(0).place()
                        + " would act on the same calls: they pass one proxy, whose class and interfaces do not"
                        + " override each other's methods.",
                "Keep the triggers on one of the two methods only.");
    }

    /** Reads a method as it is written for a class. */
    private TriggeredMethod read(Method method, Class<?> targetClass) {
        if (Proxy.isProxyClass(targetClass)) {
            return readOfInterfaces(method, targetClass);
        }
        Method written = AopUtils.getMostSpecificMethod(method, targetClass);
        return new TriggeredMethod(written, reader.read(written, targetClass));
    }

    /** Reads a method of a JDK proxy, which has no names itself, as that of its interfaces which has triggers. */
    private TriggeredMethod readOfInterfaces(Method method, Class<?> proxyClass) {
        TriggeredMethod found = null;
        for (Class<?> each : proxyClass.getInterfaces()) {
            Method available = ClassUtils.getMethodIfAvailable(each, method.getName(), method.getParameterTypes());
            if (available == null) {
                continue;
            }
            Method written = BridgeMethodResolver.findBridgedMethod(available);
            Class<?> declaring = written.getDeclaringClass();
            TriggeredMethod read = new TriggeredMethod(written, reader.read(written, each));
            if (found == null || found.triggers().isEmpty()) {
                found = read;
            } else if (!read.triggers().isEmpty() && !read.declared().equals(found.declared())) {
                Class<?> before = found.method().getDeclaringClass();
                if (before.isAssignableFrom(declaring)) {
                    found = read;
                } else if (!declaring.isAssignableFrom(before)) {
                    throw ambiguous(found, read);
                }
            }
        }
        return found == null ? new TriggeredMethod(method, List.of()) : found;
    }

    /** The triggers of a method as a class has it, in the order they act in. */
    List<SlotTrigger> of(Method method, Class<?> targetClass) {
        return method(method, targetClass).triggers();
    }

    /** A method as a class has it, with its triggers. */
    TriggeredMethod method(Method method, Class<?> targetClass) {
        MethodClassKey key = new MethodClassKey(method, targetClass);
        TriggeredMethod known = byMethod.get(key);
        if (known != null) {
            return known;
        }
        TriggeredMethod read = read(method, targetClass);
        AsyncSlotRegistry registry = checkedAgainst;
        if (registry != null) {
            check(read.triggers(), registry);
        }
        byMethod.put(key, read);
        return read;
    }

    /** The registry that all triggers were checked against when the context started; null before. */
    @Nullable
    AsyncSlotRegistry registry() {
        return checkedAgainst;
    }

    /** Whether all maps were there when the context started: a map that is missing now has been closed. */
    boolean isChecked() {
        return checkedAgainst != null;
    }

    /** Whether triggers of maps that are not there do nothing; to be asked once all are checked. */
    boolean isAbsentIgnored() {
        return ignoreAbsent;
    }

    /** Checks, the first time, that the maps of all triggers are there and fit; later some may have been closed. */
    void check(AsyncSlotRegistry registry, boolean absentIgnored) {
        if (checkedAgainst != null) {
            return;
        }
        ignoreAbsent = absentIgnored;
        check(
                byMethod.values().stream()
                        .flatMap(method -> method.triggers().stream())
                        .toList(),
                registry);
        checkedAgainst = registry;
    }

    private void check(List<SlotTrigger> triggers, AsyncSlotRegistry registry) {
        Set<String> problems = new LinkedHashSet<>();
        Set<String> remedies = new LinkedHashSet<>();
        for (SlotTrigger trigger : triggers) {
            Problem problem = problem(trigger, registry);
            if (problem != null) {
                problems.add(problem.text);
                remedies.add(problem.remedy);
            }
        }
        if (!problems.isEmpty()) {
            if (remedies.contains(BIND)) {
                problems.add("Known maps: "
                        + registry.maps().stream().map(SlotMap::name).toList() + ".");
            }
            throw new SlotConfigurationException(
                    String.join(System.lineSeparator(), problems), String.join(" ", remedies));
        }
    }

    /** What is wrong with a trigger, and what to do about it. */
    private record Problem(String text, String remedy) {}

    private @Nullable Problem problem(SlotTrigger trigger, AsyncSlotRegistry registry) {
        SlotMap<?> map = registry.map(trigger.map()).orElse(null);
        if (map == null && ignoreAbsent) {
            LOG.warn(trigger.place() + " does nothing: there is no slot map of this name, and"
                    + " asyncslot.triggers.absent-map=ignore");
            return null;
        }
        if (map == null) {
            return new Problem(trigger.place() + ": there is no slot map of this name.", BIND);
        }
        if (!trigger.kind().fits(map.type())) {
            return new Problem(
                    trigger.place() + " needs " + trigger.kind().wanted() + ", but this is a "
                            + map.type().name().toLowerCase(Locale.ROOT) + " map.",
                    "Use @StartSlot and @TouchSlot with timer maps, and @SubmitSlot with work maps.");
        }
        boolean timed = trigger.kind() == SlotTrigger.Kind.START || trigger.kind() == SlotTrigger.Kind.TOUCH;
        if (timed && trigger.delay() == null && trigger.delayExpression() == null && !((TimerSlots<?>) map).isTimed()) {
            return new Problem(
                    trigger.place() + " names no delay, and the map has neither a delay nor a period.",
                    "Give the annotation or the map a delay, such as delay = \"30m\".");
        }
        if (trigger.value() != null) {
            SlotValues<?> values = map.values();
            String written = " has value = \"" + trigger.value().getExpressionString() + "\"";
            if (values == null) {
                return new Problem(
                        trigger.place() + written + ", but slots of the map carry no values.",
                        "Let the callback of the map take the value, as the parameter after the key, or remove 'value'.");
            }
            Class<?> given = trigger.valueSource();
            if (given != null && !mayBe(given, values.type())) {
                return new Problem(
                        trigger.place() + written + ", a " + given.getTypeName()
                                + ", but the values of the map are of type "
                                + values.type().getName() + ".",
                        "Let 'value' yield what the callback takes, or change the parameter of the callback.");
            }
        }
        Class<?> source = trigger.keySource();
        if (source != null && !keys.mayConvert(source, map.keyType())) {
            return new Problem(
                    trigger.place() + " has key = \"" + trigger.key().getExpressionString() + "\", a "
                            + source.getTypeName() + ", but the keys of the map are of type "
                            + map.keyType().getName() + " (" + SlotKeyConversion.RULE + ").",
                    "Let 'key' yield a key of the map, such as a property of the argument, or change the key parameter of the"
                            + " callback.");
        }
        return null;
    }

    /** Whether something of one type can turn out to be of another. */
    private static boolean mayBe(Class<?> given, Class<?> wanted) {
        Class<?> boxed = ClassUtils.resolvePrimitiveIfNecessary(given);
        return boxed.isAssignableFrom(wanted) || wanted.isAssignableFrom(boxed) || boxed.isInterface();
    }
}

package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.CloseOutcome;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.jvm.JvmBackend;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Takes definitions from beans as they are created, and registers their maps once all of them are known. Owns the maps
 * that annotations describe. Thread-safe.
 */
public final class SlotRegistrar {

    private static final Log LOG = LogFactory.getLog(SlotRegistrar.class);

    private final Supplier<AsyncSlotRegistry> registry;
    private final Supplier<Options> options;
    private final Supplier<@Nullable SlotGuards> guards;
    private final Supplier<SlotShutdown> shutdown;

    /** By map name, in the order of their beans. Guarded by {@code this}, as all that follows. */
    private final Map<String, SlotDefinition> definitions = new LinkedHashMap<>();

    private final Map<String, SlotMap<?>> maps = new LinkedHashMap<>();

    /** The names of absent maps that were told. */
    private final Set<String> warned = new HashSet<>();

    private boolean flushed;

    /**
     * What the registrar needs to know beyond annotations.
     *
     * @param overrides what properties say about maps, which wins over annotations
     * @param historySize how many transitions a slot remembers where its map does not say
     */
    public record Options(SlotMapOverrides overrides, int historySize) {}

    /**
     * Makes a registrar.
     *
     * @param registry asked for when the maps are registered, not before
     * @param options asked for at the same time
     * @param guards asked for when a map names guards; answers null where there is nothing to guard with
     * @param shutdown asked for when a bean with callbacks is destroyed
     */
    public SlotRegistrar(
            Supplier<AsyncSlotRegistry> registry,
            Supplier<Options> options,
            Supplier<@Nullable SlotGuards> guards,
            Supplier<SlotShutdown> shutdown) {
        this.registry = registry;
        this.options = options;
        this.guards = guards;
        this.shutdown = shutdown;
    }

    /** Takes a definition; registers its map at once when the others are registered already. */
    synchronized void add(SlotDefinition definition) {
        SlotDefinition former = definitions.putIfAbsent(definition.map(), definition);
        if (former != null) {
            throw new SlotConfigurationException(
                    "Two callbacks for the slot map '" + definition.map() + "': " + former.place() + ", and "
                            + definition.place() + ". A map has exactly one callback.",
                    "Give one of the maps another name, or remove one of the annotations.");
        }
        if (flushed) {
            register(definition);
        }
    }

    /**
     * Registers all maps taken so far; from now on further ones are registered as they come. Called once by each context
     * that shares this registrar.
     */
    synchronized void flush() {
        Set<String> unmatched = options.get().overrides().unmatched(definitions.keySet());
        if (!unmatched.isEmpty() && warned.addAll(unmatched)) {
            LOG.warn("The properties 'asyncslot.maps." + String.join("', 'asyncslot.maps.", unmatched)
                    + "' have no effect here: no @TimerSlot or @WorkSlot of this application binds a map of that name; maps"
                    + " bound: " + new TreeSet<>(definitions.keySet())
                    + ". Correct the name, unless the bean that binds it is left out on purpose. Maps registered in code"
                    + " take their settings there.");
        }
        for (SlotDefinition definition : definitions.values()) {
            if (!maps.containsKey(definition.map())) {
                register(definition);
            }
        }
        flushed = true;
    }

    private void register(SlotDefinition definition) {
        Options known = options.get();
        AsyncSlotRegistry target = registry.get();
        SlotMapSettings override = known.overrides().of(definition.map());
        Supplier<List<BackendReport>> reports = target::backends;
        String asked = override.backend() != null
                ? override.backend()
                : definition.settings().backend();
        SlotMapSpec<?> spec = definition.spec(override, BackendSelection.resolve(asked, reports), known.historySize());
        guard(definition.guards(override));
        SlotMap<?> map;
        try {
            map = spec instanceof TimerMapSpec<?> timers
                    ? target.register(timers)
                    : target.register((WorkMapSpec<?>) spec);
        } catch (IllegalArgumentException e) {
            throw new SlotConfigurationException(
                    definition.place() + " cannot be bound" + (asked == null ? "" : " on the backend '" + asked + "'")
                            + ": " + e.getMessage() + ".",
                    "Change the key type, the name or the backend of the map.",
                    e);
        }
        maps.put(definition.map(), map); // null, if the registry is a mock of a test's
        LOG.debug(definition.place() + " is bound");
    }

    private void guard(SlotGuardSpec spec) {
        if (spec.isEmpty()) {
            return;
        }
        SlotGuards present = guards.get();
        if (present == null) {
            throw new SlotConfigurationException(
                    spec.place() + " or 'asyncslot.maps." + spec.map() + "' names guards of Resilience4j ("
                            + spec.names() + ") but that is not on the class path.",
                    "Add io.github.resilience4j:resilience4j-spring-boot4, or remove the names.");
        }
        present.guard(spec);
    }

    /**
     * Lets go of the maps whose callbacks are methods of a bean, and waits for their running callbacks. Slots that outlive the
     * process stay as they are; where they end with their map it is said how many.
     */
    void release(String beanName, List<String> names) {
        for (SlotMap<?> map : forget(names)) {
            long armed = map.backend().equals(JvmBackend.NAME) ? map.stats().armed() : 0;
            try {
                CloseOutcome[] outcome = {CloseOutcome.TIMED_OUT};
                SlotShutdown.End end = shutdown.get()
                        .await(
                                limit -> {
                                    outcome[0] = map.close(limit);
                                    return outcome[0] != CloseOutcome.TIMED_OUT;
                                },
                                Thread.currentThread());
                if (outcome[0] == CloseOutcome.WOULD_DEADLOCK) {
                    LOG.warn("slot map '" + map.name() + "' is not closed: its own callback destroys bean '" + beanName
                            + "'");
                } else if (end == SlotShutdown.End.ENDED) {
                    LOG.debug("slot map '" + map.name() + "' is closed with bean '" + beanName + "'");
                } else {
                    LOG.warn("a callback of slot map '" + map.name() + "' still runs on bean '" + beanName
                            + "', which is destroyed now");
                }
                if (armed > 0 && outcome[0] != CloseOutcome.WOULD_DEADLOCK) {
                    LOG.info(armed + " armed slots of map '" + map.name() + "' end with bean '" + beanName
                            + "': backend '" + map.backend() + "' keeps slots no longer than their map");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            SlotGuards present = guards.get();
            if (present != null) {
                present.release(map.name());
            }
        }
    }

    private synchronized List<SlotMap<?>> forget(List<String> names) {
        List<SlotMap<?>> released = new ArrayList<>();
        for (String name : names) {
            definitions.remove(name);
            SlotMap<?> map = maps.remove(name);
            if (map != null) {
                released.add(map);
            }
        }
        return released;
    }
}

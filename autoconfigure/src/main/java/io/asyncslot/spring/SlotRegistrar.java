package io.asyncslot.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WorkMapSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** By map name, in the order of their beans. Guarded by {@code this}, as all that follows. */
    private final Map<String, SlotDefinition> definitions = new LinkedHashMap<>();

    private final Map<String, SlotMap<?>> maps = new LinkedHashMap<>();

    private boolean flushed;

    /**
     * What the registrar needs to know beyond annotations.
     *
     * @param overrides settings by map name, which win over annotations
     * @param historySize how many transitions a slot remembers where its map does not say
     * @param drainLimit longest wait for running callbacks when a bean with callbacks is destroyed
     */
    public record Options(Map<String, SlotMapSettings> overrides, int historySize, Duration drainLimit) {}

    /**
     * Makes a registrar.
     *
     * @param registry asked for when the maps are registered, not before
     * @param options asked for at the same time
     * @param guards asked for when a map names guards; answers null where there is nothing to guard with
     */
    public SlotRegistrar(
            Supplier<AsyncSlotRegistry> registry, Supplier<Options> options, Supplier<@Nullable SlotGuards> guards) {
        this.registry = registry;
        this.options = options;
        this.guards = guards;
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
        TreeSet<String> unmatched = new TreeSet<>(options.get().overrides().keySet());
        unmatched.removeAll(definitions.keySet());
        if (!unmatched.isEmpty()) {
            throw new SlotConfigurationException(
                    "The properties 'asyncslot.maps." + String.join("', 'asyncslot.maps.", unmatched)
                            + "' match no @TimerSlot or @WorkSlot map; maps bound by annotation: "
                            + new TreeSet<>(definitions.keySet()) + ".",
                    "Correct the name, or remove the properties. A name that has other characters than lower-case letters,"
                            + " digits and dashes is written in brackets, as in 'asyncslot.maps.[my_map].delay'. Maps"
                            + " registered in code take their settings there.");
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
        SlotMapSettings override = known.overrides().getOrDefault(definition.map(), SlotMapSettings.NONE);
        Supplier<List<BackendReport>> reports = target::backends;
        String asked = override.backend() != null
                ? override.backend()
                : definition.settings().backend();
        SlotMapSpec<?> spec = definition.spec(override, BackendSelection.resolve(asked, reports), known.historySize());
        guard(definition.guards(override));
        SlotMap<?> map = spec instanceof TimerMapSpec<?> timers
                ? target.register(timers)
                : target.register((WorkMapSpec<?>) spec);
        maps.put(definition.map(), map);
        LOG.debug(definition.place() + " is bound, backend '" + map.backend() + "'");
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

    /** Closes the maps whose callbacks are methods of a bean, and waits for their running callbacks. */
    void release(String beanName, List<String> names) {
        for (SlotMap<?> map : forget(names)) {
            try {
                switch (map.close(options.get().drainLimit())) {
                    case CLOSED -> LOG.debug("slot map '" + map.name() + "' is closed with bean '" + beanName + "'");
                    case TIMED_OUT ->
                        LOG.warn("a callback of slot map '" + map.name() + "' still runs on bean '" + beanName
                                + "', which is destroyed now");
                    case WOULD_DEADLOCK ->
                        LOG.warn("slot map '" + map.name() + "' is not closed: its own callback destroys bean '"
                                + beanName + "'");
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

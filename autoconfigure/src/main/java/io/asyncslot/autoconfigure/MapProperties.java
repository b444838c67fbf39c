package io.asyncslot.autoconfigure;

import io.asyncslot.spring.SlotMapOverrides;
import io.asyncslot.spring.SlotMapSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.core.env.Environment;

/**
 * The properties {@code asyncslot.maps.*}, looked up by the names of the maps there are. Thread-safe.
 *
 * <p>Names are relaxed as those of other properties are, in files and in environment variables: the settings of a map
 * {@code order-timeout} can be written {@code order-timeout}, {@code orderTimeout}, {@code order_timeout}, {@code
 * ORDER_TIMEOUT} and {@code ORDERTIMEOUT}. A map as such cannot be bound like this: its keys are whatever is written, and an
 * environment variable does not show where a key ends.
 */
final class MapProperties implements SlotMapOverrides {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("asyncslot.maps");

    private final Environment environment;
    private final Set<String> written;

    /**
     * Makes it.
     *
     * @param environment where properties come from
     * @param written the names of maps as properties have them, those that can be told
     */
    MapProperties(Environment environment, Set<String> written) {
        this.environment = environment;
        this.written = written;
    }

    @Override
    public SlotMapSettings of(String map) {
        ConfigurationPropertyName exact = PREFIX.append("[" + map + "]");
        ConfigurationPropertyName relaxed = relaxed(map);
        List<ConfigurationPropertySource> sources = new ArrayList<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            sources.add(relaxed == null ? source : new Renamed(source, exact, relaxed));
        }
        return new Binder(sources, new PropertySourcesPlaceholdersResolver(environment))
                .bind(exact, Bindable.of(SlotMapSettings.class))
                .orElse(SlotMapSettings.NONE);
    }

    /** A map's name as an element of a property's; null if no property can be named so. */
    private static @Nullable ConfigurationPropertyName relaxed(String map) {
        String name = PREFIX + "." + dashed(map);
        return ConfigurationPropertyName.isValid(name) ? ConfigurationPropertyName.of(name) : null;
    }

    /** A name in small letters, with a dash between its words. */
    private static String dashed(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").replace('_', '-').toLowerCase(Locale.ROOT);
    }

    @Override
    public Set<String> unmatched(Set<String> maps) {
        Set<String> known = maps.stream().map(MapProperties::uniform).collect(Collectors.toSet());
        return written.stream()
                .filter(name -> !known.contains(uniform(name)) && !beginsOne(name, maps))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether a name is the beginning of a map's that has dots, or comes from a variable that shows dashes as such. */
    private static boolean beginsOne(String name, Set<String> maps) {
        return maps.stream()
                .map(map -> dashed(map).replace('.', '-'))
                .anyMatch(map -> map.startsWith(dashed(name).replace('.', '-') + "-"));
    }

    private static String uniform(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /**
     * A source in which the properties of one map have its exact name, also where they are written otherwise.
     *
     * @param source where they come from
     * @param exact the exact name, in brackets
     * @param relaxed the name that others stand for
     */
    private record Renamed(
            ConfigurationPropertySource source, ConfigurationPropertyName exact, ConfigurationPropertyName relaxed)
            implements ConfigurationPropertySource {

        @Override
        public @Nullable ConfigurationProperty getConfigurationProperty(ConfigurationPropertyName name) {
            ConfigurationProperty property = source.getConfigurationProperty(name);
            return property != null || !covers(name) ? property : source.getConfigurationProperty(renamed(name));
        }

        @Override
        public ConfigurationPropertyState containsDescendantOf(ConfigurationPropertyName name) {
            ConfigurationPropertyState state = source.containsDescendantOf(name);
            return state == ConfigurationPropertyState.PRESENT || !covers(name)
                    ? state
                    : source.containsDescendantOf(renamed(name));
        }

        private boolean covers(ConfigurationPropertyName name) {
            return exact.equals(name) || exact.isAncestorOf(name);
        }

        private ConfigurationPropertyName renamed(ConfigurationPropertyName name) {
            return relaxed.append(name.subName(exact.getNumberOfElements()));
        }

        @Override
        public @Nullable Object getUnderlyingSource() {
            return source.getUnderlyingSource();
        }
    }
}

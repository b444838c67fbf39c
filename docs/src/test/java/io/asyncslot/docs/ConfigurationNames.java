package io.asyncslot.docs;

import io.asyncslot.spring.SlotMapSettings;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The properties that the modules on the class path publish, ours and Spring Boot's, with their types. */
final class ConfigurationNames {

    private static final String MAPS = "asyncslot.maps.";
    private static final Map<String, String> TYPES = types();

    private ConfigurationNames() {}

    /** What is wrong with a property in a sample. */
    static Optional<String> problem(String name, String value) throws ClassNotFoundException {
        if (name.startsWith(MAPS)) {
            String attribute = name.replaceFirst("^asyncslot\\.maps\\.[^.]+\\.", "");
            SlotMapSettings settings = null;
            try {
                settings = bind("map." + attribute, value, "map", Bindable.of(SlotMapSettings.class));
            } catch (BindException e) {
                return Optional.of(name + "=" + value + ": " + e.getCause());
            }
            return settings == null || settings.equals(bind("map.none", "", "map", Bindable.of(SlotMapSettings.class)))
                    ? Optional.of("there is no attribute " + name)
                    : Optional.empty();
        }
        String type = TYPES.get(name.replaceFirst("\\[\\d+]$", ""));
        if (type == null && TYPES.keySet().stream().anyMatch(key -> name.startsWith(key + ".") && isMap(key))) {
            return Optional.empty(); // a key of a map, whose values' types are not published
        }
        if (type == null) {
            return Optional.of("there is no property " + name);
        }
        if (!type.contains("<")) {
            try {
                bind("x", value, "x", Bindable.of(Class.forName(type)));
            } catch (BindException e) {
                return Optional.of(name + "=" + value + ": not a " + type);
            }
        }
        return Optional.empty();
    }

    private static boolean isMap(String name) {
        return TYPES.get(name).startsWith("java.util.Map<");
    }

    private static <T> T bind(String name, String value, String prefix, Bindable<T> type) {
        return new Binder(new MapConfigurationPropertySource(Map.of(name, value)))
                .bind(prefix, type)
                .orElse(null);
    }

    private static Map<String, String> types() {
        Map<String, String> types = new HashMap<>();
        try {
            for (Resource resource : new PathMatchingResourcePatternResolver()
                    .getResources("classpath*:META-INF/spring-configuration-metadata.json")) {
                try (InputStream stream = resource.getInputStream()) {
                    for (JsonNode property : new JsonMapper().readTree(stream).path("properties")) {
                        types.put(
                                property.path("name").stringValue(""),
                                property.path("type").stringValue("java.lang.String"));
                    }
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return types;
    }
}

package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.asyncslot.spring.SlotMapSettings;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an IDE knows of the properties: all of them, with a description, a type and a default. */
class MetadataTests {

    private static final JsonMapper JSON = new JsonMapper();

    /** Without a default on purpose: unset has a meaning of its own, which the description explains. */
    private static final Set<String> UNSET = Set.of(
            "asyncslot.cluster.namespace",
            "asyncslot.cluster.node-name",
            "asyncslot.executor.concurrency-limit",
            "asyncslot.jvm.slice",
            "asyncslot.kernel.pin-path",
            "asyncslot.kernel.touchable-maps",
            "asyncslot.maps",
            "management.endpoint.asyncslots.roles");

    private static Map<String, JsonNode> documents(String pattern) throws IOException {
        Map<String, JsonNode> documents = new TreeMap<>();
        for (Resource resource : new PathMatchingResourcePatternResolver().getResources("classpath*:" + pattern)) {
            String from = resource.getURL().toString();
            if (from.contains("asyncslot") || from.contains("/target/classes/")) {
                try (InputStream stream = resource.getInputStream()) {
                    documents.put(from, JSON.readTree(stream));
                }
            }
        }
        return documents;
    }

    /** All properties of our modules by name. */
    private static Map<String, JsonNode> properties() throws IOException {
        Map<String, JsonNode> properties = new TreeMap<>();
        for (JsonNode document :
                documents("META-INF/spring-configuration-metadata.json").values()) {
            for (JsonNode property : document.path("properties")) {
                String name = property.path("name").stringValue("");
                if (name.startsWith("asyncslot") || name.contains("asyncslot")) {
                    properties.put(name, property);
                }
            }
        }
        assertThat(properties).containsKeys("asyncslot.backend", "asyncslot.maps", "asyncslot.cluster.horizon");
        return properties;
    }

    @Test
    void eachProperty_hasADescription_aType_andADefaultOrAMeaningWithoutOne() throws IOException {
        List<String> problems = new ArrayList<>();
        properties().forEach((name, property) -> {
            problems.addAll(problems(name, property));
            if (!property.has("defaultValue") && !UNSET.contains(name)) {
                problems.add(name + " has no default");
            }
        });
        assertThat(problems).isEmpty();
        assertThat(properties().entrySet().stream()
                        .filter(property -> property.getValue().has("defaultValue"))
                        .map(Map.Entry::getKey))
                .as("properties with a default that are wanted to have none")
                .doesNotContainAnyElementsOf(UNSET);
    }

    @Test
    void eachAttributeOfAMap_isDescribed() throws IOException {
        JsonNode type = documents("META-INF/spring/configuration-metadata/" + SlotMapSettings.class.getName() + ".json")
                .values()
                .iterator()
                .next();
        Map<String, JsonNode> described = new TreeMap<>();
        type.path("properties")
                .forEach(property -> described.put(property.path("name").stringValue(""), property));
        List<String> problems = new ArrayList<>();
        described.forEach((name, property) -> problems.addAll(problems(name, property)));
        assertThat(problems).isEmpty();
        assertThat(described.keySet()).containsExactlyInAnyOrderElementsOf(names("", SlotMapSettings.class));
    }

    @Test
    void additionalMetadata_isValid() throws IOException {
        Map<String, JsonNode> properties = properties();
        Map<String, JsonNode> additional = documents("META-INF/additional-spring-configuration-metadata.json");
        assertThat(additional).isNotEmpty();
        additional.forEach((from, document) -> {
            assertThat(document.propertyNames()).as(from).isSubsetOf("groups", "properties", "hints", "ignored");
            for (JsonNode property : document.path("properties")) {
                assertThat(problems(property.path("name").stringValue("?"), property))
                        .as(from)
                        .isEmpty();
            }
            for (JsonNode hint : document.path("hints")) {
                String name = hint.path("name").stringValue("?");
                String owner = name.replaceFirst("\\.(?:keys|values)$", "");
                assertThat(properties).as(from).containsKey(owner);
                if (!owner.equals(name)) {
                    assertThat(properties.get(owner).path("type").stringValue(""))
                            .as(name)
                            .startsWith("java.util.Map<");
                }
                assertThat(hint.path("values").size() + hint.path("providers").size())
                        .as(name)
                        .isPositive();
                for (JsonNode value : hint.path("values")) {
                    assertThat(value.path("description").stringValue(""))
                            .as(name)
                            .endsWith(".");
                }
            }
        });
    }

    @Test
    void eachDefaultOfAnEnum_isOneOfItsConstants() throws IOException {
        int enums = 0;
        for (Map.Entry<String, JsonNode> property : properties().entrySet()) {
            Class<?> type = type(property.getValue());
            if (type != null && type.isEnum() && property.getValue().has("defaultValue")) {
                enums++;
                Set<String> constants = new HashSet<>();
                for (Object constant : type.getEnumConstants()) {
                    constants.add(uniform(constant.toString()));
                }
                assertThat(constants)
                        .as(property.getKey())
                        .contains(
                                uniform(property.getValue().path("defaultValue").stringValue("")));
            }
        }
        assertThat(enums).isGreaterThan(3);
    }

    private static String uniform(String constant) {
        return constant.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
    }

    /** What is wrong with an entry. */
    private static List<String> problems(String name, JsonNode property) {
        List<String> problems = new ArrayList<>();
        String description = property.path("description").stringValue("");
        String type = property.path("type").stringValue("");
        if (description.length() < 10 || !description.endsWith(".") && !description.contains(". ")) {
            problems.add(name + " has no description that is a sentence: '" + description + "'");
        }
        if (type.isEmpty()) {
            problems.add(name + " has no type");
        }
        if (type.equals("java.lang.Boolean") && !description.startsWith("Whether ")) {
            problems.add(name + " is a boolean whose description does not begin with 'Whether': '" + description + "'");
        }
        return problems;
    }

    private static Class<?> type(JsonNode property) {
        try {
            String name = property.path("type").stringValue("");
            return name.contains("<") ? null : Class.forName(name);
        } catch (ClassNotFoundException e) {
            return fail("a type that cannot be loaded: " + property, e);
        }
    }

    /** The names of a record's properties, with those of the records in it. */
    private static List<String> names(String prefix, Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .flatMap(component -> {
                    String name = prefix + dashed(component);
                    return component.getType().isRecord()
                            ? names(name + ".", component.getType()).stream()
                            : List.of(name).stream();
                })
                .toList();
    }

    private static String dashed(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}

package io.asyncslot.docs;

import io.asyncslot.actuate.SlotMeterDocumentation;
import io.asyncslot.observation.SlotObservationDocumentation;
import io.asyncslot.spring.SlotMapSettings;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Repeatable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.type.classreading.CachingMetadataReaderFactory;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reference of properties, annotations, meters and observations, made from the modules on the class path. */
final class Reference {

    private final PathMatchingResourcePatternResolver resources = new PathMatchingResourcePatternResolver();
    private final StringBuilder text = new StringBuilder();

    /** The whole file. */
    static String text() throws IOException, ClassNotFoundException {
        Reference reference = new Reference();
        reference.line("# Reference");
        reference.line("");
        reference.line(
                "Made from the modules by `" + ReferenceTests.COMMAND + "`; a test fails when it is out of date.");
        reference.properties();
        reference.annotations();
        reference.meters();
        reference.observations();
        return reference.text.toString();
    }

    // ---- properties ---------------------------------------------------------------------------------------------

    private void properties() throws IOException {
        heading("Properties");
        table("property", "type", "default", "meaning");
        Map<String, JsonNode> sorted = new TreeMap<>();
        for (Resource metadata : resources.getResources("classpath*:META-INF/spring-configuration-metadata.json")) {
            try (InputStream stream = metadata.getInputStream()) {
                for (JsonNode property : JsonMapper.shared().readTree(stream).path("properties")) {
                    String name = property.path("name").asString();
                    if (name.matches("(asyncslot|management\\.\\w+\\.asyncslots?)\\..*")) {
                        sorted.putIfAbsent(name, property);
                    }
                }
            }
        }
        for (JsonNode property : sorted.values()) {
            if (!property.has("description")) {
                throw new IllegalStateException("property without a description: " + property);
            }
            row(
                    code(property.path("name").asString()),
                    type(property.path("type").asString()),
                    property.has("defaultValue") ? code(value(property.path("defaultValue"))) : "",
                    property.path("description").asString());
        }
        line("");
        line("Below `asyncslot.maps.<name>.`, for the map of that name:");
        table("property", "type", "meaning");
        components(SlotMapSettings.class, "", Sources.of(SlotMapSettings.class));
    }

    private void components(Class<?> settings, String prefix, Sources sources) {
        for (RecordComponent component : settings.getRecordComponents()) {
            String name =
                    prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                components(component.getType(), name + ".", sources);
            } else {
                row(
                        code(name),
                        type(component.getGenericType().getTypeName()),
                        sources.ofComponent(component.getName()));
            }
        }
    }

    private static String value(JsonNode value) {
        if (!value.isArray()) {
            return value.asString();
        }
        List<String> values = new ArrayList<>();
        value.forEach(each -> values.add(each.asString()));
        return String.join(", ", values);
    }

    // ---- annotations --------------------------------------------------------------------------------------------

    private void annotations() throws IOException, ClassNotFoundException {
        heading("Annotations");
        for (Class<?> annotation : publicAnnotations()) {
            Sources sources = Sources.of(annotation);
            line("### `@" + annotation.getSimpleName() + "`");
            line("");
            line(sources.ofType());
            Method[] attributes = annotation.getDeclaredMethods();
            Arrays.sort(attributes, Comparator.comparing(Method::getName));
            if (attributes.length != 0) {
                table("attribute", "type", "default", "meaning");
            }
            for (Method attribute : attributes) {
                row(
                        code(attribute.getName()),
                        type(attribute.getGenericReturnType().getTypeName()),
                        defaultOf(attribute.getDefaultValue()),
                        sources.ofMethod(attribute.getName()));
            }
            line("");
        }
    }

    /** All that users may write; not the containers of repeated ones. */
    private List<Class<?>> publicAnnotations() throws IOException, ClassNotFoundException {
        MetadataReaderFactory readers = new CachingMetadataReaderFactory(resources);
        List<Class<?>> found = new ArrayList<>();
        for (Resource file : resources.getResources("classpath*:io/asyncslot/**/*.class")) {
            var metadata = readers.getMetadataReader(file).getClassMetadata();
            if (metadata.isAnnotation() && !metadata.hasEnclosingClass() && isPublished(file)) {
                found.add(Class.forName(metadata.getClassName()));
            }
        }
        List<Class<?>> containers = found.stream()
                .map(type -> type.getAnnotation(Repeatable.class))
                .filter(repeatable -> repeatable != null)
                .<Class<?>>map(Repeatable::value)
                .toList();
        found.removeAll(containers);
        found.removeIf(type -> !Modifier.isPublic(type.getModifiers()));
        found.sort(
                Comparator.comparing((Class<?> type) -> type.getPackageName()).thenComparing(Class::getSimpleName));
        return found;
    }

    private static boolean isPublished(Resource file) throws IOException {
        return !file.getURL().getPath().contains("/test-classes/");
    }

    private static String defaultOf(@Nullable Object value) {
        if (value == null) {
            return "(required)";
        }
        if (value instanceof Object[] values) {
            return values.length == 0 ? "" : code(Arrays.toString(values));
        }
        if (value instanceof Class<?> type) {
            return code(type.getSimpleName());
        }
        return value.toString().isEmpty() ? "" : code(value.toString());
    }

    // ---- meters and observations --------------------------------------------------------------------------------

    private void meters() {
        heading("Meters");
        line("None has the key of a slot. [`grafana/asyncslot.json`](grafana/asyncslot.json) shows them all.");
        table("meter", "in Prometheus", "type", "tags", "meaning");
        for (SlotMeterDocumentation meter : SlotMeterDocumentation.values()) {
            row(
                    code(meter.getName()),
                    code(inPrometheus(meter)),
                    meter.getType().name().toLowerCase(Locale.ROOT),
                    names(meter.getKeyNames()),
                    meter.description() + "." + buckets(meter.buckets()));
        }
        line("");
        line("Other buckets by `management.metrics.distribution.slo.<meter>`.");
    }

    static String inPrometheus(SlotMeterDocumentation meter) {
        String unit = meter.getType() == Meter.Type.TIMER
                ? "seconds"
                : meter.getBaseUnit().isEmpty() ? null : meter.getBaseUnit();
        return new PrometheusNamingConvention().name(meter.getName(), meter.getType(), unit)
                + (meter.getType() == Meter.Type.COUNTER ? "_total" : "");
    }

    private static String buckets(List<Duration> buckets) {
        return buckets.isEmpty()
                ? ""
                : " Buckets: " + buckets.stream().map(Reference::shortest).collect(Collectors.joining(", ")) + ".";
    }

    private static String shortest(Duration duration) {
        for (ChronoUnit unit : List.of(ChronoUnit.SECONDS, ChronoUnit.MILLIS, ChronoUnit.MICROS)) {
            if (duration.toNanos() % unit.getDuration().toNanos() == 0) {
                return DurationStyle.SIMPLE.print(duration, unit);
            }
        }
        return DurationStyle.SIMPLE.print(duration, ChronoUnit.NANOS);
    }

    private void observations() {
        heading("Observations");
        table("observation", "keys", "keys of spans only");
        for (SlotObservationDocumentation observation : SlotObservationDocumentation.values()) {
            row(
                    code(nameOf(observation)),
                    names(observation.getLowCardinalityKeyNames()),
                    names(observation.getHighCardinalityKeyNames()));
        }
        line("");
        line("Micrometer makes of each a timer with a further tag `error`, and a span if there is tracing.");
    }

    private static String nameOf(SlotObservationDocumentation observation) {
        try {
            var convention = observation.getDefaultConvention();
            if (convention == null) {
                throw new IllegalStateException("no default convention: " + observation);
            }
            return String.valueOf(
                    convention.getDeclaredConstructor().newInstance().getName());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the default convention of " + observation + " cannot be made", e);
        }
    }

    private static String names(KeyName[] names) {
        return Arrays.stream(names).map(KeyName::asString).map(Reference::code).collect(Collectors.joining(", "));
    }

    // ---- form ---------------------------------------------------------------------------------------------------

    private void heading(String title) {
        line("");
        line("## " + title);
        line("");
    }

    private void table(String... columns) {
        line("");
        row(columns);
        row(Arrays.stream(columns).map(column -> "---").toArray(String[]::new));
    }

    private void row(String... cells) {
        line(Arrays.stream(cells).map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |")));
    }

    private void line(String line) {
        if (!line.isEmpty() || !text.toString().endsWith("\n\n")) {
            text.append(line).append('\n');
        }
    }

    private static String code(String value) {
        return "`" + value + "`";
    }

    /** A type without its packages. */
    private static String type(String name) {
        return code(name.replaceAll("\\b(?:\\w+[.$])+(\\w+)", "$1").replaceAll(", ?", ", "));
    }
}

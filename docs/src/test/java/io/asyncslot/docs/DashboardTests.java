package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.actuate.SlotMeterDocumentation;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.autoconfigure.AsyncSlotMetricsAutoConfiguration;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Grafana dashboard asks for meters and labels that exist, for all of them, and can be imported. */
class DashboardTests {

    private static final Pattern METER = Pattern.compile("\\basyncslot_\\w+");
    private static final Pattern LABEL = Pattern.compile("[{,]\\s*(\\w+)\\s*=~?\"|by \\(([^)]*)\\)");

    private final JsonNode dashboard = read();

    @Test
    void meters_existInWhatPrometheusScrapes() {
        assertThat(metersUsed()).isNotEmpty().isSubsetOf(scrapedMeters());
    }

    @Test
    void labels_existInWhatPrometheusScrapes() {
        Set<String> used = new TreeSet<>();
        for (String query : queries()) {
            Matcher matcher = LABEL.matcher(query);
            while (matcher.find()) {
                String labels = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
                used.addAll(Arrays.asList(labels.split(",\\s*")));
            }
        }
        used.removeAll(Set.of("job", "instance")); // which Prometheus adds
        assertThat(used).contains("map", "le").isSubsetOf(scraped(METER, Pattern.compile("[{,](\\w+)=\"")));
    }

    @Test
    void documentedMeters_areAllShown() {
        Set<String> used = metersUsed();
        assertThat(SlotMeterDocumentation.values())
                .allSatisfy(meter -> assertThat(used)
                        .as(meter.getName())
                        .anyMatch(name -> name.equals(Reference.inPrometheus(meter))
                                || name.startsWith(Reference.inPrometheus(meter) + "_")));
    }

    @Test
    void dataSource_isAVariable_everywhere() {
        JsonNode variables = dashboard.path("templating").path("list");
        assertThat(variables.get(0).path("type").asString()).isEqualTo("datasource");
        assertThat(variables.get(0).path("query").asString()).isEqualTo("prometheus");
        String reference = "${" + variables.get(0).path("name").asString() + "}";
        assertThat(dashboard.findValues("datasource"))
                .hasSizeGreaterThan(10)
                .allSatisfy(source -> assertThat(source.path("uid").asString()).isEqualTo(reference));
    }

    @Test
    void panels_haveIdsOfTheirOwn_aTitle_andAPlaceOfTheirOwn() {
        assertThat(dashboard.path("id").isNull()).as("an import makes the id").isTrue();
        assertThat(dashboard.path("schemaVersion").asInt()).isPositive();
        assertThat(dashboard.path("title").asString()).isNotBlank();
        Set<Integer> ids = new HashSet<>();
        Set<String> cells = new HashSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            assertThat(ids.add(panel.path("id").asInt()))
                    .as("id of %s", panel.path("title"))
                    .isTrue();
            assertThat(panel.path("title").asString()).isNotBlank();
            JsonNode place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isBetween(1, 24);
            for (int x = 0; x < place.path("w").asInt(); x++) {
                for (int y = 0; y < place.path("h").asInt(); y++) {
                    String cell = (place.path("x").asInt() + x) + "/"
                            + (place.path("y").asInt() + y);
                    assertThat(cells.add(cell))
                            .as("%s overlaps", panel.path("title"))
                            .isTrue();
                }
            }
        }
        assertThat(ids).hasSizeGreaterThan(5);
    }

    private List<String> queries() {
        List<String> queries = new ArrayList<>();
        for (String field : List.of("expr", "query", "definition")) {
            dashboard.findValues(field).forEach(value -> queries.add(value.isString() ? value.asString() : ""));
        }
        return queries;
    }

    private Set<String> metersUsed() {
        return queries().stream()
                .flatMap(query -> METER.matcher(query).results())
                .map(result -> result.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** All meters that an application may show; fallbacks are the kernel backend's. */
    static Set<String> scrapedMeters() {
        Set<String> meters = scraped(METER, Pattern.compile("^(asyncslot_\\w+)\\{", Pattern.MULTILINE));
        meters.add(Reference.inPrometheus(SlotMeterDocumentation.FALLBACKS));
        return meters;
    }

    /** What a running application with one timer map shows, of the lines that have the first pattern. */
    static Set<String> scraped(Pattern lines, Pattern what) {
        Set<String> found = new TreeSet<>();
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        AsyncSlotAutoConfiguration.class,
                        AsyncSlotMetricsAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        PrometheusMetricsExportAutoConfiguration.class))
                .run(context -> {
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    registry.register(TimerMapSpec.named("cart", String.class)
                            .historySize(8)
                            .whenIdle(WhenIdle.KEEP)
                            .callback((key, firing) -> {})
                            .build());
                    registry.register(WorkMapSpec.named("index", String.class)
                            .callback((key, firing) -> {})
                            .build());
                    for (String line : context.getBean(PrometheusMeterRegistry.class)
                            .scrape()
                            .split("\n")) {
                        if (lines.matcher(line).lookingAt()) {
                            what.matcher(line).results().forEach(result -> found.add(result.group(1)));
                        }
                    }
                });
        return found;
    }

    private static JsonNode read() {
        try {
            return JsonMapper.shared().readTree(Files.readString(Path.of("grafana", "asyncslot.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

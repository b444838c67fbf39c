package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The alert rules ask for series that exist, and each has its chapter in the runbook. */
class AlertRulesTests {

    private static final Pattern METER = Pattern.compile("\\basyncslot_\\w+");
    private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");
    private static final Pattern SELECTED = Pattern.compile("(\\w+)=\"([^\"]*)\"");
    private static final Pattern PROPERTY = Pattern.compile("`(asyncslot\\.[\\w.{}-]+)");

    private final List<Map<String, Object>> rules = rules();
    private final String runbook = read("runbook.md");

    @SuppressWarnings("unchecked") // the shape of a rule file; another one fails the tests
    private static List<Map<String, Object>> rules() {
        Map<String, Object> file = new Yaml().load(read("prometheus/asyncslot-alerts.yml"));
        List<Map<String, Object>> rules = new ArrayList<>();
        ((List<Map<String, Object>>) file.get("groups"))
                .forEach(group -> rules.addAll((List<Map<String, Object>>) group.get("rules")));
        return rules;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> found(Pattern pattern, String text, int group) {
        return pattern.matcher(text)
                .results()
                .map(match -> match.group(group))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String expressions() {
        return rules.stream().map(rule -> (String) rule.get("expr")).collect(Collectors.joining("\n"));
    }

    @Test
    void meters_existInWhatPrometheusScrapes() {
        assertThat(found(METER, expressions(), 0)).hasSizeGreaterThan(8).isSubsetOf(DashboardTests.scrapedMeters());
    }

    @Test
    void labels_andTheirValues_existInWhatPrometheusScrapes() {
        Pattern ours = Pattern.compile("asyncslot_\\w+");
        Set<String> labels = DashboardTests.scraped(ours, Pattern.compile("[{,](\\w+)=\""));
        labels.addAll(Set.of("job", "instance")); // which Prometheus adds
        for (String list : found(BY, expressions(), 1)) {
            assertThat(labels).contains(list.split(",\\s*"));
        }
        Set<String> values = DashboardTests.scraped(ours, Pattern.compile("[{,](\\w+=\"[^\"]*\")"));
        assertThat(found(SELECTED, expressions(), 0)).isNotEmpty().isSubsetOf(values);
    }

    @Test
    void eachRule_isComplete_andHasAChapterInTheRunbook() {
        assertThat(rules).hasSizeGreaterThan(5).allSatisfy(rule -> {
            String name = (String) rule.get("alert");
            assertThat(name).startsWith("AsyncSlot");
            assertThat(rule.get("labels").toString()).startsWith("{severity=");
            Map<?, ?> annotations = (Map<?, ?>) rule.get("annotations");
            assertThat(annotations.get("summary").toString())
                    .as("names the map, or the backend where all maps of it are meant")
                    .containsPattern("\\{\\{ \\$labels\\.(map|backend) }}");
            assertThat(annotations.get("runbook")).isEqualTo("docs/runbook.md#" + name.toLowerCase(Locale.ROOT));
        });
        assertThat(Pattern.compile("^## (\\w+)$", Pattern.MULTILINE)
                        .matcher(runbook)
                        .results()
                        .map(match -> match.group(1)))
                .containsExactlyElementsOf(
                        rules.stream().map(rule -> (String) rule.get("alert")).toList());
    }

    @Test
    void eachChapter_hasQuestionCommandAndRemedy() {
        String[] chapters = runbook.split("(?m)^## ");
        for (int i = 1; i < chapters.length; i++) {
            assertThat(chapters[i]).contains("* **Question:**", "* **Command:**", "* **Remedy:**");
        }
    }

    @Test
    void properties_exist() {
        String reference = read("reference.md");
        for (MatchResult match : PROPERTY.matcher(runbook).results().toList()) {
            String name = match.group(1).replace("asyncslot.maps.{map}.", "");
            assertThat(reference).as(match.group(1)).contains("| `" + name + "` |");
        }
    }
}

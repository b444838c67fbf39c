package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Pages are written in English that native readers enjoy. A new page may hold none of the constructions of {@link Prose};
 * an old one no more than {@code prose-allowances.properties} admits, and those numbers may only fall. The Javadoc that users read
 * may hold none.
 */
class ProseTests {

    static Stream<Path> pages() throws Exception {
        return Pages.all().stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_readsWell(Path page) throws Exception {
        List<Prose.Finding> findings = Prose.check(Pages.read(page));
        int allowed = Integer.parseInt(allowances().getProperty(page.toString(), "0"));
        assertThat(findings.size() > allowed ? findings : List.of())
                .as("%s has %d awkward constructions, %d are allowed", page, findings.size(), allowed)
                .isEmpty();
    }

    /** The sources whose Javadoc users read in their editor: API, annotations, properties, backends and test support. */
    static Stream<Path> sourcesOfTheApi() throws Exception {
        List<Path> sources = new ArrayList<>();
        for (String room : List.of(
                "core/src/main/java/io/asyncslot",
                "core/src/main/java/io/asyncslot/spi",
                "autoconfigure/src/main/java/io/asyncslot/annotation")) {
            try (Stream<Path> files = Files.list(Pages.ROOT.resolve(room))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        sources.add(Pages.ROOT.resolve("core/src/main/java/io/asyncslot/registry/AsyncSlotRegistryBuilder.java"));
        for (Path source : sources("autoconfigure", "cluster", "dashboard", "kernel", "test")) {
            if (describesPropertiesOrApi(source)) {
                sources.add(source);
            }
        }
        return sources.stream().sorted();
    }

    /** Properties, and public types of backends and test support, except those of the cluster's internal packages. */
    private static boolean describesPropertiesOrApi(Path source) throws Exception {
        String text = Files.readString(source);
        return text.contains("@ConfigurationProperties")
                || (text.contains("\npublic ") || source.endsWith("package-info.java"))
                        && source.toString()
                                .matches(".*/io/asyncslot/(?:cluster|kernel|test)/(?!(?:h2|node|postgres)/).*");
    }

    @ParameterizedTest
    @MethodSource("sourcesOfTheApi")
    void javadoc_readsWell(Path source) throws Exception {
        assertThat(Prose.checkJavadoc(Files.readString(source))).isEmpty();
    }

    @Test
    void sourcesOfTheApi_includePropertiesBackendsAndTestSupport() throws Exception {
        assertThat(sourcesOfTheApi().map(source -> source.getFileName().toString()))
                .contains(
                        "AsyncSlotProperties.java",
                        "SlotMapSettings.java",
                        "AsyncSlotDashboardProperties.java",
                        "ClusterOptions.java",
                        "SlotStore.java",
                        "KernelProperties.java",
                        "BackendContract.java")
                .doesNotContain("ClusterEngine.java", "KernelEngine.java");
    }

    @Test
    void descriptionsOfPropertyValues_readWell() throws Exception {
        Path metadata = Pages.ROOT.resolve(
                "autoconfigure/src/main/resources/META-INF/additional-spring-configuration-metadata.json");
        assertThat(JsonMapper.shared().readTree(Files.readString(metadata)).findValues("description"))
                .isNotEmpty()
                .allSatisfy(description ->
                        assertThat(Prose.check(description.asString())).isEmpty());
    }

    @Test
    void awkwardJavadoc_isFound() {
        assertThat(Prose.checkJavadoc("/** The default\n * unless said. */ int a; // goes on"))
                .hasSize(1)
                .allSatisfy(finding -> assertThat(finding.toString()).contains("unless said"));
        assertThat(Prose.checkJavadoc("/** What is missing is created. */")).hasSize(1);
        assertThat(Prose.checkJavadoc("/** See {@link #what the begin says}. */"))
                .isEmpty();
    }

    /** The sources of what is published: their messages are read in logs, in the start-up report and at the endpoint. */
    static Stream<Path> sourcesWithMessages() throws Exception {
        return sources("core", "autoconfigure", "cluster", "kernel", "dashboard").stream();
    }

    private static List<Path> sources(String... modules) throws Exception {
        List<Path> sources = new ArrayList<>();
        for (String module : modules) {
            try (Stream<Path> files = Files.walk(Pages.ROOT.resolve(module).resolve("src/main/java"))) {
                files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(sources::add);
            }
        }
        return sources;
    }

    @ParameterizedTest
    @MethodSource("sourcesWithMessages")
    void messages_readWell(Path source) throws Exception {
        assertThat(Prose.checkMessages(Files.readString(source))).isEmpty();
    }

    @Test
    void awkwardMessage_isFound() {
        String source =
                "throw new X(\"the thread of \" + name // goes on\n + \" ended, and \"\n + \"it goes on at \" + n);";
        assertThat(Prose.checkMessages(source))
                .hasSize(1)
                .allSatisfy(finding -> assertThat(finding.toString()).contains("X ended, and it goes on at"));
    }

    @Test
    void allowances_areForPagesThatExistAndNoHigherThanNeeded() throws Exception {
        List<String> pages = Pages.all().stream().map(Path::toString).toList();
        for (String page : allowances().stringPropertyNames()) {
            assertThat(pages).contains(page);
            assertThat(Integer.parseInt(allowances().getProperty(page)))
                    .as("the allowance of %s can be lowered", page)
                    .isLessThanOrEqualTo(Prose.check(Pages.read(Path.of(page))).size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Whether it is right says the contract kit.",
                "What falls due waits for the resume.",
                "It waits for the begin of a run.",
                "It makes a thread of its own.",
                "The series goes on.",
                "It is beside the map.",
                "The slot is freed at once."
            })
    void awkwardSentence_isFound(String sentence) {
        assertThat(Prose.check(sentence)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "The contract kit tests whether a backend is correct.",
                "A slot that falls due while it is paused runs after the resume.",
                "`goes on` is code.",
                "```\nWhat falls due waits.\n```"
            })
    void plainSentence_passes(String sentence) {
        assertThat(Prose.check(sentence)).isEmpty();
    }

    private static Properties allowances() throws Exception {
        Properties allowances = new Properties();
        try (InputStream file = ProseTests.class.getResourceAsStream("/prose-allowances.properties")) {
            allowances.load(file);
        }
        return allowances;
    }
}

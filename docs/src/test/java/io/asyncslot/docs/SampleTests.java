package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.docs.Samples.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.PropertiesPropertySourceLoader;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import tools.jackson.databind.json.JsonMapper;

/** Every block in a page is what its language says: Java and Kotlin compile, properties exist, JSON and XML can be read. */
class SampleTests {

    /** Languages with a check, here or in {@link CommandTests}; {@code text} is prose, a drawing or an answer. */
    private static final Set<String> CHECKED =
            Set.of("java", "kotlin", "yaml", "properties", "xml", "json", "shell", "console", "text");

    @Test
    void eachBlock_isChecked_orGivesAReason() throws Exception {
        List<String> problems = new ArrayList<>();
        for (Sample sample : Samples.all()) {
            if (sample.unchecked() ? sample.noteText().length() < 15 : !CHECKED.contains(sample.language())) {
                problems.add(sample + " has no language with a check, and no <!-- unchecked: reason --> before it");
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void java_compiles() throws Exception {
        List<Sample> samples = Samples.checked("java");
        assertThat(samples).hasSizeGreaterThan(15);
        assertThat(JavaSamples.errors(samples)).isEmpty();
    }

    @Test
    void javaThatDoesNotCompile_isFound_withItsLine() {
        List<Sample> samples = Samples.of(Path.of("a.md"), """
                # Page
                ```java
                TimerSlots<String> sessions = registry.timers("session", String.class);
                sessions.begin("s1");
                ```
                ```java
                @TimerSlot(map = "session", pause = "30m")
                void expired(String sessionId) { ... }
                ```
                ```java
                class Here {
                    Missing field;
                }
                ```
                """);
        assertThat(JavaSamples.errors(samples))
                .hasSize(3)
                .anySatisfy(error -> assertThat(error).startsWith("a.md:4: ").contains("begin"))
                .anySatisfy(error -> assertThat(error).startsWith("a.md:7: ").contains("pause"))
                .anySatisfy(error -> assertThat(error).startsWith("a.md:12: ").contains("Missing"));
    }

    @Test
    void kotlin_isTakenFromTheApplicationThatIsTested() throws Exception {
        List<String> problems = new ArrayList<>();
        for (Sample sample : Samples.checked("kotlin")) {
            problems.addAll(kotlinProblems(sample));
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void kotlinThatIsNotInTheApplication_isFound() throws Exception {
        List<Sample> samples = Samples.of(Path.of("a.md"), """
                ```kotlin
                @StartSlot(map = "session", key = "#result.key", delay = "#limit")
                suspend fun login(user: String): Session { ... }
                ```
                """);
        assertThat(kotlinProblems(samples.get(0))).hasSize(1);
    }

    /** Lines that stand in no source of the Kotlin application; "{ ... }" and comments stand for anything. */
    private static List<String> kotlinProblems(Sample sample) throws Exception {
        if (sample.text().startsWith("implementation(")) {
            assertThat(sample.text()).matches("implementation\\(\"io\\.asyncslot:[a-z-]+:" + version() + "\"\\)");
            return List.of();
        }
        StringBuilder sources = new StringBuilder();
        try (var files = Files.walk(Pages.ROOT.resolve("ecosystem/kotlin/src"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".kt")).toList()) {
                sources.append(Files.readString(file)).append('\n');
            }
        }
        List<String> lines = sources.toString().lines().map(String::strip).toList();
        List<String> problems = new ArrayList<>();
        for (String line : sample.text().lines().map(String::strip).toList()) {
            String code = line.replaceAll(" *//.*", "");
            String start = code.replaceAll("\\{ \\.\\.\\. }$", "{");
            boolean elided = !start.equals(code);
            if (lines.stream().noneMatch(source -> elided ? source.startsWith(start) : source.equals(code))) {
                problems.add(sample.place() + ": \"" + code + "\" is not in ecosystem/kotlin");
            }
        }
        return problems;
    }

    @Test
    void properties_exist_andTheirValuesConvert() throws Exception {
        List<Sample> samples = Samples.checked("yaml", "properties");
        assertThat(samples).isNotEmpty();
        List<String> problems = new ArrayList<>();
        for (Sample sample : samples) {
            problems.addAll(propertyProblems(sample));
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void propertyThatDoesNotExist_orHasAWrongValue_isFound() throws Exception {
        List<Sample> samples = Samples.of(Path.of("a.md"), """
                ```yaml
                asyncslot:
                  backend: jvm
                  backends: jvm
                  keep-alive: perhaps
                  maps:
                    session: {delay: 30m, delays: 30m}
                ```
                ```properties
                asyncslot.shutdown.timeout=soon
                spring.application.nam=shop
                ```
                """);
        assertThat(propertyProblems(samples.get(0)))
                .hasSize(3)
                .anyMatch(problem -> problem.contains("asyncslot.backends"))
                .anyMatch(problem -> problem.contains("asyncslot.keep-alive"))
                .anyMatch(problem -> problem.contains("asyncslot.maps.session.delays"));
        assertThat(propertyProblems(samples.get(1)))
                .hasSize(2)
                .anyMatch(problem -> problem.contains("asyncslot.shutdown.timeout"))
                .anyMatch(problem -> problem.contains("spring.application.nam"));
    }

    private static List<String> propertyProblems(Sample sample) throws Exception {
        ByteArrayResource text = new ByteArrayResource(sample.text().getBytes());
        List<PropertySource<?>> sources = sample.language().equals("yaml")
                ? new YamlPropertySourceLoader().load("sample", text)
                : new PropertiesPropertySourceLoader().load("sample", text);
        List<String> problems = new ArrayList<>();
        for (PropertySource<?> source : sources) {
            for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
                ConfigurationNames.problem(name, String.valueOf(source.getProperty(name)))
                        .ifPresent(problem -> problems.add(sample.place() + ": " + problem));
            }
        }
        return problems;
    }

    @Test
    void xml_namesOurArtifactsAndVersion() throws Exception {
        String modules = Files.readString(Pages.ROOT.resolve("bom/pom.xml"));
        for (Sample sample : Samples.checked("xml")) {
            javax.xml.parsers.DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new java.io.ByteArrayInputStream(("<x>" + sample.text() + "</x>").getBytes()));
            Matcher artifact = Pattern.compile("<groupId>io.asyncslot</groupId>\\s*<artifactId>([^<]*)<")
                    .matcher(sample.text());
            while (artifact.find()) {
                assertThat(modules).as(sample.place()).contains("<artifactId>" + artifact.group(1) + "</artifactId>");
            }
            Matcher version = Pattern.compile("<version>([^<]*)</version>").matcher(sample.text());
            while (version.find()) {
                assertThat(version.group(1)).as(sample.place()).isEqualTo(version());
            }
        }
    }

    @Test
    void json_canBeRead() throws Exception {
        for (Sample sample : Samples.checked("json")) {
            String text = sample.text().startsWith("\"") ? "{" + sample.text() + "}" : sample.text();
            assertThat(new JsonMapper().readTree(text).isContainer())
                    .as(sample.place())
                    .isTrue();
        }
    }

    /** The version that the pages name: the one of the build. */
    private static String version() throws Exception {
        Matcher revision =
                Pattern.compile("<revision>(.*)</revision>").matcher(Files.readString(Pages.ROOT.resolve("pom.xml")));
        assertThat(revision.find()).isTrue();
        return revision.group(1);
    }
}

package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each claim of the pages on security and on guarded behaviour names a test, and that test is there. */
class NamedTestsTests {

    private static final Pattern NAME = Pattern.compile("`(\\w+(?:Tests|Scenarios|IT))(?:\\.(\\w+))?`");
    private static final String HEADER = "| claim | test |";
    private static final Path GUARDS = Path.of("docs/guards.md");

    @ParameterizedTest
    @ValueSource(strings = {"docs/security.md", "docs/guards.md"})
    void testsThatThePageNames_exist(Path page) throws Exception {
        assertThat(missing(Pages.read(page), sources())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"docs/security.md, 20", "docs/guards.md, 38"})
    void eachClaim_namesATest(Path page, int least) throws Exception {
        List<String> claims = claims(Pages.read(page));
        assertThat(claims).allMatch(claim -> NAME.matcher(claim).find()).hasSizeGreaterThan(least);
    }

    @Test
    void namesOfGuards_areUnique() throws Exception {
        assertThat(claims(Pages.read(GUARDS)).stream().map(claim -> claim.split("\\|")[1].strip()))
                .allMatch(name -> name.matches("[a-z]+(-[a-z]+)+"))
                .doesNotHaveDuplicates();
    }

    @Test
    void testThatIsNotThere_isFound() throws Exception {
        assertThat(missing(
                        "`NoSuchTests`, `NamedTestsTests.noSuchTest`, `NamedTestsTests.eachClaim_namesATest`",
                        sources()))
                .containsExactly("NoSuchTests", "NamedTestsTests.noSuchTest");
    }

    /** The rows of the tables of claims. */
    private static List<String> claims(String text) {
        List<String> claims = new ArrayList<>();
        boolean table = false;
        for (String line : text.split("\n")) {
            boolean header = line.endsWith(HEADER);
            table = line.startsWith("|") && (table || header);
            if (table && !header && !line.startsWith("|---")) {
                claims.add(line);
            }
        }
        return claims;
    }

    private static List<String> missing(String text, Map<String, List<Path>> sources) throws IOException {
        List<String> missing = new ArrayList<>();
        Matcher names = NAME.matcher(text);
        while (names.find()) {
            List<Path> found = sources.getOrDefault(names.group(1), List.of());
            if (found.isEmpty()) {
                missing.add(names.group(1));
            } else if (names.group(2) != null && !isIn(found, names.group(2))) {
                missing.add(names.group(1) + "." + names.group(2));
            }
        }
        return missing;
    }

    private static boolean isIn(List<Path> sources, String method) throws IOException {
        for (Path source : sources) {
            if (Files.readString(source).contains(" void " + method + "(")) {
                return true;
            }
        }
        return false;
    }

    /** The sources of all modules and of the ecosystem's applications by the simple name of their type. */
    private static Map<String, List<Path>> sources() throws IOException {
        Map<String, List<Path>> sources = new HashMap<>();
        try (Stream<Path> top = Files.list(Pages.ROOT);
                Stream<Path> applications = Files.list(Pages.ROOT.resolve("ecosystem"))) {
            for (Path module : Stream.concat(top, applications)
                    .filter(path -> Files.isDirectory(path.resolve("src")))
                    .toList()) {
                try (Stream<Path> files = Files.walk(module.resolve("src"))) {
                    files.filter(path -> path.toString().matches(".*\\.(java|kt)"))
                            .forEach(path -> sources.computeIfAbsent(
                                            path.getFileName().toString().replaceAll("\\.(java|kt)$", ""),
                                            name -> new ArrayList<>())
                                    .add(path));
                }
            }
        }
        return sources;
    }
}

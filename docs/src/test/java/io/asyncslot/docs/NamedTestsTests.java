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

/** Each claim of the page on security names a test, and that test is there. */
class NamedTestsTests {

    private static final Pattern NAME = Pattern.compile("`(\\w+(?:Tests|Scenarios|IT))(?:\\.(\\w+))?`");
    private static final Path PAGE = Path.of("docs/security.md");

    @Test
    void testsThatThePageNames_exist() throws Exception {
        Map<String, Path> sources = sources();
        assertThat(missing(Pages.read(PAGE), sources)).isEmpty();
    }

    @Test
    void eachClaim_namesATest() throws Exception {
        List<String> without = new ArrayList<>();
        int claims = 0;
        boolean table = false;
        for (String line : Pages.read(PAGE).split("\n")) {
            table = line.startsWith("|") && (table || line.equals("| claim | test |"));
            if (table && !line.startsWith("|---") && !line.equals("| claim | test |")) {
                claims++;
                if (!NAME.matcher(line).find()) {
                    without.add(line);
                }
            }
        }
        assertThat(without).isEmpty();
        assertThat(claims).isGreaterThan(20);
    }

    @Test
    void testThatIsNotThere_isFound() throws Exception {
        assertThat(missing(
                        "`NoSuchTests`, `NamedTestsTests.noSuchTest`, `NamedTestsTests.eachClaim_namesATest`",
                        sources()))
                .containsExactly("NoSuchTests", "NamedTestsTests.noSuchTest");
    }

    private static List<String> missing(String text, Map<String, Path> sources) throws IOException {
        List<String> missing = new ArrayList<>();
        Matcher names = NAME.matcher(text);
        while (names.find()) {
            Path source = sources.get(names.group(1));
            if (source == null) {
                missing.add(names.group(1));
            } else if (names.group(2) != null && !Files.readString(source).contains(" void " + names.group(2) + "(")) {
                missing.add(names.group(1) + "." + names.group(2));
            }
        }
        return missing;
    }

    /** The sources of all modules by the simple name of their type. */
    private static Map<String, Path> sources() throws IOException {
        Map<String, Path> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(Pages.ROOT)) {
            for (Path module : modules.filter(path -> Files.isDirectory(path.resolve("src")))
                    .toList()) {
                try (Stream<Path> files = Files.walk(module.resolve("src"))) {
                    files.filter(path -> path.toString().endsWith(".java"))
                            .forEach(path ->
                                    sources.put(path.getFileName().toString().replace(".java", ""), path));
                }
            }
        }
        return sources;
    }
}

package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Links between pages lead somewhere: to a file that exists and a heading in it. Pictures exist. */
class LinkTests {

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");
    private static final Pattern FENCE = Pattern.compile("(?ms)^[ >]*```.*?^[ >]*```[^\\n]*$");

    static Stream<Path> pages() throws Exception {
        return Pages.all().stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void links_leadSomewhere(Path page) throws Exception {
        assertThat(brokenLinks(page, Pages.read(page)))
                .as("broken links of %s", page)
                .isEmpty();
    }

    @Test
    void brokenLink_isFound() throws Exception {
        String text =
                "# Top\n[a](#top) [b](#nowhere) [c](missing.md) ![d](docs/img/none.svg) [e](https://example.org)\n"
                        + "[f](CHANGELOG.md#nothing-there)\n```\n[g](code.md)\n```\n";
        assertThat(brokenLinks(Path.of("README.md"), text))
                .containsExactlyInAnyOrder("#nowhere", "missing.md", "docs/img/none.svg", "CHANGELOG.md#nothing-there");
    }

    private static List<String> brokenLinks(Path page, String markdown) throws Exception {
        List<String> broken = new ArrayList<>();
        String text = FENCE.matcher(markdown).replaceAll("").replaceAll("`[^`\\n]*`", "");
        Matcher links = LINK.matcher(text);
        while (links.find()) {
            String link = links.group(1);
            if (link.matches("[a-z]+:.*")) {
                continue;
            }
            int hash = link.indexOf('#');
            String file = hash < 0 ? link : link.substring(0, hash);
            Path parent = page.getParent();
            Path target = file.isEmpty() ? page : parent == null ? Path.of(file) : parent.resolve(file);
            boolean here = file.isEmpty();
            if (!here && !Files.exists(Pages.ROOT.resolve(target))) {
                broken.add(link);
            } else if (hash >= 0 && target.toString().endsWith(".md")) {
                String there = here ? markdown : Pages.read(target);
                if (!anchors(there).contains(link.substring(hash + 1))) {
                    broken.add(link);
                }
            }
        }
        return broken;
    }

    /** The anchors of a page's headings, as GitHub makes them. */
    private static Set<String> anchors(String markdown) {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> seen = new HashMap<>();
        Matcher headings = HEADING.matcher(FENCE.matcher(markdown).replaceAll(""));
        while (headings.find()) {
            String anchor = headings.group(1)
                    .replaceAll("\\]\\([^)]*\\)", "")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                    .replace(' ', '-');
            int times = seen.merge(anchor, 1, Integer::sum);
            anchors.add(times == 1 ? anchor : anchor + "-" + (times - 1));
        }
        return anchors;
    }
}

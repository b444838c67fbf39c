package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** Each dependency of a published module, optional ones included, has a reason in the design decisions; no reason is left over. */
class DependencyTests {

    private static final List<String> PUBLISHED =
            List.of("core", "test", "kernel", "cluster", "autoconfigure", "starter", "dashboard");

    private static final Pattern ROW = Pattern.compile("(?m)^\\| ([^|]*) \\| ([^|]*) \\| [^|]{20,} \\|$");

    @Test
    void eachDependency_isJustified() throws Exception {
        assertThat(unjustified(Pages.read(Path.of("docs/design-decisions.md")), dependencies()))
                .as("dependencies without a row under 'Dependencies' in docs/design-decisions.md")
                .isEmpty();
    }

    @Test
    void eachJustification_isOfADependency() throws Exception {
        Set<String> justified = justified(Pages.read(Path.of("docs/design-decisions.md")));
        justified.removeAll(dependencies());
        assertThat(justified).isEmpty();
    }

    @Test
    void dependencyWithoutAReason_isFound() {
        String page = "| `jspecify` | core | nullness that other tools can read |\n";
        assertThat(unjustified(page, List.of("core jspecify", "core guava", "kernel jspecify")))
                .containsExactly("core guava", "kernel jspecify");
    }

    private static List<String> unjustified(String page, List<String> dependencies) {
        Set<String> justified = justified(page);
        return dependencies.stream()
                .filter(dependency -> !justified.contains(dependency))
                .toList();
    }

    /** Pairs of module and artifact, from rows that name artifacts in code. */
    private static Set<String> justified(String page) {
        Set<String> justified = new HashSet<>();
        Matcher rows = ROW.matcher(page);
        while (rows.find()) {
            Matcher artifacts =
                    Pattern.compile("`([a-z0-9.-]+|HikariCP|HdrHistogram)`").matcher(rows.group(1));
            while (artifacts.find()) {
                for (String module : rows.group(2).split("[^a-z]+")) {
                    if (PUBLISHED.contains(module)) {
                        justified.add(module + " " + artifacts.group(1));
                    }
                }
            }
        }
        return justified;
    }

    /** What the POMs of published modules declare, but for tests and our own modules. */
    private static List<String> dependencies() throws Exception {
        List<String> dependencies = new ArrayList<>();
        for (String module : PUBLISHED) {
            Element project = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(Pages.ROOT.resolve(module).resolve("pom.xml").toFile())
                    .getDocumentElement();
            NodeList declared = project.getElementsByTagName("dependency");
            for (int i = 0; i < declared.getLength(); i++) {
                Element dependency = (Element) declared.item(i);
                Node list = dependency.getParentNode().getParentNode();
                boolean ofTheModule = list.equals(project);
                if (ofTheModule
                        && !text(dependency, "scope").equals("test")
                        && !text(dependency, "groupId").equals("io.asyncslot")) {
                    dependencies.add(module + " " + text(dependency, "artifactId"));
                }
            }
        }
        assertThat(dependencies).contains("core HdrHistogram", "autoconfigure spring-web");
        return dependencies;
    }

    private static String text(Element element, String child) {
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeName().equals(child)) {
                return node.getTextContent();
            }
        }
        return "";
    }
}

package io.asyncslot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.docs.Samples.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Commands in the pages can be typed: scripts exist and know their options, Maven's modules, profiles, executions and
 * properties exist, the kernel loader knows its options. What they print is for other tests.
 */
class CommandTests {

    /** Programs of the system; their arguments are their own affair. */
    private static final Set<String> SYSTEM = Set.of(
            "apt-get",
            "bpftool",
            "cat",
            "curl",
            "docker",
            "id",
            "java",
            "kill",
            "npm",
            "npx",
            "ps",
            "sleep",
            "systemctl");

    /** Options of Maven without an argument. */
    private static final Set<String> MAVEN = Set.of("-B", "-am", "-q", "-o", "-ntp", "-N");

    private static final Pattern LOADER_OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");
    private static final Pattern INLINE =
            Pattern.compile("`((?:mvn|\\.ci/\\w+|[a-z][\\w-]*(?:/[\\w.-]+)+)(?: [^`]+)?)`", Pattern.DOTALL);

    @Test
    void commandsInBlocks_canBeTyped() throws Exception {
        List<String> problems = new ArrayList<>();
        int commands = 0;
        for (Sample sample : Samples.checked("shell", "console")) {
            boolean console = sample.language().equals("console");
            for (String line : sample.text().replaceAll("\\\\\n\\s*", " ").split("\n")) {
                if (!console || line.startsWith("$ ")) {
                    commands++;
                    for (String problem : problems(console ? line.substring(2) : line)) {
                        problems.add(sample.place() + ": " + problem);
                    }
                }
            }
        }
        assertThat(problems).isEmpty();
        assertThat(commands).isGreaterThan(20);
    }

    @Test
    void commandsInSentences_canBeTyped() throws Exception {
        List<String> problems = new ArrayList<>();
        int commands = 0;
        for (Path page : Pages.all()) {
            String text = Pages.read(page).replaceAll("(?ms)^ *```.*?^ *```$", "");
            Matcher inline = INLINE.matcher(text);
            while (inline.find()) {
                String command = inline.group(1).replaceAll("\\s+", " ");
                Path script = Pages.ROOT.resolve(command.split(" ")[0]);
                if (command.startsWith("mvn ") || Files.isRegularFile(script) && Files.isExecutable(script)) {
                    commands++;
                    problems(command).forEach(problem -> problems.add(page + ": " + problem));
                }
            }
        }
        assertThat(problems).isEmpty();
        assertThat(commands).isGreaterThan(5);
    }

    /** The loader's options in units and manifests, which have no check of their own. */
    @Test
    void optionsOfTheLoader_exist() throws Exception {
        String loader = read("kernel/src/main/java/io/asyncslot/kernel/KernelLoader.java");
        int options = 0;
        for (Sample sample : Samples.all()) {
            for (String line : sample.text().split("\n")) {
                int jar = line.indexOf("asyncslot-kernel.jar");
                if (jar < 0) {
                    continue;
                }
                Matcher option = LOADER_OPTION.matcher(line.substring(jar));
                while (option.find()) {
                    options++;
                    assertThat(loader).as(sample.place()).contains("\"" + option.group() + "\"");
                }
            }
        }
        assertThat(options).isGreaterThan(4);
    }

    @Test
    void commandThatCannotBeTyped_isFound() throws Exception {
        assertThat(problems("mvn -B verify -pl core,test -am -Dtest=StateWordTests   # fine"))
                .isEmpty();
        assertThat(problems("mvn -pl kore verify")).singleElement().asString().contains("kore");
        assertThat(problems("mvn -Pcheck verify")).singleElement().asString().contains("check");
        assertThat(problems("mvn -pl docs test -Dreference.writes=true")).hasSize(1);
        assertThat(problems("mvn -pl sample-app spring-boot:run@lod")).hasSize(1);
        assertThat(problems("stress/mutant --list")).hasSize(1);
        assertThat(problems("stress/mutants --lists")).hasSize(1);
        assertThat(problems(".ci/run spek")).hasSize(1);
        assertThat(problems("gradlew build")).hasSize(1);
    }

    private static List<String> problems(String line) throws IOException {
        String command = line.replaceAll("(?:^|\\s+)#.*", "").strip();
        if (command.isEmpty() || command.matches("\\w+=\\S*")) {
            return List.of();
        }
        List<String> problems = new ArrayList<>();
        // Quoted arguments have nothing that is checked.
        for (String part : command.replaceAll("'[^']*'|\"[^\"]*\"", "x").split("\\s*(?:;|&&|\\|)\\s*")) {
            List<String> words = Arrays.asList(part.split("\\s+"));
            String program = words.get(0);
            if (program.equals("mvn")) {
                problems.addAll(mavenProblems(words.subList(1, words.size())));
            } else if (program.contains("/")) {
                problems.addAll(scriptProblems(program, words.subList(1, words.size())));
            } else if (!SYSTEM.contains(program)) {
                problems.add("'" + program + "' is neither a script of ours nor a program that the test knows");
            }
        }
        return problems;
    }

    private static List<String> scriptProblems(String program, List<String> arguments) throws IOException {
        Path script = Pages.ROOT.resolve(program);
        if (!Files.isExecutable(script)) {
            return List.of("there is no script " + program);
        }
        List<String> problems = new ArrayList<>();
        String text = Files.readString(script);
        for (String argument : arguments) {
            String option = argument.replaceAll("=.*", "");
            if (option.startsWith("-")
                    && !Pattern.compile("(?<![\\w-])" + option + "(?![\\w-])")
                            .matcher(text)
                            .find()) {
                problems.add(program + " does not know " + option);
            } else if (program.equals(".ci/run") && !option.startsWith("-") && !isStep(option)) {
                problems.add(".ci/run has no step " + option);
            }
        }
        return problems;
    }

    private static boolean isStep(String name) throws IOException {
        try (Stream<Path> steps = Files.list(Pages.ROOT.resolve(".ci/steps"))) {
            return steps.anyMatch(step -> step.getFileName().toString().matches("\\d+-" + name));
        }
    }

    private static List<String> mavenProblems(List<String> arguments) throws IOException {
        List<String> problems = new ArrayList<>();
        for (Iterator<String> words = arguments.iterator(); words.hasNext(); ) {
            String word = words.next();
            if (word.equals("-pl")) {
                for (String module : words.next().split(",")) {
                    if (!Files.exists(Pages.ROOT.resolve(module).resolve("pom.xml"))) {
                        problems.add("there is no module " + module);
                    }
                }
            } else if (word.startsWith("-P")) {
                if (!anyPom("<id>" + word.substring(2) + "</id>")) {
                    problems.add("there is no profile " + word.substring(2));
                }
            } else if (word.startsWith("-D")) {
                String property = word.substring(2).replaceAll("=.*", "");
                if (!isProperty(property)) {
                    problems.add("no build knows the property " + property);
                }
            } else if (word.contains("@")) {
                if (!anyPom("<id>" + word.substring(word.indexOf('@') + 1) + "</id>")) {
                    problems.add("there is no execution " + word);
                }
            } else if (word.startsWith("-") && !MAVEN.contains(word)) {
                problems.add("an option of Maven that the test does not know: " + word);
            }
        }
        return problems;
    }

    /** A property of Surefire, of Spring Boot's plugin, of a POM or of a test. */
    private static boolean isProperty(String name) throws IOException {
        if (Set.of("test", "skipTests", "it.test").contains(name)
                || name.startsWith("surefire.")
                || name.startsWith("spring-boot.run.")) {
            return true;
        }
        if (anyPom("<" + name + ">") || anyPom("${" + name + "}")) {
            return true;
        }
        for (String module : List.of("docs", "stress", "kernel", "cluster", "container-tests", "test", "core")) {
            try (Stream<Path> files = Files.walk(Pages.ROOT.resolve(module).resolve("src/test"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    if (Files.readString(file).contains("(\"" + name + "\"")) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean anyPom(String text) throws IOException {
        try (Stream<Path> modules = Files.list(Pages.ROOT)) {
            for (Path pom : Stream.concat(Stream.of(Pages.ROOT), modules)
                    .map(module -> module.resolve("pom.xml"))
                    .filter(Files::exists)
                    .toList()) {
                if (Files.readString(pom).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String read(String file) throws IOException {
        return Files.readString(Pages.ROOT.resolve(file));
    }
}

package io.asyncslot.jcstress;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Reads what runs of jcstress have left in a directory and judges it: a real class must not show a forbidden outcome,
 * its weakened twin must.
 */
public final class Verdict {

    private static final String PACKAGE = "io.asyncslot.";

    private final Map<String, Race> races = new TreeMap<>();

    /** Begins with all tests there are, so that one that did not run at all is noticed. */
    Verdict(Collection<String> tests) {
        for (String test : tests) {
            races.put(test, new Race(test));
        }
    }

    /**
     * Judges.
     *
     * @param arguments the directory; what a test's name must contain, as a regular expression; then, to print nothing
     *     but a pattern of the tests to run again, {@code --silent}
     * @throws IOException if a result cannot be read
     * @throws ClassNotFoundException never
     */
    public static void main(String[] arguments) throws IOException, ClassNotFoundException {
        Predicate<String> chosen = Pattern.compile(arguments[1]).asPredicate();
        Verdict verdict = new Verdict(TestList.tests().stream().filter(chosen).toList());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(arguments[0]), "*.bin.gz")) {
            for (Path file : files) {
                InProcessCollector results = new InProcessCollector();
                DiskReadCollector reader = new DiskReadCollector(file.toString(), results);
                reader.dump();
                reader.close();
                results.getTestResults().forEach(verdict::add);
            }
        }
        if (arguments.length > 2) {
            System.out.println(verdict.silent());
        } else {
            verdict.print(System.out);
            System.exit(verdict.isGood() ? 0 : 1);
        }
    }

    private void add(TestResult result) {
        Race race = race(result.getName());
        if (result.status() != Status.NORMAL) {
            race.broke(result.status() + " " + result.getMessages());
        }
        for (GradingResult outcome : result.grading().gradingResults.values()) {
            race.saw(outcome.id, outcome.expect, outcome.count);
        }
    }

    Race race(String test) {
        return races.computeIfAbsent(test, Race::new);
    }

    boolean isGood() {
        return !races.isEmpty()
                && races.values().stream().allMatch(race -> race.complaint().isEmpty());
    }

    /** A pattern that selects the tests which have not shown yet what they are there to show; empty when there is none. */
    String silent() {
        StringBuilder pattern = new StringBuilder();
        for (Race race : races.values()) {
            if (race.isSilent()) {
                pattern.append(pattern.length() == 0 ? "" : "|")
                        .append(race.name().replace(".", "\\."))
                        .append('$');
            }
        }
        return pattern.toString();
    }

    void print(PrintStream out) {
        out.printf("%-40s %12s %10s   %12s %10s   %s%n", "race", "samples", "forbidden", "twin", "shown", "");
        for (Race race : races.values()) {
            if (race.isTwin()) {
                continue;
            }
            String name = race.name().replaceFirst("\\.Real$", "");
            Race twin = races.getOrDefault(name + ".Weakened", new Race(name + ".Weakened"));
            String complaints = complaints(race) + (races.containsKey(twin.name()) ? complaints(twin) : "");
            out.printf(
                    "%-40s %12d %10d   %12d %10d   %s%n",
                    name.startsWith(PACKAGE) ? name.substring(PACKAGE.length()) : name,
                    race.samples(),
                    race.samples(Expect.FORBIDDEN),
                    twin.samples(),
                    twin.samples(Expect.ACCEPTABLE_INTERESTING),
                    complaints.isEmpty() ? "ok" : "FAILED");
            out.print(complaints);
        }
        out.println(isGood() ? "jcstress: passed" : "jcstress: FAILED");
    }

    private static String complaints(Race race) {
        return race.complaint().isEmpty()
                ? ""
                : "    " + race.name() + ": " + race.complaint() + " " + race.outcomes() + System.lineSeparator();
    }
}

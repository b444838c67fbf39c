package io.asyncslot.benchmarks.against;

import io.asyncslot.benchmarks.report.Summary;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Measures an older core and the present one. Each figure comes of several pairs of JVMs, one of either side, which take
 * turns; the ratio is the median of the ratios of all pairs, so that a disturbance that lasts meets both.
 */
public final class Against {

    private static final long LIMIT_SECONDS = 120;
    private static final String PACKAGE = "io/asyncslot/benchmarks/against/";

    /** The bound of issue and gate: what a re-arm may cost now, over before. */
    private static final double BOUND = 1.05;

    private static final List<Case> CASES = List.of(
            new Case("re-arm, 1k keys", "rearm", 1_000, 0, true),
            new Case("re-arm, 100k keys", "rearm", 100_000, 0, true),
            new Case("re-arm, 1M keys", "rearm", 1_000_000, 0, true),
            new Case("re-arm, 1M keys, history 8", "rearm", 1_000_000, 8, true),
            new Case("fresh key: start + delete, 100k others", "fresh", 100_000, 0, false),
            new Case("fresh key, history 8", "fresh", 100_000, 8, false),
            new Case("kept key: start + cancel, 100k others", "kept", 100_000, 0, false),
            new Case("kept key, history 8", "kept", 100_000, 8, false),
            new Case("firing, 100k at one instant", "firing", 100_000, 0, false),
            new Case("firing, history 8", "firing", 100_000, 8, false));

    private record Case(String title, String kind, int n, int history, boolean bounded) {}

    private final Path directory;
    private final String[] classPaths;
    private final int pairs;

    private Against(Path directory, String former, int pairs) throws IOException {
        this.directory = directory;
        this.pairs = pairs;
        this.classPaths = new String[] {side("former", former), side("present", presentCore())};
    }

    /**
     * Measures and writes {@code against.md}.
     *
     * @param args the older core, a jar or a directory of classes; its name; the present one's; a directory for what is made;
     *     how many pairs; and a pattern that finds the rows wanted
     */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[3]);
        Files.createDirectories(directory);
        Against against = new Against(directory, args[0], Integer.parseInt(args[4]));
        List<String> lines = new ArrayList<>(List.of(
                "# " + args[1] + " and " + args[2],
                "",
                args[4]
                        + " pairs of JVMs a row, in turns; no Spring, callbacks on the timer thread. Medians of each side; the",
                "ratio is the median of the pairs', with the least and the greatest; CPU is that of the process. A re-arm may cost",
                String.format(Locale.ROOT, "%.2f times as much wall time as before.", BOUND),
                "",
                "| | " + args[1] + ": wall / CPU, ns | B | " + args[2]
                        + ": wall / CPU, ns | B | wall, ratio | CPU, ratio | |",
                "|---|---|---|---|---|---|---|---|"));
        lines.forEach(System.out::println);
        for (Case each : CASES) {
            if (each.title().matches(".*(?:" + args[5] + ").*")) {
                String row = against.row(each);
                System.out.println(row);
                lines.add(row);
            }
        }
        Files.write(directory.resolve("against.md"), lines);
        System.out.println("report: " + directory.resolve("against.md"));
    }

    private String row(Case each) throws IOException, InterruptedException {
        List<double[]> wall = new ArrayList<>();
        List<double[]> cpu = new ArrayList<>();
        List<double[]> bytes = new ArrayList<>();
        for (int pair = 0; pair < pairs; pair++) {
            boolean presentFirst = pair % 2 == 1; // whoever goes first finds the machine as the other one left it
            Map<String, Double> first = fork(classPaths[presentFirst ? 1 : 0], each);
            Map<String, Double> second = fork(classPaths[presentFirst ? 0 : 1], each);
            if (first.isEmpty() || second.isEmpty()) {
                return "| " + each.title() + " | failed | | | | | | |";
            }
            Map<String, Double> former = presentFirst ? second : first;
            Map<String, Double> present = presentFirst ? first : second;
            wall.add(pair(former, present, "ns"));
            cpu.add(pair(former, present, "cpu"));
            bytes.add(pair(former, present, "bytes"));
        }
        double[] walls = ratios(wall);
        String verdict = !each.bounded() ? "" : Summary.median(walls) <= BOUND ? "reached" : "**missed**";
        return "| %s | %s / %s | %s | %s / %s | %s | %s | %s | %s |"
                .formatted(
                        each.title(),
                        median(wall, 0),
                        median(cpu, 0),
                        median(bytes, 0),
                        median(wall, 1),
                        median(cpu, 1),
                        median(bytes, 1),
                        show(walls),
                        show(ratios(cpu)),
                        verdict);
    }

    private static double[] pair(Map<String, Double> former, Map<String, Double> present, String metric) {
        return new double[] {former.getOrDefault(metric, Double.NaN), present.getOrDefault(metric, Double.NaN)};
    }

    private static double[] ratios(List<double[]> pairs) {
        return pairs.stream().mapToDouble(pair -> pair[1] / pair[0]).toArray();
    }

    private static String show(double[] ratios) {
        return String.format(
                Locale.ROOT,
                "**%.2f** (%.2f to %.2f)",
                Summary.median(ratios),
                Arrays.stream(ratios).min().orElseThrow(),
                Arrays.stream(ratios).max().orElseThrow());
    }

    private static String median(List<double[]> pairs, int side) {
        return String.format(
                Locale.ROOT,
                "%.1f",
                Summary.median(pairs.stream().mapToDouble(pair -> pair[side]).toArray()));
    }

    private static Map<String, Double> fork(String classPath, Case each) throws IOException, InterruptedException {
        Path output = Files.createTempFile("against", ".txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms2g",
                        "-Xmx2g",
                        "-XX:+AlwaysPreTouch",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        Side.class.getName(),
                        each.kind(),
                        String.valueOf(each.n()),
                        String.valueOf(each.history()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            Map<String, Double> figures = new LinkedHashMap<>();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.out.println("given up after " + LIMIT_SECONDS + " s: " + each.title());
                return figures;
            }
            List<String> said = Files.readAllLines(output, StandardCharsets.UTF_8);
            for (String line : said) {
                if (line.startsWith(Fork.FIGURES)) {
                    for (String figure :
                            line.substring(Fork.FIGURES.length()).strip().split(" ", -1)) {
                        String[] parts = figure.split("=", 2);
                        figures.put(parts[0], Double.valueOf(parts[1]));
                    }
                }
            }
            if (figures.isEmpty()) {
                said.forEach(System.out::println);
            }
            return figures;
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** The class path of a side: its adapter, its core, and from here on what both share. */
    private String side(String name, String core) throws IOException {
        Path classes = directory.resolve(name);
        Files.createDirectories(classes);
        String shared = shared();
        String present = compile("benchmarks/src/main/java/" + PACKAGE + "Side.java", classes, core + shared);
        if (!present.isEmpty()) {
            String former = compile("benchmarks/src/against/former/" + PACKAGE + "Side.java", classes, core + shared);
            if (!former.isEmpty()) {
                throw new IllegalStateException("no adapter compiles against " + core + ":\n" + present + former
                        + "Write one for its API in benchmarks/src/against");
            }
        }
        return classes + File.pathSeparator + core + shared;
    }

    private static String compile(String source, Path classes, String classPath) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-proc:none", "-d", classes.toString(), "-cp", classPath);
            boolean done = compiler.getTask(
                            messages, files, null, options, null, files.getJavaFileObjects(Path.of(source)))
                    .call();
            return done ? "" : messages.toString();
        }
    }

    /** The benchmarks themselves and the libraries, no other module of AsyncSlot. */
    private static String shared() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.contains("benchmarks") || !ours(entry))
                .map(entry -> File.pathSeparator + entry)
                .collect(Collectors.joining());
    }

    private static String presentCore() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> ours(entry) && entry.contains("core"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the class path has no core of AsyncSlot"));
    }

    private static boolean ours(String entry) {
        return entry.endsWith("/target/classes") || entry.contains("asyncslot-");
    }
}

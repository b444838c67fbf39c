package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.durable.DurableRun;
import io.asyncslot.benchmarks.jmh.CpuProfiler;
import io.asyncslot.benchmarks.lab.Lab;
import io.asyncslot.benchmarks.peer.Peer;
import io.asyncslot.benchmarks.values.ValuesRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Measures everything, each measurement in a JVM of its own, and writes the report. */
public final class Run {

    /** Touched before the start: a heap that a JVM grows into costs whoever allocates a page fault each 4 KB. */
    private static final List<String> JVM = List.of("-Xms3g", "-Xmx3g", "-XX:+AlwaysPreTouch", "-XX:+UseG1GC");

    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    private static final long LAB_LIMIT_SECONDS = 150;
    private static final long CLUSTER_LIMIT_SECONDS = 2_400;

    private final Path out;
    private final boolean quick;
    private final Pattern match;
    private final Path csv;

    private Run(Path out, boolean quick, Pattern match) {
        this.out = out;
        this.quick = quick;
        this.match = match;
        this.csv = out.resolve("results.csv");
    }

    /**
     * Measures and reports.
     *
     * @param args --out DIRECTORY, --docs DIRECTORY (of the report, the first unless said), --quick, --only jmh, triggers,
     *     lab, values, cluster or report, --match PATTERN
     */
    public static void main(String[] args) throws Exception {
        List<String> given = List.of(args);
        Path out = Path.of(value(given, "--out").orElse("target"));
        Path docs = value(given, "--docs").map(Path::of).orElse(out);
        String only = value(given, "--only").orElse("");
        Optional<String> pattern = value(given, "--match");
        Files.createDirectories(out);
        Run run = new Run(out, given.contains("--quick"), Pattern.compile(pattern.orElse("")));
        if (only.isEmpty() && pattern.isEmpty()) {
            Files.deleteIfExists(run.csv);
        }
        Path environment = out.resolve("environment.txt");
        boolean ownPage = only.equals("cluster") || only.equals("values");
        if (!only.equals("report") && !ownPage) {
            Files.write(environment, Environment.lines(run.quick));
        }
        if (only.isEmpty() || only.equals("jmh")) {
            run.jmh(run.quick ? Suite.quick() : Suite.full());
        }
        if (only.equals("triggers")) {
            run.jmh(Suite.triggers());
        }
        if (only.isEmpty() || only.equals("lab")) {
            run.labs();
        }
        if (only.isEmpty() || only.equals("values")) {
            ValuesRun.main(new String[] {docs.toString(), run.quick ? "quick" : "full"});
        }
        if (only.isEmpty() || only.equals("cluster")) {
            run.cluster(docs);
        }
        if (ownPage) {
            return;
        }
        new Report(Results.read(run.csv), Files.readAllLines(environment)).write(docs);
        System.out.println("report: " + docs.resolve(Report.FILE));
    }

    private static Optional<String> value(List<String> args, String option) {
        int at = args.lastIndexOf(option);
        return at < 0 || at + 1 == args.size() ? Optional.empty() : Optional.of(args.get(at + 1));
    }

    private void jmh(List<Suite> suites) throws IOException, RunnerException {
        for (int i = 0; i < suites.size(); i++) {
            Suite suite = suites.get(i);
            if (match.matcher(suite.title()).find()) {
                Results.append(csv, rows(suite, new Runner(options(suite, i)).run()));
            }
        }
    }

    private org.openjdk.jmh.runner.options.Options options(Suite suite, int number) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(suite.include())
                .threads(suite.threads())
                .forks(1)
                .warmupIterations(quick ? 1 : 4)
                .warmupTime(TimeValue.milliseconds(quick ? 100 : suite.pauses() ? 2_500 : 250))
                .measurementIterations(quick ? 2 : 8)
                .measurementTime(TimeValue.milliseconds(quick ? 100 : suite.pauses() ? 1_000 : 250))
                .jvmArgs(JVM.toArray(String[]::new))
                .jvmArgsAppend(NATIVE_ACCESS)
                .addProfiler(GCProfiler.class)
                .addProfiler(CpuProfiler.class)
                .resultFormat(ResultFormatType.JSON)
                .result(out.resolve("jmh-" + number + "-" + suite.workload() + ".json")
                        .toString());
        for (Map.Entry<String, String[]> param : suite.params().entrySet()) {
            options.param(param.getKey(), param.getValue());
        }
        return options.build();
    }

    private static List<Row> rows(Suite suite, Collection<RunResult> results) {
        List<Row> rows = new ArrayList<>();
        for (RunResult result : results) {
            String peer = result.getParams().getParam("peer");
            String backend = result.getParams().getParam("backend");
            String who = peer != null
                    ? peer
                    : backend != null ? backend : result.getParams().getParam("works");
            int n = Integer.parseInt(result.getParams().getParam("n"));
            Result<?> primary = result.getPrimaryResult();
            rows.add(row(suite, who, n, "ns", primary.getStatistics().getPercentile(50)));
            rows.add(row(suite, who, n, "best", primary.getStatistics().getMin()));
            result.getSecondaryResults().forEach((label, secondary) -> {
                if (label.endsWith(CpuProfiler.LABEL)) {
                    rows.add(row(suite, who, n, "cpu", secondary.getStatistics().getPercentile(50)));
                } else if (label.endsWith("gc.alloc.rate.norm")) {
                    rows.add(row(
                            suite, who, n, "bytes", secondary.getStatistics().getPercentile(50)));
                }
            });
        }
        return rows;
    }

    private static Row row(Suite suite, String who, int n, String metric, double value) {
        return new Row(suite.workload(), who, n, suite.threads(), metric, value);
    }

    private void labs() throws IOException, InterruptedException {
        for (String kind : List.of("late", "mass", "heap", "heap.compact")) {
            for (Peer peer : Peer.values()) {
                if (wanted(kind, peer) && match.matcher(kind + " " + peer).find()) {
                    lab(kind, peer.name());
                }
            }
        }
        for (String backend : backends()) {
            if (match.matcher(Lab.BACKEND + " " + backend).find()) {
                lab(Lab.BACKEND, backend);
            }
        }
    }

    private static List<String> backends() {
        return Arrays.stream(Backend.values())
                .peek(backend -> {
                    if (!backend.missing().isEmpty()) {
                        System.out.println("not measured: backend " + backend.title() + ": " + backend.missing());
                    }
                })
                .filter(backend -> backend.missing().isEmpty())
                .map(Backend::name)
                .toList();
    }

    private static boolean wanted(String kind, Peer peer) {
        return peer.available()
                && switch (kind) {
                    case "mass" -> peer != Peer.ASYNCSLOT_NO_SLICE && peer != Peer.ASYNCSLOT_SPIN;
                    case "heap", "heap.compact" -> !peer.differsInFiring();
                    default -> true;
                };
    }

    /** Its report is a page of its own. */
    private void cluster(Path docs) throws IOException, InterruptedException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms2g",
                "-Xmx2g",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                DurableRun.class.getName(),
                docs.toString(),
                quick ? "2" : "10");
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(CLUSTER_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            System.out.println("given up after " + CLUSTER_LIMIT_SECONDS + " s: cluster");
        } else if (process.exitValue() != 0) {
            System.out.println("failed: cluster");
        }
    }

    private void lab(String kind, String who) throws IOException, InterruptedException {
        System.out.println("\n# Lab: " + kind + " " + who);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.add(NATIVE_ACCESS);
        if (kind.endsWith(".compact")) {
            command.add("-XX:+UseCompactObjectHeaders");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Lab.class.getName()));
        command.addAll(List.of(kind, who, quick ? "quick" : "full", csv.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(LAB_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            System.out.println("given up after " + LAB_LIMIT_SECONDS + " s: " + kind + " " + who);
        } else if (process.exitValue() != 0) {
            System.out.println("failed: " + kind + " " + who);
        }
    }
}

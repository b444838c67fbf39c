package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.durable.DurableRun;
import io.asyncslot.benchmarks.jmh.CpuProfiler;
import io.asyncslot.benchmarks.lab.Calls;
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
    private static List<String> jvm(int gibibytes) {
        return List.of("-Xms" + gibibytes + "g", "-Xmx" + gibibytes + "g", "-XX:+AlwaysPreTouch", "-XX:+UseG1GC");
    }

    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    private static final long LAB_LIMIT_SECONDS = 150;
    private static final long CLUSTER_LIMIT_SECONDS = 2_400;

    private final Path out;
    private final boolean quick;
    private final Pattern match;

    /** The figures of this run, until it ends. */
    private final Path csv;

    private Run(Path out, boolean quick, Pattern match) {
        this.out = out;
        this.quick = quick;
        this.match = match;
        this.csv = out.resolve("run.csv");
    }

    /**
     * Measures and reports.
     *
     * @param args --out DIRECTORY, --docs DIRECTORY (of the report, the first unless said), --readme FILE (whose figures are
     *     to be written), --quick, --only PART, --guard, --match PATTERN
     */
    public static void main(String[] args) throws Exception {
        List<String> given = List.of(args);
        Path out = Path.of(value(given, "--out").orElse("target"));
        Path docs = value(given, "--docs").map(Path::of).orElse(out);
        boolean guard = given.contains("--guard");
        String only = guard ? "guard" : value(given, "--only").orElse("");
        Optional<String> pattern = value(given, "--match");
        Files.createDirectories(out);
        Files.createDirectories(docs);
        long began = System.nanoTime();
        Run run = new Run(out, given.contains("--quick"), Pattern.compile(pattern.orElse("")));
        if (only.equals("cluster")) {
            run.cluster(docs);
            return;
        }
        Plan plan = Plan.of(only, run.quick);
        boolean measures = !only.equals("report");
        if (measures) {
            Files.deleteIfExists(run.csv);
        }
        List<String> machine = Environment.lines(run.quick);
        run.measure(plan);
        Results present = Results.read(run.csv);
        Path file = docs.resolve(Results.FILE);
        if (guard) {
            Guard judged = new Guard(Results.read(file), present);
            judged.lines().forEach(System.out::println);
            System.exit(judged.passed() ? 0 : 1);
        }
        Results before = Results.read(file);
        Results all = before.and(present, measures ? machine : before.facts());
        all.write(file);
        Files.deleteIfExists(run.csv);
        new Report(all).write(docs);
        if (value(given, "--readme").isPresent()) {
            Path readme = Path.of(value(given, "--readme").orElseThrow());
            Files.writeString(readme, Figures.into(Files.readString(readme), all));
        }
        System.out.printf(
                "report: %s, after %d s%n", docs.resolve(Report.FILE), (System.nanoTime() - began) / 1_000_000_000);
    }

    private static Optional<String> value(List<String> args, String option) {
        int at = args.lastIndexOf(option);
        return at < 0 || at + 1 == args.size() ? Optional.empty() : Optional.of(args.get(at + 1));
    }

    private void measure(Plan plan) throws Exception {
        jmh(plan.suites(), plan.forks());
        for (Plan.Lab lab : plan.labs()) {
            labs(lab);
        }
        if (plan.backends()) {
            for (String backend : backends()) {
                if (match.matcher(Lab.BACKEND + " " + backend).find()) {
                    sum(Lab.BACKEND, List.of(backend), 1);
                }
            }
        }
        if (plan.values() && match.matcher("values").find()) {
            Results.append(csv, ValuesRun.measure(quick));
        }
    }

    private void jmh(List<Suite> suites, int forks) throws IOException, RunnerException {
        for (int i = 0; i < suites.size(); i++) {
            Suite suite = suites.get(i);
            if (match.matcher(suite.title()).find()) {
                Results.append(csv, rows(suite, new Runner(options(suite, i, forks)).run()));
            }
        }
    }

    private org.openjdk.jmh.runner.options.Options options(Suite suite, int number, int forks) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(suite.include())
                .threads(suite.threads())
                .forks(forks)
                .warmupIterations(quick ? 1 : 3)
                .warmupTime(TimeValue.milliseconds(quick ? 100 : suite.pauses() ? 2_500 : 250))
                .measurementIterations(quick ? 2 : forks > 1 ? 5 : 6)
                .measurementTime(TimeValue.milliseconds(quick ? 100 : suite.pauses() ? 1_000 : 250))
                .jvmArgs(jvm(suite.heap()).toArray(String[]::new))
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

    private void labs(Plan.Lab lab) throws IOException, InterruptedException {
        sum(
                lab.kind(),
                lab.peers().stream()
                        .map(Peer::name)
                        .filter(peer -> match.matcher(lab.kind() + " " + peer).find())
                        .toList(),
                lab.runs());
    }

    /** Measures all in turns, and adds the summary of all turns to the figures of this run. */
    private void sum(String kind, List<String> all, int runs) throws IOException, InterruptedException {
        Path single = out.resolve("lab.csv");
        Files.deleteIfExists(single);
        for (int i = 0; i < runs; i++) {
            for (String who : all) {
                lab(kind, who, single);
            }
        }
        Results.append(csv, Summary.of(Results.rows(single)));
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

    private void lab(String kind, String who, Path file) throws IOException, InterruptedException {
        System.out.println("\n# Lab: " + kind + " " + who);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm(kind.startsWith(Calls.PREFIX) ? 1 : 3));
        command.add(NATIVE_ACCESS);
        command.add("-D" + Row.COMMIT + "=" + System.getProperty(Row.COMMIT, "unknown"));
        if (kind.endsWith(".compact")) {
            command.add("-XX:+UseCompactObjectHeaders");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Lab.class.getName()));
        command.addAll(List.of(kind, who, quick ? "quick" : "full", file.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(LAB_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            System.out.println("given up after " + LAB_LIMIT_SECONDS + " s: " + kind + " " + who);
        } else if (process.exitValue() != 0) {
            System.out.println("failed: " + kind + " " + who);
        }
    }
}

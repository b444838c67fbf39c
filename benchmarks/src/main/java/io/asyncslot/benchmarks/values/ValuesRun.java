package io.asyncslot.benchmarks.values;

import io.asyncslot.benchmarks.report.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Measures who gathers values by key, and what a start with a value costs, each in a JVM of its own. */
public final class ValuesRun {

    private static final int KEYS = 10_000;
    private static final int VALUES = 1_000_000;
    private static final int ROUNDS = 9;
    private static final int QUICK_VALUES = 100_000;
    private static final int QUICK_KEYS = 1_000;
    private static final long LIMIT_SECONDS = 180;
    private static final String FIGURE = "figure ";

    private ValuesRun() {}

    /**
     * Measures one peer, or one kind of start, and prints its figures.
     *
     * @param args its name, and quick or full
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[1].equals("quick");
        int n = quick ? QUICK_VALUES : VALUES;
        int keys = quick ? QUICK_KEYS : KEYS;
        int rounds = quick ? 1 : ROUNDS;
        for (BatchPeer peer : BatchPeer.values()) {
            if (peer.name().equals(args[0])) {
                ValueBatches.Figures figures = new ValueBatches(peer, n, keys, rounds).measure();
                print("values", args[0], n, "add", figures.add());
                print("values", args[0], n, "cpu", figures.cpu());
                print("values", args[0], n, "allocated", figures.allocated());
                print("values", args[0], n, "held", figures.held());
            }
        }
        for (ValueStarts kind : ValueStarts.values()) {
            if (kind.name().equals(args[0])) {
                double[] figures = kind.measure(n, keys, rounds);
                print("values.start", args[0], n, "ns", figures[0]);
                print("values.start", args[0], n, "bytes", figures[1]);
            }
        }
        System.exit(0);
    }

    private static void print(String workload, String who, int n, String metric, double value) {
        System.out.println(FIGURE + workload + ' ' + who + ' ' + n + ' ' + metric + ' ' + value);
    }

    /** All figures. */
    public static List<Row> measure(boolean quick) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (BatchPeer peer : BatchPeer.values()) {
            rows.addAll(measured(peer.name(), quick));
        }
        for (ValueStarts kind : ValueStarts.values()) {
            rows.addAll(measured(kind.name(), quick));
        }
        return rows;
    }

    private static List<Row> measured(String who, boolean quick) throws IOException, InterruptedException {
        System.out.println("\n# Values: " + who);
        Path output = Files.createTempFile("values", ".txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms2g",
                        "-Xmx2g",
                        "-XX:+AlwaysPreTouch",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ValuesRun.class.getName(),
                        who,
                        quick ? "quick" : "full")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                System.out.println("given up after " + LIMIT_SECONDS + " s: values " + who);
                return List.of();
            }
            List<Row> rows = new ArrayList<>();
            for (String line : Files.readAllLines(output, StandardCharsets.UTF_8)) {
                System.out.println(line);
                if (line.startsWith(FIGURE)) {
                    String[] parts = line.substring(FIGURE.length()).split(" ", -1);
                    rows.add(new Row(
                            parts[0], parts[1], Integer.parseInt(parts[2]), 1, parts[3], Double.parseDouble(parts[4])));
                }
            }
            if (rows.isEmpty()) {
                System.out.println("failed: values " + who);
            }
            return rows;
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}

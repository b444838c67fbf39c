package io.asyncslot.benchmarks.values;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Measures who gathers values by key, each in a JVM of its own, and writes {@code values.md}. */
public final class ValuesRun {

    private static final int KEYS = 10_000;
    private static final int VALUES = 1_000_000;
    private static final int ROUNDS = 9;
    private static final int QUICK_VALUES = 100_000;
    private static final int QUICK_KEYS = 1_000;
    private static final long LIMIT_SECONDS = 180;
    private static final String FIGURES = "figures";

    private ValuesRun() {}

    /**
     * Measures and writes.
     *
     * @param args directory of the report, and quick or full; or, in the process of one peer, its name and quick or full
     */
    public static void main(String[] args) throws Exception {
        boolean quick = args[1].equals("quick");
        int values = quick ? QUICK_VALUES : VALUES;
        int keys = quick ? QUICK_KEYS : KEYS;
        for (BatchPeer peer : BatchPeer.values()) {
            if (peer.name().equals(args[0])) {
                ValueBatches.Figures figures = new ValueBatches(peer, values, keys, quick ? 1 : ROUNDS).measure();
                System.out.printf(
                        Locale.ROOT,
                        "%s %.1f %.1f %.1f %.1f%n",
                        FIGURES,
                        figures.add(),
                        figures.cpu(),
                        figures.allocated(),
                        figures.held());
                System.exit(0);
            }
        }
        List<String> lines = new ArrayList<>(List.of(
                "# Values that gather by key",
                "",
                String.format(
                        Locale.ROOT,
                        "Measured by `benchmarks/run --only values`: one thread adds %,d values to %,d keys in turn, and the values"
                                + " of a key",
                        values,
                        keys),
                "are handed over together 500 ms after its first one. Each peer has a JVM of its own. Every value is handed over once,",
                "or the row fails. The value itself is not counted.",
                "",
                "| | add, ns | CPU of all threads, ns | allocated, bytes | held while pending, bytes |",
                "|---|---:|---:|---:|---:|"));
        for (BatchPeer peer : BatchPeer.values()) {
            String row = "| " + peer.title() + " | " + String.join(" | ", measured(peer, args[1])) + " |";
            System.out.println(row);
            lines.add(row);
        }
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "All per value. JDK %s, %d CPUs; medians of %d rounds.",
                Runtime.version().feature(),
                Runtime.getRuntime().availableProcessors(),
                quick ? 1 : ROUNDS));
        Path docs = Path.of(args[0]);
        Files.createDirectories(docs);
        Files.write(docs.resolve("values.md"), lines);
        System.out.println("report: " + docs.resolve("values.md"));
    }

    private static List<String> measured(BatchPeer peer, String length) throws IOException, InterruptedException {
        Path output = Files.createTempFile("values", ".txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms2g",
                        "-Xmx2g",
                        "-XX:+AlwaysPreTouch",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ValuesRun.class.getName(),
                        peer.name(),
                        length)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return List.of("over " + LIMIT_SECONDS + " s", "-", "-", "-");
            }
            List<String> said = Files.readAllLines(output, StandardCharsets.UTF_8);
            for (String line : said) {
                if (line.startsWith(FIGURES + " ")) {
                    return List.of(line.substring(FIGURES.length() + 1).split(" "));
                }
            }
            said.forEach(System.out::println);
            return List.of("failed", "-", "-", "-");
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}

package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.values.BatchPeer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** The page about values that gather by key, {@code values.md}. */
public final class ValuesPage {

    /** Its name in the directory of the report. */
    public static final String FILE = "values.md";

    private static final String BATCHES = "values";
    private static final String STARTS = "values.start";

    private ValuesPage() {}

    static void write(Results results, Path directory) throws IOException {
        Files.writeString(directory.resolve(FILE), markdown(results));
    }

    /** What values may cost. */
    static List<Target> targets(Results results) {
        List<Target> targets = new ArrayList<>();
        OptionalDouble ours = batches(results, BatchPeer.ASYNCSLOT, "cpu");
        for (BatchPeer peer : BatchPeer.values()) {
            if (peer != BatchPeer.ASYNCSLOT) {
                String what = "values: CPU of a value, " + peer.title() + " over COLLECT";
                targets.add(Target.atLeast("values", what, 1, divide(batches(results, peer, "cpu"), ours)));
                what = "values: time of the caller, " + peer.title() + " over COLLECT";
                targets.add(Target.atLeast(
                        "values",
                        what,
                        1,
                        divide(batches(results, peer, "add"), batches(results, BatchPeer.ASYNCSLOT, "add"))));
            }
        }
        OptionalDouble start = start(results, "NONE", "ns");
        OptionalDouble collect = start(results, "COLLECT", "ns");
        targets.add(Target.atMost(
                "values", "values: COLLECT over a start without a value", "ns", 60, minus(collect, start)));
        targets.add(Target.atMost(
                "values", "values: COLLECT, allocated per value", "B", 8, start(results, "COLLECT", "bytes")));
        targets.add(Target.atMost(
                "values",
                "values: LAST on a live key, allocated per value",
                "B",
                0.5,
                start(results, "LAST", "bytes")));
        return targets;
    }

    /** The page. */
    public static String markdown(Results results) {
        List<String> lines = new ArrayList<>(List.of(
                "# Values that gather by key",
                "",
                "Written by `benchmarks/run --only values` from `results.csv`; do not edit.",
                ""));
        String stamp = results.stamp(BATCHES, BatchPeer.ASYNCSLOT.name(), size(results), 1, "cpu");
        lines.add(stamp.isEmpty() ? "* Not measured yet." : "* Measured: commit " + stamp);
        results.facts().forEach(fact -> lines.add("* " + fact));
        lines.addAll(List.of("", "## Goals", "", "| | what | goal | measured | |", "|---|---|---|---|---|"));
        targets(results).forEach(target -> lines.add(target.row()));
        lines.addAll(List.of(
                "",
                "## Batches",
                "",
                "One thread adds %,d values to 1/100 as many keys in turn. The values of a key are handed over together"
                        .formatted(size(results)),
                "500 ms after its first one. Each peer has its own JVM. Every value is handed over exactly once, or the row",
                "fails. The value itself is not counted. All figures are per value, medians of all rounds; × is the peer's",
                "figure over AsyncSlot's.",
                "",
                "| | add, ns | × | CPU of all threads, ns | × | allocated, bytes | × | held while pending, bytes | × |",
                "|---|---:|---:|---:|---:|---:|---:|---:|---:|"));
        for (BatchPeer peer : BatchPeer.values()) {
            StringBuilder row = new StringBuilder("| " + peer.title() + " |");
            for (String metric : List.of("add", "cpu", "allocated", "held")) {
                OptionalDouble value = batches(results, peer, metric);
                row.append(' ').append(show(value)).append(" | ");
                OptionalDouble times = divide(value, batches(results, BatchPeer.ASYNCSLOT, metric));
                row.append(peer == BatchPeer.ASYNCSLOT ? "" : times.isEmpty() ? "–" : show(times) + "×")
                        .append(" |");
            }
            lines.add(row.toString());
        }
        lines.addAll(List.of(
                "",
                "## A start with a value",
                "",
                "The same number of starts on live keys, one thread: without a value, with one that replaces the one before",
                "(LAST), and with one that is added (COLLECT); nothing fires meanwhile. Bytes are those that all threads allocate, the value",
                "not counted.",
                "",
                "| | ns per start | bytes per start |",
                "|---|---:|---:|"));
        for (String kind : Arrays.asList("NONE", "LAST", "COLLECT")) {
            String title = kind.equals("NONE")
                    ? "`start(key, delay)`, a map without values"
                    : "`start(key, delay, value)`, " + kind;
            lines.add("| %s | %s | %s |"
                    .formatted(title, show(start(results, kind, "ns")), show(start(results, kind, "bytes"))));
        }
        return String.join("\n", lines) + "\n";
    }

    private static int size(Results results) {
        List<Integer> sizes = results.sizes(BATCHES, 1);
        return sizes.isEmpty() ? 0 : sizes.get(sizes.size() - 1);
    }

    private static OptionalDouble batches(Results results, BatchPeer peer, String metric) {
        return results.get(BATCHES, peer.name(), size(results), 1, metric);
    }

    private static OptionalDouble start(Results results, String kind, String metric) {
        return results.get(STARTS, kind, size(results), 1, metric);
    }

    private static OptionalDouble divide(OptionalDouble dividend, OptionalDouble divisor) {
        return dividend.isEmpty() || divisor.isEmpty() || divisor.getAsDouble() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(dividend.getAsDouble() / divisor.getAsDouble());
    }

    private static OptionalDouble minus(OptionalDouble from, OptionalDouble what) {
        return from.isEmpty() || what.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(from.getAsDouble() - what.getAsDouble());
    }

    private static String show(OptionalDouble value) {
        return value.isEmpty() ? "–" : Target.number(value.getAsDouble());
    }
}

package io.asyncslot.benchmarks.lab;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.peer.Peer;
import io.asyncslot.benchmarks.report.Results;
import io.asyncslot.benchmarks.report.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One lab measurement of one peer, in a JVM of its own. */
public final class Lab {

    /** The measurement of backends. */
    public static final String BACKEND = "backend";

    private final Map<String, Map<String, List<Double>>> found = new LinkedHashMap<>();

    private Lab() {}

    /**
     * Measures.
     *
     * @param args mass, late, late.1k, late.50k, late.busy, heap, heap.compact or backend; the peer or backend; full or
     *     quick; the file that gets every single figure
     */
    public static void main(String[] args) throws Exception {
        String kind = args[0];
        boolean quick = args[2].equals("quick");
        int n = quick ? 100_000 : 1_000_000;
        Lab lab = new Lab();
        Function<String, Findings> findings = lab::of;
        Path file = Path.of(args[3]);
        if (kind.equals(BACKEND)) {
            BackendLateness.measure(
                    Backend.valueOf(args[1]),
                    quick ? 500 : 4_000,
                    lab.of("backend.late"),
                    lab.of("backend.late.worker"),
                    lab.of("backend.idle"));
            lab.note(args[1], 0, file);
            System.exit(0);
        }
        Peer peer = Peer.valueOf(args[1]);
        switch (kind) {
            case "mass" -> MassExpiry.measure(peer, n, n * 2_000L, quick ? 1 : 3, findings);
            case "late", "late.1k", "late.50k", "late.busy" ->
                Lateness.measure(peer, kind, quick ? 300 : 2_000, findings);
            case "heap", "heap.compact" -> HeapPerTimer.measure(peer, n, lab.of(kind));
            default -> {
                n = 100_000;
                if (!kind.startsWith(Calls.PREFIX)) {
                    throw new IllegalArgumentException("no such lab: " + kind);
                }
                Calls.measure(kind.substring(Calls.PREFIX.length()), n, peer::open, lab.of(kind));
            }
        }
        lab.note(peer.name(), n, file);
        System.exit(0);
    }

    private void note(String who, int n, Path file) throws IOException {
        List<Row> rows = rows(who, n);
        rows.forEach(row -> System.out.println(row.toCsv()));
        Results.append(file, rows);
    }

    private Findings of(String workload) {
        Map<String, List<Double>> metrics = found.computeIfAbsent(workload, absent -> new LinkedHashMap<>());
        return (metric, value) ->
                metrics.computeIfAbsent(metric, absent -> new ArrayList<>()).add(value);
    }

    private List<Row> rows(String who, int n) {
        List<Row> rows = new ArrayList<>();
        found.forEach((workload, metrics) -> metrics.forEach((metric, values) -> {
            int timers = workload.startsWith("late") ? 0 : n;
            values.forEach(value -> rows.add(new Row(workload, who, timers, 1, metric, value)));
        }));
        return rows;
    }
}

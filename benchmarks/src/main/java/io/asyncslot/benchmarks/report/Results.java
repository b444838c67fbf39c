package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.peer.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** All figures of a run; of a figure measured again the last one counts. */
public final class Results {

    private static final String HEADER = "workload,peer,n,threads,metric,value";

    private record Name(String workload, String peer, int n, int threads, String metric) {}

    private final Map<Name, Double> values = new HashMap<>();

    /** Takes the figures. */
    public Results(Collection<Row> rows) {
        for (Row row : rows) {
            values.put(new Name(row.workload(), row.peer(), row.n(), row.threads(), row.metric()), row.value());
        }
    }

    /** Reads the file of results. */
    static Results read(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return new Results(lines.filter(line -> !line.equals(HEADER) && !line.isBlank())
                    .map(Row::ofCsv)
                    .toList());
        }
    }

    /** Adds figures to the file of results. */
    public static void append(Path file, Collection<Row> rows) throws IOException {
        if (!Files.exists(file)) {
            Files.writeString(file, HEADER + "\n");
        }
        List<String> lines = rows.stream().map(Row::toCsv).toList();
        Files.write(file, lines, StandardOpenOption.APPEND);
    }

    /** One figure, empty if it was not measured. */
    OptionalDouble get(String workload, Peer peer, int n, int threads, String metric) {
        return get(workload, peer.name(), n, threads, metric);
    }

    /** One figure, empty if it was not measured. */
    OptionalDouble get(String workload, String who, int n, int threads, String metric) {
        Double value = values.get(new Name(workload, who, n, threads, metric));
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The sizes that a workload was measured with, rising. */
    List<Integer> sizes(String workload, int threads) {
        return values.keySet().stream()
                .filter(name -> name.workload().equals(workload) && name.threads() == threads)
                .map(Name::n)
                .distinct()
                .sorted()
                .toList();
    }
}

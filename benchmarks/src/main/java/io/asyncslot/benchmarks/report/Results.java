package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.peer.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * All figures, of one run or of several; of a figure measured again the last one counts. The file begins with what is known
 * of the machine, a fact a line.
 */
public final class Results {

    /** The name of the file in the directory of the report. */
    public static final String FILE = "results.csv";

    private static final String HEADER = "workload,peer,n,threads,metric,value,commit,date";
    private static final String FACT = "# ";

    private record Name(String workload, String peer, int n, int threads, String metric) {
        static Name of(Row row) {
            return new Name(row.workload(), row.peer(), row.n(), row.threads(), row.metric());
        }
    }

    private final Map<Name, Row> rows = new HashMap<>();
    private final List<String> facts;

    /** Takes the figures, and facts about the machine. */
    public Results(Collection<Row> rows, List<String> facts) {
        this.facts = List.copyOf(facts);
        for (Row row : rows) {
            this.rows.put(Name.of(row), row);
        }
    }

    /** Reads a file of results; one that does not exist has none. */
    public static Results read(Path file) throws IOException {
        return new Results(
                rows(file),
                lines(file).stream()
                        .filter(line -> line.startsWith(FACT))
                        .map(line -> line.substring(FACT.length()))
                        .toList());
    }

    /** Every figure of a file, also those of one name. */
    static List<Row> rows(Path file) throws IOException {
        return lines(file).stream()
                .filter(line -> !line.startsWith(FACT) && !line.equals(HEADER) && !line.isBlank())
                .map(Row::ofCsv)
                .toList();
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** Adds figures at the end of a file of results. */
    public static void append(Path file, Collection<Row> rows) throws IOException {
        if (!Files.exists(file)) {
            Files.writeString(file, HEADER + "\n");
        }
        List<String> lines = rows.stream().map(Row::toCsv).toList();
        Files.write(file, lines, StandardOpenOption.APPEND);
    }

    /** Writes the file: facts, then figures in a fixed order, each once. */
    void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        facts.forEach(fact -> lines.add(FACT + fact));
        lines.add(HEADER);
        rows.values().stream()
                .sorted(Comparator.comparing(Row::workload)
                        .thenComparingInt(Row::threads)
                        .thenComparingInt(Row::n)
                        .thenComparing(Row::peer)
                        .thenComparing(Row::metric))
                .map(Row::toCsv)
                .forEach(lines::add);
        Files.write(file, lines);
    }

    /** These figures and later ones, with those facts. */
    Results and(Results later, List<String> others) {
        return new Results(
                Stream.concat(rows.values().stream(), later.rows.values().stream())
                        .toList(),
                others);
    }

    List<String> facts() {
        return facts;
    }

    /** One figure, empty if it was not measured. */
    OptionalDouble get(String workload, Peer peer, int n, int threads, String metric) {
        return get(workload, peer.name(), n, threads, metric);
    }

    /** One figure, empty if it was not measured. */
    OptionalDouble get(String workload, String who, int n, int threads, String metric) {
        Row row = rows.get(new Name(workload, who, n, threads, metric));
        return row == null ? OptionalDouble.empty() : OptionalDouble.of(row.value());
    }

    /** What was measured and when, such as "1a2b3c4 on 2026-11-29"; empty if it was not. */
    String stamp(String workload, String who, int n, int threads, String metric) {
        Row row = rows.get(new Name(workload, who, n, threads, metric));
        return row == null ? "" : row.commit() + " on " + row.date();
    }

    /** What was measured and when, of all figures. */
    List<String> stamps() {
        return rows.values().stream()
                .map(row -> row.commit() + " on " + row.date())
                .distinct()
                .sorted()
                .toList();
    }

    /** The sizes that a workload was measured with, rising. */
    List<Integer> sizes(String workload, int threads) {
        return rows.keySet().stream()
                .filter(name -> name.workload().equals(workload) && name.threads() == threads)
                .map(Name::n)
                .distinct()
                .sorted()
                .toList();
    }
}

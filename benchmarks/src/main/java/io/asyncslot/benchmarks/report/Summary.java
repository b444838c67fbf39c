package io.asyncslot.benchmarks.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sums up figures of one name that were measured several times. */
public final class Summary {

    /** What follows the name of a metric whose figure is the greatest of all runs. */
    public static final String WORST = ".worst";

    private static final List<String> COUNTS = List.of("early", "lost", "doubled", "left", "fired");

    private Summary() {}

    /** The median of all; of lateness and CPU the worst as well; counts of what must not happen add up. */
    static List<Row> of(Collection<Row> all) {
        Map<List<Object>, List<Row>> named = new LinkedHashMap<>();
        for (Row row : all) {
            named.computeIfAbsent(
                            List.of(row.workload(), row.peer(), row.n(), row.threads(), row.metric()),
                            absent -> new ArrayList<>())
                    .add(row);
        }
        List<Row> summary = new ArrayList<>();
        for (List<Row> same : named.values()) {
            Row first = same.get(0);
            double[] values = same.stream().mapToDouble(Row::value).toArray();
            if (COUNTS.contains(first.metric())) {
                summary.add(with(first, first.metric(), Arrays.stream(values).sum()));
            } else {
                summary.add(with(first, first.metric(), median(values)));
                summary.add(with(
                        first,
                        first.metric() + WORST,
                        Arrays.stream(values).max().orElseThrow()));
            }
        }
        return summary;
    }

    /** The median; of an even number of values it lies half-way between the two in the middle. */
    public static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int upper = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
    }

    private static Row with(Row row, String metric, double value) {
        return new Row(row.workload(), row.peer(), row.n(), row.threads(), metric, value, row.commit(), row.date());
    }
}

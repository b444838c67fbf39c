package io.asyncslot.benchmarks.report;

import java.util.Locale;

/**
 * One figure.
 *
 * @param workload what was done
 * @param peer who did it
 * @param n how many timers were pending; 0 where that says nothing
 * @param threads how many threads called
 * @param metric what was measured
 * @param value the figure, a median
 */
public record Row(String workload, String peer, int n, int threads, String metric, double value) {

    /** One line of the file of results. */
    public String toCsv() {
        return String.format(Locale.ROOT, "%s,%s,%d,%d,%s,%.3f", workload, peer, n, threads, metric, value);
    }

    /** Reads one line. */
    static Row ofCsv(String line) {
        String[] parts = line.split(",", -1);
        return new Row(
                parts[0],
                parts[1],
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]),
                parts[4],
                Double.parseDouble(parts[5]));
    }
}

package io.asyncslot.benchmarks.report;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * One figure.
 *
 * @param workload what was done
 * @param peer who did it
 * @param n how many timers were pending; 0 where that says nothing
 * @param threads how many threads called
 * @param metric what was measured
 * @param value the figure
 * @param commit what was measured, as Git abbreviates it; a "+" after it says that files had been changed since
 * @param date when, in UTC
 */
public record Row(
        String workload, String peer, int n, int threads, String metric, double value, String commit, String date) {

    /** The system property that names the commit which is measured. */
    public static final String COMMIT = "asyncslot.benchmarks.commit";

    /** A figure of today, of the commit that is measured. */
    public Row(String workload, String peer, int n, int threads, String metric, double value) {
        this(
                workload,
                peer,
                n,
                threads,
                metric,
                value,
                System.getProperty(COMMIT, "unknown"),
                LocalDate.now(ZoneOffset.UTC).toString());
    }

    /** One line of the file of results. */
    public String toCsv() {
        return String.format(
                Locale.ROOT, "%s,%s,%d,%d,%s,%.3f,%s,%s", workload, peer, n, threads, metric, value, commit, date);
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
                Double.parseDouble(parts[5]),
                parts[6],
                parts[7]);
    }
}

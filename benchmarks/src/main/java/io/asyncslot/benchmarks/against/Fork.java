package io.asyncslot.benchmarks.against;

import io.asyncslot.benchmarks.lab.Calls;
import io.asyncslot.benchmarks.peer.Fired;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import io.asyncslot.benchmarks.report.Summary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the JVM of one side does. */
final class Fork {

    /** What the line of figures begins with. */
    static final String FIGURES = "figures ";

    private Fork() {}

    static void measure(String kind, int n, Function<Fired, KeyedTimers> open) throws InterruptedException {
        Map<String, List<Double>> found = new LinkedHashMap<>();
        Calls.measure(
                kind,
                n,
                open,
                (metric, value) -> found.computeIfAbsent(metric, absent -> new ArrayList<>())
                        .add(value));
        StringBuilder line = new StringBuilder(FIGURES);
        found.forEach((metric, values) -> line.append(metric)
                .append('=')
                .append(Summary.median(
                        values.stream().mapToDouble(Double::doubleValue).toArray()))
                .append(' '));
        System.out.println(line);
        System.exit(0);
    }
}

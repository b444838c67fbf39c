package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.peer.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The plots of one run, by name. */
final class Plots {

    private record Plot(String title, BarChart chart) {}

    private final Results results;
    private final Map<String, Plot> plots = new LinkedHashMap<>();

    Plots(Results results) {
        this.results = results;
        throughput("rearm", "Re-arm a random pending key");
        throughput("fresh", "Fresh key: start, then delete immediately");
        lateness();
        mass();
        heap();
        plots.values().removeIf(plot -> plot.chart.isEmpty());
    }

    boolean has(String name) {
        return plots.containsKey(name);
    }

    String title(String name) {
        Plot plot = plots.get(name);
        return plot == null ? "" : plot.title;
    }

    void write(Path directory) throws IOException {
        for (Map.Entry<String, Plot> each : plots.entrySet()) {
            Files.writeString(
                    directory.resolve(each.getKey() + ".svg"),
                    each.getValue().chart.svg());
        }
    }

    private void throughput(String workload, String what) {
        List<Integer> sizes = results.sizes(workload, 1);
        if (!sizes.isEmpty()) {
            int n = sizes.contains(1_000_000) ? 1_000_000 : sizes.get(sizes.size() - 1);
            String title = "%s, %,d pending, one thread".formatted(what, n);
            BarChart chart = add(workload, title, "ns per operation", false, "wall", "CPU of the process");
            rows(chart, workload, n, "ns", "cpu");
        }
    }

    private void lateness() {
        String title = "Lateness at 1,000 timers a second";
        BarChart chart = add("lateness", title, "µs", true, "p50", "p99");
        rows(chart, "late.1k", 0, "p50", "p99");
    }

    private void mass() {
        List<Integer> sizes = results.sizes("mass.burst", 1);
        if (!sizes.isEmpty()) {
            int n = sizes.get(0);
            String title = "%,d keyed timers due at one instant: all fired after".formatted(n);
            rows(add("mass", title, "ms", false, "all fired after"), "mass.burst", n, "after");
        }
    }

    private void heap() {
        List<Integer> sizes = results.sizes("heap", 1);
        if (!sizes.isEmpty()) {
            int n = sizes.get(0);
            String title = "Heap per pending keyed timer, %,d pending, keys not counted".formatted(n);
            BarChart chart = add("heap", title, "bytes", false, "bytes");
            rows(chart, "heap", n, "bytes");
        }
    }

    private BarChart add(String name, String title, String unit, boolean logarithmic, String... series) {
        BarChart chart = new BarChart(title, unit, logarithmic, List.of(series));
        plots.put(name, new Plot(title, chart));
        return chart;
    }

    private void rows(BarChart chart, String workload, int n, String... metrics) {
        for (Peer peer : Peer.values()) {
            double[] values = new double[metrics.length];
            for (int i = 0; i < metrics.length; i++) {
                values[i] = results.get(workload, peer, n, 1, metrics[i]).orElse(Double.NaN);
            }
            if (Double.isFinite(values[0])) {
                chart.add(peer.title(), peer.ours(), values);
            }
        }
    }
}

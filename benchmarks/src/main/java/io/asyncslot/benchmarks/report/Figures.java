package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.peer.Peer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** The figures that the project's README quotes: a table and sentences, between two comments, all from the results. */
public final class Figures {

    /** The comment before them. */
    public static final String BEGIN = "<!-- figures: written by benchmarks/run -->";

    /** The comment after them. */
    public static final String END = "<!-- end of figures -->";

    private static final int MILLION = 1_000_000;

    private static final List<Peer> PEERS = List.of(Peer.STPE, Peer.SPRING, Peer.FJP, Peer.NETTY, Peer.PEKKO);

    private static final List<Figure> FIGURES = List.of(
            new Figure("re-arm, 1,000 keys", "rearm", 1_000, "ns", "ns"),
            new Figure("re-arm, a million keys", "rearm", MILLION, "ns", "ns"),
            new Figure("start and delete a fresh key, a million keys", "fresh", MILLION, "ns", "ns"),
            new Figure("heap of a pending key, a million keys", "heap", MILLION, "bytes", "B"),
            new Figure("50,000 firings a second: CPU", "late.50k", 0, "cores", "cores"),
            new Figure("50,000 firings a second: 99 % fire within", "late.50k", 0, "p99", "µs"),
            new Figure("the same, in the worst run", "late.50k", 0, "p99" + Summary.WORST, "µs"));

    private record Figure(String what, String workload, int n, String metric, String unit) {}

    private final Results results;
    private final List<String> lines = new ArrayList<>();
    private final List<String> ahead = new ArrayList<>();
    private final List<String> behind = new ArrayList<>();
    private final Map<String, Set<String>> stamps = new LinkedHashMap<>();

    private Figures(Results results) {
        this.results = results;
    }

    /** The text of README with its figures as the results have them. */
    public static String into(String readme, Results results) {
        int from = readme.indexOf(BEGIN);
        int to = readme.indexOf(END);
        if (from < 0 || to < from) {
            throw new IllegalArgumentException(
                    "README has no place for the figures: it needs the lines " + BEGIN + " and " + END);
        }
        return readme.substring(0, from) + BEGIN + "\n" + new Figures(results).text() + readme.substring(to);
    }

    private String text() {
        FIGURES.forEach(this::row);
        trigger();
        List<String> all = new ArrayList<>();
        all.add("| | default | plain | best peer |");
        all.add("|---|---|---|---|");
        all.addAll(lines);
        all.add("");
        if (!ahead.isEmpty()) {
            all.add("* The default is ahead: " + String.join("; ", ahead) + ".");
        }
        if (!behind.isEmpty()) {
            all.add("* A peer is ahead: " + String.join("; ", behind) + ".");
        }
        List<Target> targets = Targets.of(results);
        long measured =
                targets.stream().filter(each -> each.measured().isPresent()).count();
        long missed = targets.stream()
                .filter(each -> each.measured().isPresent() && !each.reached())
                .count();
        all.add(
                "* Of %d goals that were measured, %d were missed; [the report](docs/performance/README.md) lists each one."
                        .formatted(measured, missed));
        stamps.forEach((stamp, rows) -> all.add("* Measured at commit " + stamp + ": "
                + (stamps.size() == 1 ? "all rows" : String.join("; ", rows)) + "."));
        return String.join("\n", all) + "\n";
    }

    private void row(Figure figure) {
        OptionalDouble ours = value(figure, Peer.DEFAULT);
        OptionalDouble best = OptionalDouble.empty();
        String name = "";
        for (Peer peer : PEERS) {
            OptionalDouble value = value(figure, peer);
            if (value.isPresent() && value.getAsDouble() < best.orElse(Double.MAX_VALUE)) {
                best = value;
                name = peer.title().replace(" + map", "");
            }
        }
        boolean compared = ours.isPresent() && best.isPresent();
        boolean won = compared && ours.getAsDouble() <= best.getAsDouble();
        String peer = best.isEmpty() ? "not measured" : name + " " + show(best, figure.unit);
        lines.add("| %s | %s | %s | %s |"
                .formatted(
                        figure.what,
                        bold(won, show(ours, figure.unit)),
                        show(value(figure, Peer.PLAIN), figure.unit),
                        bold(compared && !won, peer)));
        if (compared) {
            compare(figure.what, name, ours.getAsDouble(), best.getAsDouble());
        }
        for (Peer each : List.of(Peer.DEFAULT, Peer.PLAIN, Peer.STPE)) {
            stamp(results.stamp(figure.workload, each.name(), figure.n, 1, figure.metric), figure.what);
        }
    }

    /** Beside the annotation of Spring that is nearest. */
    private void trigger() {
        String what = "a call of a method with `@StartSlot(key = \"#id\")`; best peer: a hit of `@Cacheable`";
        OptionalDouble ours = results.get("trigger.startById", "SPRING", 1_000, 1, "ns");
        OptionalDouble cached = results.get("trigger.cached", "SPRING", 1_000, 1, "ns");
        lines.add("| %s | %s | - | %s |".formatted(what, show(ours, "ns"), show(cached, "ns")));
        stamp(results.stamp("trigger.startById", "SPRING", 1_000, 1, "ns"), "`@StartSlot`");
    }

    private void compare(String what, String peer, double ours, double best) {
        if (ours <= best) {
            ahead.add(String.format(Locale.ROOT, "%s (%s takes %.2f times as much)", what, peer, best / ours));
        } else {
            behind.add(String.format(Locale.ROOT, "%s (%s takes %.0f %% of it)", what, peer, 100 * best / ours));
        }
    }

    private void stamp(String stamp, String what) {
        if (!stamp.isEmpty()) {
            stamps.computeIfAbsent(stamp, absent -> new LinkedHashSet<>()).add(what);
        }
    }

    private OptionalDouble value(Figure figure, Peer peer) {
        return results.get(figure.workload, peer, figure.n, 1, figure.metric);
    }

    private static String bold(boolean yes, String text) {
        return yes ? "**" + text + "**" : text;
    }

    private static String show(OptionalDouble value, String unit) {
        if (value.isEmpty()) {
            return "not measured";
        }
        String format = unit.equals("cores") ? "%.2f" : "%,.0f";
        return String.format(Locale.ROOT, format, value.getAsDouble()) + " " + unit;
    }
}

package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.peer.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Tables, plots and the judgement of one run, as Markdown. */
public final class Report {

    /** The report's name in its directory. */
    public static final String FILE = "README.md";

    private final Results results;
    private final Plots plots;
    private final StringBuilder text = new StringBuilder();

    /** A report of those figures. */
    public Report(Results results) {
        this.results = results;
        this.plots = new Plots(results);
    }

    /** Writes the report and its plots. */
    public void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        plots.write(directory);
        Files.writeString(directory.resolve(FILE), markdown());
        ValuesPage.write(results, directory);
    }

    /** The report's text. */
    public String markdown() {
        text.setLength(0);
        introduction();
        targets();
        throughput(
                "Re-arm a random pending key, one thread",
                "rearm",
                1,
                "One operation moves the deadline of a random pending key to 60 s from now.");
        plot("rearm");
        throughput("Re-arm a random pending key, two threads", "rearm", 2, "As above; time is that of each thread.");
        throughput(
                "Re-arm, varied delays",
                "rearm.varied",
                1,
                "Delays of 60 to 120 s at random, so that half of the new deadlines are the earlier ones.");
        throughput(
                "Re-arm, key objects not in the cache",
                "rearm.cold",
                1,
                "Elsewhere the key object has just been touched, as one that a request brought in.");
        throughput(
                "Re-arm by the same key object",
                "rearm.same",
                1,
                "Elsewhere the caller's key equals the one that the map holds, and is another object.");
        kept();
        throughput(
                "Fresh key: start, then delete immediately, one thread",
                "fresh",
                1,
                "A timeout that hardly ever happens.");
        plot("fresh");
        throughput("Fresh key: start, then delete immediately, two threads", "fresh", 2, "");
        throughput(
                "Fresh key, 256 others under way, one thread",
                "fifo",
                1,
                "Each operation starts one key and deletes the one that was started 256 operations before.");
        throughput("Fresh key, 256 others under way, two threads", "fifo", 2, "");
        batches();
        works();
        lateness();
        mass();
        heap();
        triggers();
        backends();
        method();
        return text.toString();
    }

    private void introduction() {
        line("# Performance");
        line("");
        line(
                "Written by `benchmarks/run` from `results.csv`; do not edit. The machine is shared with other work, and noisy:");
        line(
                "absolute figures hold for it alone, and within one table ratios are good to about a third. **The ratios are the");
        line("contract.** `×` is a row's figure over that of AsyncSlot's default: above 1, the default is ahead.");
        line("");
        line("* **default**: an application that sets no property, with history, callbacks on a pool of threads.");
        line("* **plain**: no history, callbacks on the timer thread.");
        line("");
        results.stamps().forEach(stamp -> line("- Measured: commit " + stamp));
        results.facts().forEach(fact -> line("- " + fact));
        line("");
    }

    private void targets() {
        List<Target> all = Targets.of(results);
        long measured = all.stream().filter(each -> each.measured().isPresent()).count();
        long reached = all.stream()
                .filter(each -> each.measured().isPresent() && each.reached())
                .count();
        heading("Targets", reached + " of " + measured + " that were measured are reached.");
        line("| # | what | target | measured | |");
        line("|---|---|---|---|---|");
        all.forEach(target -> line(target.row()));
        line("");
    }

    private void throughput(String title, String workload, int threads, String about) {
        List<Integer> sizes = results.sizes(workload, threads);
        if (sizes.isEmpty()) {
            return;
        }
        heading(title, about);
        line("Cells: median wall (best iteration) / CPU of the whole process, ns per operation; × of the wall.");
        line("");
        StringBuilder head = new StringBuilder("| |");
        StringBuilder rule = new StringBuilder("|---|");
        for (int n : sizes) {
            head.append(' ').append(count(n)).append(" pending | × |");
            rule.append("---|---|");
        }
        int most = sizes.contains(1_000_000) ? 1_000_000 : sizes.get(sizes.size() - 1);
        line(head + " × CPU, " + count(most) + " | B/op |");
        line(rule + "---|---|");
        for (Peer peer : Peer.values()) {
            if (sizes.stream()
                    .allMatch(n -> get(workload, peer, n, threads, "ns").isEmpty())) {
                continue;
            }
            StringBuilder row = new StringBuilder("| " + name(peer) + " |");
            for (int n : sizes) {
                row.append(' ').append(cell(workload, peer.name(), n, threads)).append(" | ");
                row.append(ratio(workload, peer, n, threads, "ns")).append(" |");
            }
            row.append(' ').append(ratio(workload, peer, most, threads, "cpu")).append(" | ");
            row.append(show(get(workload, peer, most, threads, "bytes"))).append(" |");
            line(row.toString());
        }
        line("");
    }

    private void kept() {
        if (results.sizes("kept", 1).isEmpty()) {
            return;
        }
        heading(
                "Kept key: start, then cancel",
                "The slot stays. Peers have no counterpart; the nearest is the fresh key.");
        line("| | pending | wall (best) / CPU, ns | B/op | best peer's fresh key over it |");
        line("|---|---|---|---|---|");
        for (int threads = 1; threads <= 2; threads++) {
            for (Peer peer : List.of(Peer.DEFAULT, Peer.PLAIN)) {
                for (int n : results.sizes("kept", threads)) {
                    OptionalDouble own = get("kept", peer, n, threads, "ns");
                    if (own.isEmpty()) {
                        continue;
                    }
                    OptionalDouble best = OptionalDouble.empty();
                    for (Peer other : Peer.values()) {
                        OptionalDouble value = get("fresh", other, n, threads, "ns");
                        if (!other.ours()
                                && other.threadSafe()
                                && value.isPresent()
                                && value.getAsDouble() < best.orElse(Double.MAX_VALUE)) {
                            best = value;
                        }
                    }
                    line("| %s, %d thread(s) | %s | %s | %s | %s |"
                            .formatted(
                                    name(peer),
                                    threads,
                                    count(n),
                                    cell("kept", peer.name(), n, threads),
                                    show(get("kept", peer, n, threads, "bytes")),
                                    times(best, own)));
                }
            }
        }
        line("");
    }

    private void batches() {
        if (results.sizes("batch.16", 1).isEmpty()
                && results.sizes("batch.256", 1).isEmpty()) {
            return;
        }
        heading("Re-arm by startAll", "Time is that of one key; × is the single call's time over it.");
        line("| | keys per call | pending | wall (best) / CPU, ns | × | B per key |");
        line("|---|---|---|---|---|---|");
        for (Peer peer : List.of(Peer.DEFAULT, Peer.PLAIN)) {
            for (String workload : List.of("batch.16", "batch.256")) {
                for (int n : results.sizes(workload, 1)) {
                    line("| %s | %s | %s | %s | %s | %s |"
                            .formatted(
                                    name(peer),
                                    workload.substring(6),
                                    count(n),
                                    cell(workload, peer.name(), n, 1),
                                    times(get("rearm", peer, n, 1, "ns"), get(workload, peer, n, 1, "ns")),
                                    show(get(workload, peer, n, 1, "bytes"))));
                }
            }
        }
        line("");
    }

    private void triggers() {
        int n = 1_000;
        if (results.sizes("trigger.startById", 1).isEmpty()) {
            return;
        }
        heading(
                "Triggers: calls of annotated methods",
                "A method that does nothing, by a proxy of its class; 1k slots are armed, one thread. The slots have the"
                        + " settings of an application\nthat sets nothing, history included. Transactions begin and commit"
                        + " nothing.");
        line("| | wall (best) / CPU, ns | B/op |");
        line("|---|---|---|");
        trigger("`start(key)` itself, without Spring", "plainStart", n);
        trigger("`@StartSlot(key = \"#id\")`", "startById", n);
        trigger("`@StartSlot(key = \"#cart.id\")`", "startByProperty", n);
        trigger("`@StartSlot(key = \"#cart.id.concat('')\")`: evaluated by Spring", "startByExpression", n);
        trigger("`@Cacheable(key = \"#id\")`, a hit", "cached", n);
        trigger("`@Transactional`", "emptyTransaction", n);
        trigger("`@Transactional @StartSlot(key = \"#id\")`", "startInTransaction", n);
        line("");
    }

    private void trigger(String what, String method, int n) {
        String workload = "trigger." + method;
        line("| %s | %s | %s |"
                .formatted(what, cell(workload, "SPRING", n, 1), show(results.get(workload, "SPRING", n, 1, "bytes"))));
    }

    private void backends() {
        int n = 256;
        if (results.sizes("backend.rearmLater", 1).isEmpty()) {
            return;
        }
        heading(
                "Backends",
                "The same slots on each backend, one thread, 256 keys armed. The kernel's are loaded by the measured process.");
        line("| | " + Arrays.stream(Backend.values()).map(Backend::title).collect(Collectors.joining(" | ")) + " |");
        line("|---|" + "---|".repeat(Backend.values().length));
        backends("re-arm to later: wall (best) / CPU, ns", who -> cell("backend.rearmLater", who, n, 1));
        backends("re-arm to earlier, alone", who -> cell("backend.rearmEarlier", who, n, 1));
        backends("re-arm to earlier, 256 in one call", who -> cell("backend.rearmEarlierTogether", who, n, 1));
        backends("start a new slot, alone", who -> cell("backend.startAlone", who, n, 1));
        backends("start new slots, 256 in one call", who -> cell("backend.startTogether", who, n, 1));
        backends("lateness of the callback, 1k/s: p50 / p99, µs", who -> lateness("backend.late", who));
        backends("the same on a worker", who -> lateness("backend.late.worker", who));
        backends("CPU with nothing to do, cores", who -> show(results.get("backend.idle", who, 0, 1, "cores")));
        line("");
    }

    private void backends(String what, Function<String, String> cell) {
        line("| " + what + " | "
                + Arrays.stream(Backend.values())
                        .map(backend -> cell.apply(backend.name()))
                        .collect(Collectors.joining(" | "))
                + " |");
    }

    private String lateness(String workload, String who) {
        return show(results.get(workload, who, 0, 1, "p50")) + " / " + show(results.get(workload, who, 0, 1, "p99"));
    }

    private void works() {
        if (results.sizes("submit.free", 1).isEmpty()
                && results.sizes("submit.held", 1).isEmpty()) {
            return;
        }
        heading(
                "Work slots: submit",
                "A random one of 1k keys, one worker thread. Free: it runs what comes. Held: it is"
                        + " busy, so that every submit\nmerges with the one that is pending. By hand: ConcurrentHashMap of futures,"
                        + " computeIfAbsent, an executor.");
        line("| | by hand: wall (best) / CPU, ns | B/op | work slots: wall (best) / CPU, ns | B/op | × wall | × CPU |");
        line("|---|---|---|---|---|---|---|");
        for (String worker : List.of("free", "held")) {
            for (int threads = 1; threads <= 2; threads++) {
                String workload = "submit." + worker;
                for (int n : results.sizes(workload, threads)) {
                    String hand = "FUTURE_MAP";
                    String ours = "WORK_SLOTS";
                    line("| %s, %d thread(s) | %s | %s | %s | %s | %s | %s |"
                            .formatted(
                                    worker,
                                    threads,
                                    cell(workload, hand, n, threads),
                                    show(results.get(workload, hand, n, threads, "bytes")),
                                    cell(workload, ours, n, threads),
                                    show(results.get(workload, ours, n, threads, "bytes")),
                                    times(
                                            results.get(workload, hand, n, threads, "ns"),
                                            results.get(workload, ours, n, threads, "ns")),
                                    times(
                                            results.get(workload, hand, n, threads, "cpu"),
                                            results.get(workload, ours, n, threads, "cpu"))));
                }
            }
        }
        line("");
    }

    private void lateness() {
        lateness("1,000 a second", "late.1k", "p50");
        lateness("50,000 a second", "late.50k", "p99");
        lateness("1,000 a second while all CPUs are busy", "late.busy", "p99");
        plot("lateness");
    }

    private void lateness(String title, String workload, String judged) {
        if (results.sizes(workload, 1).isEmpty()) {
            return;
        }
        heading(
                "Lateness at " + title,
                "Delays of 1 to 20 ms at a steady rate; taken where the callback begins; µs. The median of several runs, each in"
                        + " its own\nJVM, and in brackets the worst of them. × is of the median "
                        + judged
                        + ". CPU is cores, the producer included. Wrong:\nearly / lost / doubled, in all runs.");
        line("| | p50 | p99 | p99.9 | × | CPU | wrong |");
        line("|---|---|---|---|---|---|---|");
        for (Peer peer : Peer.values()) {
            if (get(workload, peer, 0, 1, "p50").isPresent()) {
                line("| %s | %s | %s | %s | %s | %s | %s |"
                        .formatted(
                                name(peer),
                                worst(workload, peer, "p50"),
                                worst(workload, peer, "p99"),
                                worst(workload, peer, "p99.9"),
                                ratio(workload, peer, 0, 1, judged),
                                worst(workload, peer, "cores"),
                                wrong(peer, 0, workload)));
            }
        }
        line("");
    }

    private String worst(String workload, Peer peer, String metric) {
        return show(get(workload, peer, 0, 1, metric)) + " (" + show(get(workload, peer, 0, 1, metric + Summary.WORST))
                + ")";
    }

    private void mass() {
        List<Integer> sizes = results.sizes("mass.spread", 1);
        for (int n : sizes) {
            OptionalDouble window = Arrays.stream(Peer.values())
                    .map(peer -> get("mass.spread", peer, n, 1, "window"))
                    .filter(OptionalDouble::isPresent)
                    .findFirst()
                    .orElse(OptionalDouble.empty());
            heading(
                    "Mass expiry of " + count(n) + " keyed timers",
                    "Deadlines evenly over " + show(window)
                            + " ms, then all at one instant. Medians of all rounds after the first,\nwhich is for the JIT compiler; in brackets the worst. Nothing of"
                            + " a key stays behind after it fired: left counts the slots that\ndid. Wrong: early / lost / doubled,"
                            + " all rounds together.");
            line("| | arming, ns each | × | last fired after, ms | p50 / p99 lateness, ms | CPU per firing, µs | × |"
                    + " one instant: all fired after, ms | × | CPU per firing, µs | left | wrong |");
            line("|---|---|---|---|---|---|---|---|---|---|---|---|");
            for (Peer peer : Peer.values()) {
                if (get("mass.spread", peer, n, 1, "arm").isEmpty()) {
                    continue;
                }
                line("| %s | %s | %s | %s | %s / %s (%s) | %s | %s | %s | %s | %s | %s | %s |"
                        .formatted(
                                name(peer),
                                show(get("mass.spread", peer, n, 1, "arm")),
                                ratio("mass.spread", peer, n, 1, "arm"),
                                show(get("mass.spread", peer, n, 1, "after")),
                                millis(get("mass.spread", peer, n, 1, "p50")),
                                millis(get("mass.spread", peer, n, 1, "p99")),
                                millis(get("mass.spread", peer, n, 1, "p99" + Summary.WORST)),
                                show(get("mass.spread", peer, n, 1, "cpu")),
                                ratio("mass.spread", peer, n, 1, "cpu"),
                                show(get("mass.burst", peer, n, 1, "after")),
                                ratio("mass.burst", peer, n, 1, "after"),
                                show(get("mass.burst", peer, n, 1, "cpu")),
                                show(get("mass.burst", peer, n, 1, "left")),
                                wrong(peer, n, "mass.spread", "mass.burst")));
            }
            line("");
        }
        if (!sizes.isEmpty()) {
            line("Agrona's wheel makes every tick as large as its fullest one; all at one instant would take 32 GB.");
            line("");
            plot("mass");
        }
    }

    private void heap() {
        List<Integer> sizes = results.sizes("heap", 1);
        for (int n : sizes) {
            heading("Heap per pending keyed timer, " + count(n) + " pending", "Bytes, keys not counted.");
            line("| | bytes | × | with compact object headers | × |");
            line("|---|---|---|---|---|");
            for (Peer peer : Peer.values()) {
                if (get("heap", peer, n, 1, "bytes").isPresent()) {
                    line("| %s | %s | %s | %s | %s |"
                            .formatted(
                                    name(peer),
                                    show(get("heap", peer, n, 1, "bytes")),
                                    ratio("heap", peer, n, 1, "bytes"),
                                    show(get("heap.compact", peer, n, 1, "bytes")),
                                    ratio("heap.compact", peer, n, 1, "bytes")));
                }
            }
            line("");
        }
        if (!sizes.isEmpty()) {
            plot("heap");
        }
    }

    private void method() {
        heading("How it was measured", "");
        line(
                "- Ours through the public API: `start(key, delay)`. Default: the beans of the auto-configuration, and a callback");
        line(
                "  of a bean. Plain: a registry made by hand. Nothing of a key stays after it fired, except where a key is kept.");
        line(
                "- The caller's key equals the key that is held, and is another object, except in the table for the same object.");
        line(
                "- Peers keyed as a Spring user would: `ConcurrentHashMap<Key, Future>`, put, cancel the old one; the cheapest");
        line(
                "  form, slightly racy. ScheduledThreadPoolExecutor and Spring's ThreadPoolTaskScheduler with 2 threads and");
        line("  remove-on-cancel; ForkJoinPool with parallelism 2; Netty's HashedWheelTimer and Pekko's");
        line("  LightArrayRevolverScheduler with ticks of 1 ms and 16384 buckets.");
        line(
                "- Agrona's DeadlineTimerWheel between two of its own hash maps serves one thread, has no wake-up and no hand-off,");
        line("  and is polled without pause: a floor, not a competitor.");
        line(
                "- Throughput by JMH, a JVM for each cell: 3 warm-up and 6 measured iterations of 250 ms, or two JVMs with 5 for the");
        line(
                "  figures that the project's README quotes; median of all. Labs: a JVM for each peer and run. CPU is that of the whole");
        line("  process, so that work left to other threads counts.");
        line("- A row that is missing, or `–`, was not measured.");
    }

    private void heading(String title, String about) {
        line("## " + title);
        line("");
        if (!about.isEmpty()) {
            line(about);
            line("");
        }
    }

    private void plot(String name) {
        if (plots.has(name)) {
            line("![" + plots.title(name) + "](" + name + ".svg)");
            line("");
        }
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private OptionalDouble get(String workload, Peer peer, int n, int threads, String metric) {
        return results.get(workload, peer, n, threads, metric);
    }

    private String cell(String workload, String who, int n, int threads) {
        OptionalDouble wall = results.get(workload, who, n, threads, "ns");
        return wall.isEmpty()
                ? "–"
                : show(wall) + " (" + show(results.get(workload, who, n, threads, "best")) + ") / "
                        + show(results.get(workload, who, n, threads, "cpu"));
    }

    private String ratio(String workload, Peer peer, int n, int threads, String metric) {
        return peer == Peer.DEFAULT
                ? ""
                : times(get(workload, peer, n, threads, metric), get(workload, Peer.DEFAULT, n, threads, metric));
    }

    private String wrong(Peer peer, int n, String... workloads) {
        StringBuilder all = new StringBuilder();
        for (String metric : List.of("early", "lost", "doubled")) {
            double sum = 0;
            for (String workload : workloads) {
                sum += get(workload, peer, n, 1, metric).orElse(0);
            }
            all.append(all.isEmpty() ? "" : " / ").append(Target.number(sum));
        }
        return all.toString();
    }

    private static String times(OptionalDouble theirs, OptionalDouble ours) {
        return theirs.isEmpty() || ours.isEmpty() || ours.getAsDouble() == 0
                ? "–"
                : Target.number(theirs.getAsDouble() / ours.getAsDouble()) + "×";
    }

    private static String millis(OptionalDouble micros) {
        return micros.isEmpty() ? "–" : String.format(Locale.ROOT, "%.3f", micros.getAsDouble() / 1e3);
    }

    private static String show(OptionalDouble value) {
        return value.isEmpty() ? "–" : Target.number(value.getAsDouble());
    }

    private static String name(Peer peer) {
        return peer.ours() ? "**" + peer.title() + "**" : peer.title();
    }

    private static String count(int n) {
        return n >= 1_000_000 ? n / 1_000_000 + "M" : n / 1_000 + "k";
    }
}

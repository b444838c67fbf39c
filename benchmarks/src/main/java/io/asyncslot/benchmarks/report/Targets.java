package io.asyncslot.benchmarks.report;

import static io.asyncslot.benchmarks.peer.Peer.DEFAULT;
import static io.asyncslot.benchmarks.peer.Peer.FJP;
import static io.asyncslot.benchmarks.peer.Peer.NETTY;
import static io.asyncslot.benchmarks.peer.Peer.PEKKO;
import static io.asyncslot.benchmarks.peer.Peer.PLAIN;
import static io.asyncslot.benchmarks.peer.Peer.PLAIN_MERGED;
import static io.asyncslot.benchmarks.peer.Peer.PLAIN_SPIN;
import static io.asyncslot.benchmarks.peer.Peer.PLAIN_WORKER;
import static io.asyncslot.benchmarks.peer.Peer.SPRING;
import static io.asyncslot.benchmarks.peer.Peer.STPE;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntFunction;

/** What the engine is to reach, judged by one run. */
final class Targets {

    private static final int THOUSAND = 1_000;
    private static final int HUNDRED_THOUSAND = 100_000;
    private static final int MILLION = 1_000_000;
    private static final int TEN_MILLION = 10_000_000;
    private static final String DEFAULTS = "default";
    private static final Peer[] THREAD_SAFE = {STPE, SPRING, FJP, NETTY, PEKKO};

    private final Results results;
    private final List<Target> targets = new ArrayList<>();

    private Targets(Results results) {
        this.results = results;
    }

    static List<Target> of(Results results) {
        Targets all = new Targets(results);
        all.byDefault();
        all.values();
        all.rearm();
        all.startAndEnd();
        all.memory();
        all.lateness();
        all.mass();
        all.triggers();
        all.kernel();
        all.stretch();
        return all.targets;
    }

    /** What the default is to reach, beside the plain form and the peers. */
    private void byDefault() {
        for (int n : List.of(THOUSAND, HUNDRED_THOUSAND, MILLION)) {
            overPlain("re-arm, %,d keys, 1 thread".formatted(n), n, 1);
        }
        most(DEFAULTS, "default: re-arm, 10,000,000 keys, 1 thread", "ns", 720, byDefault("rearm", TEN_MILLION, "ns"));
        overPlain("re-arm, 1,000,000 keys, 2 threads", MILLION, 2);
        overNetty("fresh key: start + delete", "fresh", "ns", 1);
        overNetty("fresh key: start + delete, CPU", "fresh", "cpu", 1);
        overNetty("fresh key, 256 under way", "fifo", "ns", 1.1);
        overNetty("fresh key, 256 under way, CPU", "fifo", "cpu", 1.3);
        most(DEFAULTS, "default: heap per pending key, 1M", "B", 90, byDefault("heap", MILLION, "bytes"));
        most(
                DEFAULTS,
                "default: allocation of a fresh key, worst N",
                "B",
                80,
                worst(n -> byDefault("fresh", n, "bytes")));
        most(DEFAULTS, "default: startAll of 256, 1M, per key", "ns", 150, byDefault("batch.256", MILLION, "ns"));
        most(DEFAULTS, "default: 1M over 2 s: p99", "µs", 300, byDefault("mass.spread", MILLION, "p99"));
        most(
                DEFAULTS,
                "default: 1M at one instant, over Netty, slots gone",
                "×",
                1.2,
                divide(byDefault("mass.burst", MILLION, "after"), best("mass.burst", MILLION, 1, "after", NETTY)));
        most(DEFAULTS, "default: slots left behind after firing", "", 0, byDefault("mass.burst", MILLION, "left"));
        most(DEFAULTS, "default: lateness, 50k/s: p99, median of the runs", "µs", 150, byDefault("late.50k", 0, "p99"));
        most(DEFAULTS, "default: CPU at 50k/s", "cores", 0.45, byDefault("late.50k", 0, "cores"));
        most(
                DEFAULTS,
                "default: lateness, 1k/s, all CPUs busy: p99, median of the runs",
                "µs",
                500,
                byDefault("late.busy", 0, "p99"));
        most(
                DEFAULTS,
                "default: lateness, 1k/s, all CPUs busy: p99, over STPE",
                "×",
                0.5,
                divide(byDefault("late.busy", 0, "p99"), best("late.busy", 0, 1, "p99", STPE)));
        most(DEFAULTS, "default: kept key start + cancel, worst N", "ns", 60, worst(n -> byDefault("kept", n, "ns")));
    }

    private void overPlain(String what, int n, int threads) {
        most(
                DEFAULTS,
                "default: " + what + ", over plain",
                "×",
                1.1,
                divide(results.get("rearm", DEFAULT, n, threads, "ns"), ours("rearm", n, threads, "ns")));
    }

    private void overNetty(String what, String workload, String metric, double bound) {
        most(
                DEFAULTS,
                "default: " + what + ", over Netty, worst N",
                "×",
                bound,
                worst(n -> divide(byDefault(workload, n, metric), best(workload, n, 1, metric, NETTY))));
    }

    private OptionalDouble byDefault(String workload, int n, String metric) {
        return results.get(workload, DEFAULT, n, 1, metric);
    }

    private void values() {
        targets.addAll(ValuesPage.targets(results));
    }

    private void rearm() {
        String what = "re-arm, 1M, 1 thread: ";
        ratio("1", what + "wall, best of Netty/Pekko over plain", 2.5, "rearm", MILLION, 1, "ns", NETTY, PEKKO);
        ratio("1", what + "CPU, best of Netty/Pekko over plain", 3, "rearm", MILLION, 1, "cpu", NETTY, PEKKO);
        ratio(
                "1",
                what + "wall, best of STPE/Spring/FJP over plain",
                5.5,
                "rearm",
                MILLION,
                1,
                "ns",
                STPE,
                SPRING,
                FJP);
        ratio("2", "re-arm, 1k, 1 thread: best peer over plain", 2, "rearm", THOUSAND, 1, "ns", THREAD_SAFE);
        ratio(
                "2",
                "re-arm, 100k, 1 thread: best peer over plain",
                3.5,
                "rearm",
                HUNDRED_THOUSAND,
                1,
                "ns",
                THREAD_SAFE);
        most("2", "re-arm, 1k, 1 thread", "ns", 45, ours("rearm", THOUSAND, 1, "ns"));
        what = "re-arm, 1M, 2 threads: ";
        ratio("3", what + "best peer over plain", 2, "rearm", MILLION, 2, "ns", THREAD_SAFE);
        ratio("3", what + "FJP over plain", 5, "rearm", MILLION, 2, "ns", FJP);
        ratio("3", what + "best of STPE/Spring over plain", 7, "rearm", MILLION, 2, "ns", STPE, SPRING);
        OptionalDouble slowdown = divide(ours("rearm", MILLION, 2, "ns"), ours("rearm", MILLION, 1, "ns"));
        most("3", what + "slower than with one by", "×", 1.25, slowdown);
        most("4", "re-arm by handle, 1M (the public API has no handle)", "ns", 200, OptionalDouble.empty());
    }

    private void startAndEnd() {
        most("5", "kept key start + cancel, worst N", "ns", 50, worst(n -> ours("kept", n, 1, "ns")));
        least(
                "5",
                "best peer's fresh key over a plain kept key, worst N",
                2,
                lowest(n -> divide(best("fresh", n, 1, "ns", THREAD_SAFE), ours("kept", n, 1, "ns"))));
        least(
                "5",
                "STPE's fresh key over a plain kept key, worst N",
                4.5,
                lowest(n -> divide(best("fresh", n, 1, "ns", STPE), ours("kept", n, 1, "ns"))));
        ratio("6", "fresh key, 1M: STPE over plain", 1.7, "fresh", MILLION, 1, "ns", STPE);
        ratio("6", "fresh key, 1M: Spring over plain", 2.3, "fresh", MILLION, 1, "ns", SPRING);
        ratio("6", "fresh key, 1M: FJP over plain", 1.2, "fresh", MILLION, 1, "ns", FJP);
        most(
                "6",
                "fresh key, 1M: plain over the best of Netty/Pekko, wall",
                "×",
                1.2,
                divide(ours("fresh", MILLION, 1, "ns"), best("fresh", MILLION, 1, "ns", NETTY, PEKKO)));
        most(
                "6",
                "fresh key, 1M: plain over the best of Netty/Pekko, CPU",
                "×",
                1,
                divide(ours("fresh", MILLION, 1, "cpu"), best("fresh", MILLION, 1, "cpu", NETTY, PEKKO)));
        most(
                "7",
                "fresh key, 256 under way: plain over Netty, wall, worst N",
                "×",
                1.1,
                worst(n -> divide(ours("fifo", n, 1, "ns"), best("fifo", n, 1, "ns", NETTY))));
        most(
                "7",
                "fresh key, 256 under way: plain over Netty, CPU, worst N",
                "×",
                1.1,
                worst(n -> divide(ours("fifo", n, 1, "cpu"), best("fifo", n, 1, "cpu", NETTY))));
    }

    private void memory() {
        most("8", "allocation of a re-arm, worst N", "B", 1, worst(n -> ours("rearm", n, 1, "bytes")));
        most(
                "8",
                "allocation of a kept key's start + cancel, worst N",
                "B",
                1,
                worst(n -> ours("kept", n, 1, "bytes")));
        most("8", "allocation of a fresh key, worst N", "B", 72, worst(n -> ours("fresh", n, 1, "bytes")));
        most("9", "heap per pending key, 1M", "B", 80, ours("heap", MILLION, 1, "bytes"));
        most("9", "heap per pending key, 1M, compact headers", "B", 70, ours("heap.compact", MILLION, 1, "bytes"));
        most(
                "9",
                "heap per pending key: plain over the best thread-safe peer",
                "×",
                0.7,
                divide(ours("heap", MILLION, 1, "bytes"), best("heap", MILLION, 1, "bytes", THREAD_SAFE)));
    }

    private void lateness() {
        most("10", "lateness, 1k/s: p50", "µs", 45, ours("late.1k", 0, 1, "p50"));
        most("10", "lateness, 1k/s: p99", "µs", 120, ours("late.1k", 0, 1, "p99"));
        ratio("10", "lateness, 1k/s: p50, best of STPE/FJP over plain", 2, "late.1k", 0, 1, "p50", STPE, FJP);
        most("10", "timers of ours that fired early, were lost or doubled, anywhere", "", 0, wrong());
        most("11", "lateness, 1k/s, spin 80 µs: p50", "µs", 5, late("late.1k", PLAIN_SPIN, "p50"));
        most("11", "lateness, 1k/s, spin 80 µs: p99", "µs", 60, late("late.1k", PLAIN_SPIN, "p99"));
        most("11", "lateness, 1k/s, on a worker: p50", "µs", 60, late("late.1k", PLAIN_WORKER, "p50"));
        most("11", "lateness, 1k/s, on a worker: p99", "µs", 200, late("late.1k", PLAIN_WORKER, "p99"));
        most("12", "lateness, 50k/s, wake interval 30 µs: p50", "µs", 30, late("late.50k", PLAIN_MERGED, "p50"));
        most("12", "lateness, 50k/s, wake interval 30 µs: p99", "µs", 85, late("late.50k", PLAIN_MERGED, "p99"));
        most("12", "CPU at 50k/s, wake interval 30 µs", "cores", 0.45, late("late.50k", PLAIN_MERGED, "cores"));
        most("13", "lateness, 1k/s, all CPUs busy: p99", "µs", 300, ours("late.busy", 0, 1, "p99"));
        ratio(
                "13",
                "lateness, all CPUs busy: p99, best of STPE/FJP over plain",
                5,
                "late.busy",
                0,
                1,
                "p99",
                STPE,
                FJP);
    }

    private void mass() {
        OptionalDouble after = ours("mass.spread", MILLION, 1, "after");
        OptionalDouble window = ours("mass.spread", MILLION, 1, "window");
        most(
                "14",
                "1M over 2 s: last one after its window",
                "ms",
                10,
                after.isPresent() ? OptionalDouble.of(after.getAsDouble() - window.orElse(0)) : after);
        most("14", "1M over 2 s: p99", "µs", 200, ours("mass.spread", MILLION, 1, "p99"));
        most(
                "14",
                "1M over 2 s: CPU per firing, wake interval 30 µs",
                "µs",
                1.3,
                results.get("mass.spread", PLAIN_MERGED, MILLION, 1, "cpu"));
        most("15", "1M at one instant: all fired after", "ms", 350, ours("mass.burst", MILLION, 1, "after"));
        ratio("15", "1M at one instant: STPE over plain", 2.5, "mass.burst", MILLION, 1, "after", STPE);
        most("16", "arming 1M fresh keys", "ns", 350, ours("mass.spread", MILLION, 1, "arm"));
        ratio("16", "arming 1M fresh keys: best peer over plain", 1, "mass.spread", MILLION, 1, "arm", THREAD_SAFE);
    }

    private void triggers() {
        most("trigger", "`@StartSlot(key = \"#id\")`", "ns", 150, trigger("startById"));
        most("trigger", "`@StartSlot(key = \"#cart.id\")`", "ns", 300, trigger("startByProperty"));
        OptionalDouble empty = trigger("emptyTransaction");
        OptionalDouble start = trigger("startInTransaction");
        most(
                "trigger",
                "`@StartSlot(key = \"#id\")` in a transaction, over an empty one",
                "ns",
                350,
                start.isPresent() && empty.isPresent()
                        ? OptionalDouble.of(start.getAsDouble() - empty.getAsDouble())
                        : OptionalDouble.empty());
    }

    private OptionalDouble trigger(String method) {
        return results.get("trigger." + method, "SPRING", THOUSAND, 1, "ns");
    }

    private void kernel() {
        most(
                "kernel",
                "kernel: re-arm to later, over the jvm's",
                "×",
                2,
                divide(kernel("rearmLater"), results.get("backend.rearmLater", Backend.JVM.name(), 256, 1, "ns")));
        most("kernel", "kernel: re-arm to earlier, alone", "ns", 3_000, kernel("rearmEarlier"));
        most("kernel", "kernel: re-arm to earlier, 256 in one call", "ns", 400, kernel("rearmEarlierTogether"));
        most("kernel", "kernel: start a new slot, alone", "ns", 3_000, kernel("startAlone"));
        most("kernel", "kernel: start new slots, 256 in one call", "ns", 400, kernel("startTogether"));
        most("kernel", "kernel: lateness of the callback, 1k/s: p50", "µs", 80, kernelLate("p50"));
        most(
                "kernel",
                "kernel: CPU with nothing to do",
                "cores",
                0.005,
                results.get("backend.idle", Backend.KERNEL.name(), 0, 1, "cores"));
    }

    private OptionalDouble kernel(String method) {
        return results.get("backend." + method, Backend.KERNEL.name(), 256, 1, "ns");
    }

    private OptionalDouble kernelLate(String metric) {
        return results.get("backend.late", Backend.KERNEL.name(), 0, 1, metric);
    }

    private void stretch() {
        ratio("stretch", "re-arm, 1M: best wheel over plain", 3, "rearm", MILLION, 1, "ns", NETTY, PEKKO);
        most("stretch", "startAll, batches of 256, 1M", "ns", 130, ours("batch.256", MILLION, 1, "ns"));
        least(
                "stretch",
                "fresh key: best peer over plain, worst N",
                1,
                lowest(n -> divide(best("fresh", n, 1, "ns", THREAD_SAFE), ours("fresh", n, 1, "ns"))));
        ratio("stretch", "1M at one instant: Netty over plain", 1, "mass.burst", MILLION, 1, "after", NETTY);
    }

    private void ratio(
            String number,
            String what,
            double bound,
            String workload,
            int n,
            int threads,
            String metric,
            Peer... peers) {
        least(
                number,
                what,
                bound,
                divide(best(workload, n, threads, metric, peers), ours(workload, n, threads, metric)));
    }

    private void least(String number, String what, double bound, OptionalDouble measured) {
        targets.add(Target.atLeast(number, what, bound, measured));
    }

    private void most(String number, String what, String unit, double bound, OptionalDouble measured) {
        targets.add(Target.atMost(number, what, unit, bound, measured));
    }

    private OptionalDouble ours(String workload, int n, int threads, String metric) {
        return results.get(workload, PLAIN, n, threads, metric);
    }

    private OptionalDouble late(String workload, Peer peer, String metric) {
        return results.get(workload, peer, 0, 1, metric);
    }

    /** The least figure of those peers; empty if one of them was not measured. */
    private OptionalDouble best(String workload, int n, int threads, String metric, Peer... peers) {
        double[] found = Arrays.stream(peers)
                .map(peer -> results.get(workload, peer, n, threads, metric))
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .toArray();
        return found.length < peers.length
                ? OptionalDouble.empty()
                : Arrays.stream(found).min();
    }

    /** Everything of ours that must not happen; empty if no lab ran. */
    private OptionalDouble wrong() {
        OptionalDouble sum = OptionalDouble.empty();
        for (String workload : List.of("late.1k", "late.50k", "late.busy", "mass.spread", "mass.burst")) {
            for (Peer peer : Arrays.stream(Peer.values()).filter(Peer::ours).toList()) {
                for (int n : List.of(0, MILLION)) {
                    for (String metric : List.of("early", "lost", "doubled")) {
                        OptionalDouble value = results.get(workload, peer, n, 1, metric);
                        if (value.isPresent()) {
                            sum = OptionalDouble.of(sum.orElse(0) + value.getAsDouble());
                        }
                    }
                }
            }
        }
        return sum;
    }

    private static OptionalDouble worst(IntFunction<OptionalDouble> figure) {
        double[] found = sizes(figure);
        return found.length < 3 ? OptionalDouble.empty() : Arrays.stream(found).max();
    }

    private static OptionalDouble lowest(IntFunction<OptionalDouble> figure) {
        double[] found = sizes(figure);
        return found.length < 3 ? OptionalDouble.empty() : Arrays.stream(found).min();
    }

    private static double[] sizes(IntFunction<OptionalDouble> figure) {
        return List.of(THOUSAND, HUNDRED_THOUSAND, MILLION).stream()
                .map(figure::apply)
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .toArray();
    }

    private static OptionalDouble divide(OptionalDouble dividend, OptionalDouble divisor) {
        return dividend.isEmpty() || divisor.isEmpty() || divisor.getAsDouble() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(dividend.getAsDouble() / divisor.getAsDouble());
    }
}

package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.benchmarks.jmh.BackendBenchmark;
import io.asyncslot.benchmarks.jmh.BatchBenchmark;
import io.asyncslot.benchmarks.jmh.FifoBenchmark;
import io.asyncslot.benchmarks.jmh.FreshKeyBenchmark;
import io.asyncslot.benchmarks.jmh.KeptKeyBenchmark;
import io.asyncslot.benchmarks.jmh.RearmBenchmark;
import io.asyncslot.benchmarks.jmh.SubmitBenchmark;
import io.asyncslot.benchmarks.jmh.TriggerBenchmark;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One JMH benchmark with the parameters that it is run with.
 *
 * @param workload its name in the results
 * @param benchmark its class
 * @param method its method; empty for all of the class
 * @param threads how many threads call
 * @param params values of each parameter
 */
record Suite(String workload, Class<?> benchmark, String method, int threads, Map<String, String[]> params) {

    private static final String[] SIZES = {"1000", "100000", "1000000"};
    private static final String[] ENDS = {"1000", "1000000"};
    private static final String[] MILLION = {"1000000"};
    private static final String[] TEN_MILLION = {"10000000"};
    private static final String[] OURS = {Peer.DEFAULT.name(), Peer.PLAIN.name()};

    private static final String[] WHEELS = {Peer.DEFAULT.name(), Peer.PLAIN.name(), Peer.NETTY.name(), Peer.PEKKO.name()
    };

    /** The methods that are measured beside each other, in the order of the report. */
    static final List<String> TRIGGERS = List.of(
            "plainStart",
            "startById",
            "startByProperty",
            "startByExpression",
            "cached",
            "emptyTransaction",
            "startInTransaction");

    private Suite(String workload, Class<?> benchmark, int threads, Map<String, String[]> params) {
        this(workload, benchmark, "", threads, params);
    }

    /** All of a full run. */
    static List<Suite> full() {
        return with(
                Stream.concat(triggers().stream(), backends().stream()).toList(),
                new Suite("rearm", RearmBenchmark.class, 1, timers(SIZES, peers(1))),
                new Suite("rearm", RearmBenchmark.class, 1, timers(TEN_MILLION, WHEELS)),
                new Suite("rearm", RearmBenchmark.class, 2, timers(MILLION, peers(2))),
                new Suite("rearm.varied", RearmBenchmark.class, 1, timers(MILLION, WHEELS)).with("delay", "varied"),
                new Suite("rearm.cold", RearmBenchmark.class, 1, timers(MILLION, WHEELS)).with("key", "cold"),
                new Suite("rearm.same", RearmBenchmark.class, 1, timers(MILLION, WHEELS)).with("key", "same"),
                kept(1, SIZES),
                kept(2, MILLION),
                new Suite("fresh", FreshKeyBenchmark.class, 1, timers(SIZES, peers(1))),
                new Suite("fresh", FreshKeyBenchmark.class, 2, timers(MILLION, peers(2))),
                new Suite("fifo", FifoBenchmark.class, 1, timers(SIZES, WHEELS)),
                new Suite("fifo", FifoBenchmark.class, 2, timers(MILLION, WHEELS)),
                batch("16", MILLION),
                batch("256", SIZES),
                submit("free", 1),
                submit("free", 2),
                submit("held", 1),
                submit("held", 2));
    }

    /** What the project's README quotes. */
    static List<Suite> readme() {
        return List.of(
                new Suite("rearm", RearmBenchmark.class, 1, timers(ENDS, peers(2))),
                new Suite("fresh", FreshKeyBenchmark.class, 1, timers(MILLION, peers(2))),
                trigger("startById"),
                trigger("cached"));
    }

    /** What the goals for the default are about. */
    static List<Suite> defaults() {
        return with(
                triggers(),
                new Suite("rearm", RearmBenchmark.class, 1, timers(SIZES, WHEELS)),
                new Suite("rearm", RearmBenchmark.class, 1, timers(TEN_MILLION, WHEELS)),
                new Suite("rearm", RearmBenchmark.class, 2, timers(MILLION, WHEELS)),
                kept(1, SIZES),
                new Suite("fresh", FreshKeyBenchmark.class, 1, timers(SIZES, WHEELS)),
                new Suite("fifo", FifoBenchmark.class, 1, timers(SIZES, WHEELS)),
                batch("256", MILLION));
    }

    /** A little of each, to see that all works. */
    static List<Suite> quick() {
        String[] few = {"1000"};
        return with(
                Stream.concat(triggers().stream(), backends().stream()).toList(),
                new Suite("rearm", RearmBenchmark.class, 1, timers(few, peers(1))),
                new Suite("rearm", RearmBenchmark.class, 2, timers(few, OURS[0], Peer.NETTY.name())),
                kept(1, few),
                new Suite("fresh", FreshKeyBenchmark.class, 1, timers(few, peers(1))),
                new Suite("fifo", FifoBenchmark.class, 1, timers(few, OURS[0], Peer.NETTY.name())),
                batch("16", few),
                submit("free", 1),
                submit("held", 2));
    }

    /** What each backend that can be measured here costs its callers. */
    private static List<Suite> backends() {
        String[] present = Arrays.stream(Backend.values())
                .filter(backend -> backend.missing().isEmpty())
                .map(Backend::name)
                .toArray(String[]::new);
        Map<String, String[]> params = Map.of("backend", present);
        return Stream.of("rearmLater", "rearmEarlier", "rearmEarlierTogether", "startAlone", "startTogether")
                .map(method -> new Suite("backend." + method, BackendBenchmark.class, method, 1, params))
                .toList();
    }

    /** What calls of methods with annotations cost. */
    static List<Suite> triggers() {
        return TRIGGERS.stream().map(Suite::trigger).toList();
    }

    private static Suite trigger(String method) {
        return new Suite("trigger." + method, TriggerBenchmark.class, method, 1, Map.of());
    }

    private static Suite kept(int threads, String[] sizes) {
        return new Suite("kept", KeptKeyBenchmark.class, threads, timers(sizes, OURS)).with("idle", "KEEP");
    }

    private static Suite batch(String keys, String[] sizes) {
        return new Suite("batch." + keys, BatchBenchmark.class, 1, timers(sizes, OURS)).with("batch", keys);
    }

    private static List<Suite> with(List<Suite> more, Suite... suites) {
        return Stream.concat(Arrays.stream(suites), more.stream()).toList();
    }

    /** Which JMH benchmarks it is. */
    String include() {
        return "^" + Pattern.quote(benchmark.getName()) + "\\." + (method.isEmpty() ? "" : method + "$");
    }

    /** How much heap it wants, in GiB. */
    int heap() {
        return Arrays.asList(params.getOrDefault("n", SIZES)).contains(TEN_MILLION[0]) ? 6 : 3;
    }

    /** Whether its invocations pause between the measured parts, so that less of them fit into a time. */
    boolean pauses() {
        return benchmark == BackendBenchmark.class && method.startsWith("start");
    }

    /** How a pattern finds it. */
    String title() {
        return workload + " " + threads + " thread" + (threads > 1 ? "s" : "");
    }

    private static Suite submit(String worker, int threads) {
        return new Suite("submit." + worker, SubmitBenchmark.class, threads, Map.of("worker", new String[] {worker}));
    }

    private static Map<String, String[]> timers(String[] sizes, String... peers) {
        Map<String, String[]> params = new LinkedHashMap<>();
        params.put("n", sizes);
        params.put("peer", peers);
        return params;
    }

    private Suite with(String name, String value) {
        Map<String, String[]> more = new LinkedHashMap<>(params);
        more.put(name, new String[] {value});
        return new Suite(workload, benchmark, method, threads, more);
    }

    private static String[] peers(int threads) {
        return Arrays.stream(Peer.values())
                .filter(peer -> !peer.differsInFiring() && peer.available())
                .filter(peer -> threads == 1 || peer.threadSafe())
                .map(Peer::name)
                .toArray(String[]::new);
    }
}

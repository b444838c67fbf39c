package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.lab.Calls;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run measures.
 *
 * @param suites by JMH
 * @param forks how many JVMs each JMH measurement gets, one after the other
 * @param labs what is no loop
 * @param values whether values that gather by key are measured
 * @param backends whether the backends' lateness is measured
 */
record Plan(List<Suite> suites, int forks, List<Lab> labs, boolean values, boolean backends) {

    /** What {@link Guard} compares, and how often: in turns, so that a disturbance meets both. */
    private static final int GUARD_RUNS = 5;

    private static final List<Peer> ESSENTIAL = List.of(Peer.DEFAULT, Peer.PLAIN, Peer.NETTY, Peer.PEKKO);

    /** Whose lateness is judged, and therefore measured several times. */
    private static final List<Peer> JUDGED = List.of(Peer.DEFAULT, Peer.PLAIN, Peer.STPE, Peer.FJP, Peer.NETTY).stream()
            .filter(Peer::available)
            .toList();

    /**
     * A lab measurement.
     *
     * @param kind its kind
     * @param peers who is measured, in turns
     * @param runs how often, each in a JVM of its own
     */
    record Lab(String kind, List<Peer> peers, int runs) {}

    /** What {@code --only} names. */
    static Plan of(String only, boolean quick) {
        List<Suite> loops = quick ? Suite.quick() : Suite.full();
        return switch (only) {
            case "" -> new Plan(loops, 1, labs(quick), false, true);
            case "jmh" -> new Plan(loops, 1, List.of(), false, false);
            case "triggers" -> new Plan(Suite.triggers(), 1, List.of(), false, false);
            case "lab" -> new Plan(List.of(), 1, labs(quick), false, true);
            case "values" -> new Plan(List.of(), 1, List.of(), true, false);
            case "guard" -> new Plan(List.of(), 1, guard(GUARD_RUNS), false, false);
            case "readme" -> new Plan(Suite.readme(), quick ? 1 : 2, readme(quick ? 1 : 3), false, false);
            case "issue18" -> new Plan(Suite.defaults(), 1, defaults(quick ? 1 : 5), false, false);
            case "report" -> new Plan(List.of(), 1, List.of(), false, false);
            default ->
                throw new IllegalArgumentException("--only " + only + ": not one of jmh, triggers, lab, values, guard,"
                        + " readme, issue18, cluster, report");
        };
    }

    private static List<Lab> labs(boolean quick) {
        List<Peer> others =
                all().stream().filter(peer -> !JUDGED.contains(peer)).toList();
        return List.of(
                new Lab("late", JUDGED, quick ? 1 : 3),
                new Lab("late", others, 1),
                new Lab(
                        "mass",
                        all().stream()
                                .filter(peer -> !peer.differsInFiring() || peer == Peer.PLAIN_MERGED)
                                .toList(),
                        1),
                new Lab("heap", throughput(), 1),
                new Lab("heap.compact", ESSENTIAL, 1));
    }

    private static List<Lab> readme(int runs) {
        List<Peer> peers = throughput().stream().filter(Peer::threadSafe).toList();
        return both(
                List.of(new Lab("heap", peers, 1), new Lab("late.50k", JUDGED, runs)),
                guard(runs == 1 ? 1 : GUARD_RUNS));
    }

    private static List<Lab> defaults(int runs) {
        List<Peer> peers = List.of(Peer.DEFAULT, Peer.PLAIN, Peer.STPE);
        return List.of(
                new Lab("heap", ESSENTIAL, 1),
                new Lab("late.50k", peers, runs),
                new Lab("late.busy", peers, runs),
                new Lab("mass", List.of(Peer.DEFAULT, Peer.PLAIN, Peer.NETTY), 1));
    }

    private static List<Lab> guard(int runs) {
        return Guard.WATCHED.stream()
                .map(watched -> new Lab(Calls.PREFIX + watched.kind(), List.of(Peer.DEFAULT, watched.peer()), runs))
                .toList();
    }

    private static List<Lab> both(List<Lab> some, List<Lab> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    private static List<Peer> all() {
        return Arrays.stream(Peer.values()).filter(Peer::available).toList();
    }

    private static List<Peer> throughput() {
        return all().stream().filter(peer -> !peer.differsInFiring()).toList();
    }
}

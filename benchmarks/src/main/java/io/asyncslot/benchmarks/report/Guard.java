package io.asyncslot.benchmarks.report;

import io.asyncslot.benchmarks.lab.Calls;
import io.asyncslot.benchmarks.peer.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Watches that the default does not become slower: its CPU time over that of a peer, both measured in the same run, in turns,
 * in several JVMs each, compared with the same ratio as it was committed. CPU time, since others may use the machine; medians
 * of all rounds of all JVMs; nothing is measured again.
 */
public final class Guard {

    /** By how much a ratio may exceed the committed one. */
    static final double MARGIN = 1.3;

    private static final String METRIC = "cpu";
    private static final int N = 100_000;

    /**
     * The operations that are watched, each with the peer whose cost is the most even. Not firing: 100,000 firings of Netty take four
     * ticks of the clock that counts a process's time, too few to tell 1.3 from 1.
     */
    static final List<Watched> WATCHED = List.of(new Watched("rearm", Peer.STPE), new Watched("fresh", Peer.NETTY));

    /**
     * An operation.
     *
     * @param kind its name
     * @param peer who is measured with it
     */
    record Watched(String kind, Peer peer) {
        OptionalDouble ratio(Results results) {
            OptionalDouble ours = results.get(Calls.PREFIX + kind, Peer.DEFAULT, N, 1, METRIC);
            OptionalDouble theirs = results.get(Calls.PREFIX + kind, peer, N, 1, METRIC);
            return ours.isEmpty() || theirs.isEmpty() || theirs.getAsDouble() == 0
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(ours.getAsDouble() / theirs.getAsDouble());
        }
    }

    private final List<String> lines = new ArrayList<>();
    private boolean passed = true;

    /** Compares a run with the committed figures. */
    public Guard(Results committed, Results present) {
        for (Watched each : WATCHED) {
            OptionalDouble before = each.ratio(committed);
            OptionalDouble now = each.ratio(present);
            String what = "guard: CPU of " + each.kind + ", default over " + each.peer.title() + ": ";
            if (before.isEmpty() || now.isEmpty()) {
                passed = false;
                lines.add(what
                        + (now.isEmpty()
                                ? "was not measured"
                                : "no committed figure; run benchmarks/run --only"
                                        + " guard on a quiet machine and commit docs/performance"));
                continue;
            }
            double most = MARGIN * before.getAsDouble();
            boolean holds = now.getAsDouble() <= most;
            passed &= holds;
            lines.add(what
                    + "%s, committed %s, at most %s: %s"
                            .formatted(
                                    Target.number(now.getAsDouble()),
                                    Target.number(before.getAsDouble()),
                                    Target.number(most),
                                    holds ? "holds" : "SLOWER"));
        }
    }

    /** What it found, a line for each operation. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** Tells whether nothing became slower. */
    public boolean passed() {
        return passed;
    }
}

package io.asyncslot.jcstress;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.openjdk.jcstress.annotations.Expect;

/** What was seen of one test, over all its runs. Not thread-safe. */
final class Race {

    private static final String TWIN = ".Weakened";

    private final String name;
    private final Map<Expect, Long> samples = new TreeMap<>();
    private final Map<String, Long> outcomes = new TreeMap<>();
    private final Set<String> listed = new TreeSet<>();
    private String broken = "";

    Race(String name) {
        this.name = name;
    }

    /** Adds samples of one outcome, perhaps none. */
    void saw(String outcome, Expect expect, long count) {
        if (expect == Expect.ACCEPTABLE) {
            listed.add(outcome);
        }
        if (count > 0) {
            samples.merge(expect, count, Long::sum);
            outcomes.merge(outcome + (expect == Expect.ACCEPTABLE ? "" : " !"), count, Long::sum);
        }
    }

    /** Notes that a run ended otherwise than by running to its end. */
    void broke(String how) {
        broken = how;
    }

    String name() {
        return name;
    }

    boolean isTwin() {
        return name.endsWith(TWIN);
    }

    long samples() {
        return samples.values().stream().mapToLong(Long::longValue).sum();
    }

    long samples(Expect expect) {
        return samples.getOrDefault(expect, 0L);
    }

    Map<String, Long> outcomes() {
        return outcomes;
    }

    /** Whether more samples may help: it ran well, but has not shown yet what it is there to show. */
    boolean isSilent() {
        return broken.isEmpty()
                && samples() > 0
                && samples(Expect.FORBIDDEN) == 0
                && bad() == 0
                && (isTwin() || isOneSided());
    }

    private boolean isOneSided() {
        return listed.size() > 1 && outcomes.size() < 2;
    }

    /** Empty when all is well, else what is wrong. */
    String complaint() {
        if (!broken.isEmpty()) {
            return broken;
        }
        if (samples() == 0) {
            return "no samples";
        }
        if (samples(Expect.FORBIDDEN) > 0) {
            return "forbidden outcome";
        }
        if (isTwin()) {
            return bad() == 0 ? "the twin did not show its forbidden outcome" : "";
        }
        if (bad() > 0) {
            return "an outcome that only a twin may show";
        }
        return isOneSided() ? "the race was not reached: one outcome only" : "";
    }

    private long bad() {
        return samples(Expect.ACCEPTABLE_INTERESTING);
    }
}

package io.asyncslot.core;

import org.jetbrains.lincheck.datastructures.Options;

/**
 * How much Lincheck does: a little in each build, much with {@code -Dlincheck=full}.
 *
 * @param iterations scenarios
 * @param invocations runs of each
 */
record LincheckSize(int iterations, int invocations) {

    private static final int THREADS = 3;
    private static final int ACTORS = 3;

    /** For one slot, whose operations are a few steps each. */
    static LincheckSize ofSlot() {
        return isFull() ? new LincheckSize(200, 5_000) : new LincheckSize(8, 500);
    }

    /** For a map, whose operations are some hundred steps each. */
    static LincheckSize ofMap() {
        return isFull() ? new LincheckSize(60, 2_000) : new LincheckSize(3, 200);
    }

    private static boolean isFull() {
        return "full".equals(System.getProperty("lincheck"));
    }

    <O extends Options<O, ?>> O apply(O options) {
        return options.iterations(iterations)
                .invocationsPerIteration(invocations)
                .threads(THREADS)
                .actorsPerThread(ACTORS)
                .actorsBefore(2)
                .actorsAfter(2)
                .minimizeFailedScenario(false);
    }
}

package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two callbacks cancel and await each other: one refuses, or one finds the other not begun yet. */
public final class MapMutualCancel {

    private MapMutualCancel() {}

    /** A real timer map with two slots in the hands of the executor. */
    @JCStressTest
    @Outcome(id = "CANCELLED, no run", expect = ACCEPTABLE, desc = "The first prevents the second.")
    @Outcome(id = "no run, CANCELLED", expect = ACCEPTABLE, desc = "The second prevents the first.")
    @Outcome(
            id = "WOULD_DEADLOCK, NOT_ARMED",
            expect = ACCEPTABLE,
            desc = "The first refuses, the second has awaited it.")
    @Outcome(
            id = "NOT_ARMED, WOULD_DEADLOCK",
            expect = ACCEPTABLE,
            desc = "The second refuses, the first has awaited it.")
    @Outcome(id = "WOULD_DEADLOCK, WOULD_DEADLOCK", expect = ACCEPTABLE, desc = "Both refuse.")
    @Outcome(expect = FORBIDDEN, desc = "They wait for each other.")
    @State
    public static class Real {
        private final TwoRuns runs = new TwoRuns();

        @Actor
        public void first(LL_Result r) {
            r.r1 = runs.run(0);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = runs.run(1);
        }
    }

    /** The order swapped: each looks whether it is awaited, then announces itself. */
    @JCStressTest
    @Outcome(id = "CANCELLED, no run", expect = ACCEPTABLE, desc = "The first prevents the second.")
    @Outcome(id = "no run, CANCELLED", expect = ACCEPTABLE, desc = "The second prevents the first.")
    @Outcome(
            id = "WOULD_DEADLOCK, NOT_ARMED",
            expect = ACCEPTABLE,
            desc = "The first refuses, the second has awaited it.")
    @Outcome(
            id = "NOT_ARMED, WOULD_DEADLOCK",
            expect = ACCEPTABLE,
            desc = "The second refuses, the first has awaited it.")
    @Outcome(id = "WOULD_DEADLOCK, WOULD_DEADLOCK", expect = ACCEPTABLE, desc = "Both refuse.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "They wait for each other.")
    @State
    public static class Weakened {
        private final WeakRuns runs = new WeakRuns();

        @Actor
        public void first(LL_Result r) {
            r.r1 = runs.run(0);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = runs.run(1);
        }
    }
}

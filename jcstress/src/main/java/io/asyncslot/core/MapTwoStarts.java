package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** Two starts of a new key: one makes the slot, the other re-arms it. */
public final class MapTwoStarts {

    private MapTwoStarts() {}

    /** A real timer map. */
    @JCStressTest
    @Outcome(id = "STARTED, REARMED, armed 2 60000000", expect = ACCEPTABLE, desc = "The first made it.")
    @Outcome(id = "REARMED, STARTED, armed 2 60000000", expect = ACCEPTABLE, desc = "The second made it.")
    @Outcome(expect = FORBIDDEN, desc = "Two incarnations of one key: one of them is lost.")
    @State
    public static class Real {
        private final OneMap map = new OneMap();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = map.start();
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = map.start();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.look();
        }
    }

    /** Looks whether there is one, then makes one: not in one step. */
    @JCStressTest
    @Outcome(id = "STARTED, REARMED, armed 2 60000000", expect = ACCEPTABLE, desc = "The first made it.")
    @Outcome(id = "REARMED, STARTED, armed 2 60000000", expect = ACCEPTABLE, desc = "The second made it.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Two incarnations of one key: one of them is lost.")
    @State
    public static class Weakened {
        private final WeakMap map = new WeakMap();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = map.startInTwoSteps();
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = map.startInTwoSteps();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.look();
        }
    }
}

package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two deletes of one incarnation: one of them owns the reference of the map afterwards. */
public final class TwoDeletes {

    private TwoDeletes() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "ARMED, ALREADY", expect = ACCEPTABLE, desc = "The first won.")
    @Outcome(id = "ALREADY, ARMED", expect = ACCEPTABLE, desc = "The second won.")
    @Outcome(expect = FORBIDDEN, desc = "Both would release the reference of the map, or neither.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.free();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "ARMED, ALREADY", expect = ACCEPTABLE, desc = "The first won.")
    @Outcome(id = "ALREADY, ARMED", expect = ACCEPTABLE, desc = "The second won.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Both would release the reference of the map, or neither.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.free();
        }
    }
}

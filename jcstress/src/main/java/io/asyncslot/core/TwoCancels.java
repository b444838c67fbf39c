package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two cancels of one pending run: one of them cancelled it. */
public final class TwoCancels {

    private TwoCancels() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "CANCELLED, NOT_ARMED", expect = ACCEPTABLE, desc = "The first won.")
    @Outcome(id = "NOT_ARMED, CANCELLED", expect = ACCEPTABLE, desc = "The second won.")
    @Outcome(expect = FORBIDDEN, desc = "Both claim it, or neither does.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.disarm();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.disarm();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "CANCELLED, NOT_ARMED", expect = ACCEPTABLE, desc = "The first won.")
    @Outcome(id = "NOT_ARMED, CANCELLED", expect = ACCEPTABLE, desc = "The second won.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Both claim it, or neither does.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.disarm();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.disarm();
        }
    }
}

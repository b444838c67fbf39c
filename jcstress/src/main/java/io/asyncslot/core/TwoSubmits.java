package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two submits of an idle slot: one arming, the other coalesces with it. */
public final class TwoSubmits {

    private TwoSubmits() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "SUBMITTED, COALESCED", expect = ACCEPTABLE, desc = "The first armed it.")
    @Outcome(id = "COALESCED, SUBMITTED", expect = ACCEPTABLE, desc = "The second armed it.")
    @Outcome(expect = FORBIDDEN, desc = "Both would hand it over, or neither.")
    @State
    public static class Real {
        private final Word word = Word.idle();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.armIfIdle(Word.DUE);
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.armIfIdle(Word.DUE);
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "SUBMITTED, COALESCED", expect = ACCEPTABLE, desc = "The first armed it.")
    @Outcome(id = "COALESCED, SUBMITTED", expect = ACCEPTABLE, desc = "The second armed it.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Both would hand it over, or neither.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.idle();

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.armIfIdle(Word.DUE);
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.armIfIdle(Word.DUE);
        }
    }
}

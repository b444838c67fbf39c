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

/** A re-arm to a later deadline and the beginning of the run it replaces: one arming, one run. */
public final class RearmAgainstFire {

    private RearmAgainstFire() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(
            id = "REARMED, NOT_DUE, A1000--",
            expect = ACCEPTABLE,
            desc = "Replaced in time: the run waits for the new deadline.")
    @Outcome(
            id = "STARTED, BEGUN, A1000R-",
            expect = ACCEPTABLE,
            desc = "Too late: the run goes on, and a second one is pending.")
    @Outcome(expect = FORBIDDEN, desc = "The replaced run began all the same, or the new one is lost.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void rearm(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void fire(LLL_Result r) {
            r.r2 = word.fire();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.flags();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(
            id = "REARMED, NOT_DUE, A1000--",
            expect = ACCEPTABLE,
            desc = "Replaced in time: the run waits for the new deadline.")
    @Outcome(
            id = "STARTED, BEGUN, A1000R-",
            expect = ACCEPTABLE,
            desc = "Too late: the run goes on, and a second one is pending.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The replaced run began all the same, or the new one is lost.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void rearm(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void fire(LLL_Result r) {
            r.r2 = word.fire();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.flags();
        }
    }
}

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

/** Two starts: each takes a generation of its own. */
public final class GenerationOfTwoStarts {

    private GenerationOfTwoStarts() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "STARTED, REARMED, 3", expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(id = "REARMED, STARTED, 3", expect = ACCEPTABLE, desc = "The other way round.")
    @Outcome(expect = FORBIDDEN, desc = "A generation was given twice, or left out.")
    @State
    public static class Real {
        private final Word word = Word.idle();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.generation();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "STARTED, REARMED, 3", expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(id = "REARMED, STARTED, 3", expect = ACCEPTABLE, desc = "The other way round.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A generation was given twice, or left out.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.idle();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.generation();
        }
    }
}

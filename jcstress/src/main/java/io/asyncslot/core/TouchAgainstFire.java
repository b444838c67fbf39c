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

/** A touch and the beginning of the run it is about: a moved run does not begin at its old deadline. */
public final class TouchAgainstFire {

    private TouchAgainstFire() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "MOVED, NOT_DUE, A1000--", expect = ACCEPTABLE, desc = "Moved in time.")
    @Outcome(id = "NOT_ARMED, BEGUN, -R-", expect = ACCEPTABLE, desc = "Too late: nothing is pending.")
    @Outcome(expect = FORBIDDEN, desc = "Moved and begun, or revived.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void touch(LLL_Result r) {
            r.r1 = word.move(Word.FAR);
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
    @Outcome(id = "MOVED, NOT_DUE, A1000--", expect = ACCEPTABLE, desc = "Moved in time.")
    @Outcome(id = "NOT_ARMED, BEGUN, -R-", expect = ACCEPTABLE, desc = "Too late: nothing is pending.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Moved and begun, or revived.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void touch(LLL_Result r) {
            r.r1 = word.move(Word.FAR);
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

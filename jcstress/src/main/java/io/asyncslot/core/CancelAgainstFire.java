package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A cancel and the beginning of the run it is about: exactly one of them wins. */
public final class CancelAgainstFire {

    private CancelAgainstFire() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "CANCELLED, NOT_ARMED", expect = ACCEPTABLE, desc = "Cancelled: no run.")
    @Outcome(id = "RUNNING, BEGUN", expect = ACCEPTABLE, desc = "Too late, and the caller is told so.")
    @Outcome(expect = FORBIDDEN, desc = "Both won, or neither.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void cancel(LL_Result r) {
            r.r1 = word.disarm();
        }

        @Actor
        public void fire(LL_Result r) {
            r.r2 = word.fire();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "CANCELLED, NOT_ARMED", expect = ACCEPTABLE, desc = "Cancelled: no run.")
    @Outcome(id = "RUNNING, BEGUN", expect = ACCEPTABLE, desc = "Too late, and the caller is told so.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Both won, or neither.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void cancel(LL_Result r) {
            r.r1 = word.disarm();
        }

        @Actor
        public void fire(LL_Result r) {
            r.r2 = word.fire();
        }
    }
}

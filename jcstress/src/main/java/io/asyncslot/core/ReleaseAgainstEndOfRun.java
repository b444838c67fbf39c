package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** The last release and the end of the run, each storing first and looking at the other then: one of them reclaims. */
public final class ReleaseAgainstEndOfRun {

    private ReleaseAgainstEndOfRun() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The releaser saw the run ended.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The run saw the last reference gone.")
    @Outcome(expect = FORBIDDEN, desc = "Reclaimed twice, or never.")
    @State
    public static class Real {
        private final Word word = Word.freedWhileRunning();

        @Actor
        public void release(LL_Result r) {
            r.r1 = word.release(1) && word.tryReclaim();
        }

        @Actor
        public void endOfRun(LL_Result r) {
            word.endFire();
            r.r2 = word.tryReclaim();
        }
    }

    /** The two stores are opaque: each side may look before its own store is seen. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The releaser saw the run ended.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The run saw the last reference gone.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Reclaimed twice, or never.")
    @State
    public static class Weakened {
        private final WeakEnd end = new WeakEnd();

        @Actor
        public void release(LL_Result r) {
            r.r1 = end.release();
        }

        @Actor
        public void endOfRun(LL_Result r) {
            r.r2 = end.endOfRun();
        }
    }
}

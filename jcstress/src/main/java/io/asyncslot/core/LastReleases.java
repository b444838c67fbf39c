package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two releases of the last two references of a freed incarnation: one of them reclaims it. */
public final class LastReleases {

    private LastReleases() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first was last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second was last.")
    @Outcome(expect = FORBIDDEN, desc = "Reclaimed twice, or never.")
    @State
    public static class Real {
        private final Word word = Word.freed(2);

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.release(1) && word.tryReclaim();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.release(1) && word.tryReclaim();
        }
    }

    /** The count goes down in one step and is looked at in another. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first was last.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second was last.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Reclaimed twice, or never.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.freed(2);

        @Actor
        public void one(LL_Result r) {
            r.r1 = word.release() && word.tryReclaim();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = word.release() && word.tryReclaim();
        }
    }
}

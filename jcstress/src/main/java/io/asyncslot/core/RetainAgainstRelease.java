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

/** A retain and the last release: a count of 0 is terminal. */
public final class RetainAgainstRelease {

    private RetainAgainstRelease() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "true, false, 1", expect = ACCEPTABLE, desc = "Retained in time: the release was not the last.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "Too late: dead.")
    @Outcome(expect = FORBIDDEN, desc = "A reference to an incarnation whose last one was given back.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void retain(LLL_Result r) {
            r.r1 = word.retain();
        }

        @Actor
        public void release(LLL_Result r) {
            r.r2 = word.release(1);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.references();
        }
    }

    /** The retain looks, then adds: it may revive a count of 0. */
    @JCStressTest
    @Outcome(id = "true, false, 1", expect = ACCEPTABLE, desc = "Retained in time: the release was not the last.")
    @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "Too late: dead.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A reference to an incarnation whose last one was given back.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void retain(LLL_Result r) {
            r.r1 = word.retain();
        }

        @Actor
        public void release(LLL_Result r) {
            r.r2 = word.release();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.references();
        }
    }
}

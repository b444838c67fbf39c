package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A delete and the beginning of a run: a run begins only if the deleter is told that it goes on. */
public final class DeleteAgainstFire {

    private DeleteAgainstFire() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "ARMED, FREED", expect = ACCEPTABLE, desc = "Deleted: that run never begins.")
    @Outcome(id = "RUNNING, BEGUN", expect = ACCEPTABLE, desc = "The run goes on, and the deleter is told so.")
    @Outcome(expect = FORBIDDEN, desc = "A run began that the deleter was told never would.")
    @State
    public static class Real {
        private final Word word = Word.armed();

        @Actor
        public void delete(LL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void fire(LL_Result r) {
            r.r2 = word.fire();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "ARMED, FREED", expect = ACCEPTABLE, desc = "Deleted: that run never begins.")
    @Outcome(id = "RUNNING, BEGUN", expect = ACCEPTABLE, desc = "The run goes on, and the deleter is told so.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A run began that the deleter was told never would.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.armed();

        @Actor
        public void delete(LL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void fire(LL_Result r) {
            r.r2 = word.fire();
        }
    }
}

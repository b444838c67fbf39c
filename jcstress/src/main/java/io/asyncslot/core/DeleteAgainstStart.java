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

/** A delete and a start of the same incarnation: a freed one is never armed again. */
public final class DeleteAgainstStart {

    private DeleteAgainstStart() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "ARMED, STARTED, --F", expect = ACCEPTABLE, desc = "Started, then deleted.")
    @Outcome(id = "IDLE, FREED, --F", expect = ACCEPTABLE, desc = "Deleted: the start is refused.")
    @Outcome(expect = FORBIDDEN, desc = "Armed after it was freed, or an arming that nobody accounts for.")
    @State
    public static class Real {
        private final Word word = Word.idle();

        @Actor
        public void delete(LLL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void start(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.flags();
        }
    }

    /** Each transition looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "ARMED, STARTED, --F", expect = ACCEPTABLE, desc = "Started, then deleted.")
    @Outcome(id = "IDLE, FREED, --F", expect = ACCEPTABLE, desc = "Deleted: the start is refused.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Armed after it was freed, or an arming that nobody accounts for.")
    @State
    public static class Weakened {
        private final WeakWord word = WeakWord.idle();

        @Actor
        public void delete(LLL_Result r) {
            r.r1 = word.free();
        }

        @Actor
        public void start(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.flags();
        }
    }
}

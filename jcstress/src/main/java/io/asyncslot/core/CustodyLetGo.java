package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A worker lets go of a slot while it is started: one of the two sees that it needs a custodian. */
public final class CustodyLetGo {

    private CustodyLetGo() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it: one will take it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The start sees a slot in the hands of nobody.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The worker sees the start.")
    @Outcome(expect = FORBIDDEN, desc = "An armed slot in the hands of nobody: it would never fire.")
    @State
    public static class Real {
        private final Slot slot = Slot.atWorker();

        @Actor
        public void start(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = slot.lookAt() == Custody.NOBODY;
        }

        @Actor
        public void worker(LL_Result r) {
            slot.promise(Custody.NOBODY);
            r.r2 = StateWord.isArmed(slot.word());
        }
    }

    /** The order swapped: the worker looks at the word, then lets go. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it: one will take it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The start sees a slot in the hands of nobody.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The worker sees the start.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "An armed slot in the hands of nobody: it would never fire.")
    @State
    public static class Weakened {
        private final Slot slot = Slot.atWorker();

        @Actor
        public void start(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = slot.lookAt() == Custody.NOBODY;
        }

        @Actor
        public void worker(LL_Result r) {
            r.r2 = StateWord.isArmed(slot.word());
            slot.promise(Custody.NOBODY);
        }
    }
}

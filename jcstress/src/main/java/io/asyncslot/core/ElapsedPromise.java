package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** The driver files a slot under a later promise while it is re-armed nearer: one of the two sees it. */
public final class ElapsedPromise {

    private ElapsedPromise() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The operation sees the promise.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The driver sees the nearer deadline.")
    @Outcome(expect = FORBIDDEN, desc = "A nearer deadline that neither has seen: the slot would fire late.")
    @State
    public static class Real {
        private final Slot slot = Slot.promised(Word.DUE - 1);

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = Word.DUE < slot.lookAt();
        }

        @Actor
        public void driver(LL_Result r) {
            slot.promise(Word.FAR);
            r.r2 = StateWord.deadline(slot.word()) == Word.DUE;
        }
    }

    /** Both stores are opaque: each side may look before its own store is seen. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The operation sees the promise.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The driver sees the nearer deadline.")
    @Outcome(
            expect = ACCEPTABLE_INTERESTING,
            desc = "A nearer deadline that neither has seen: the slot would fire late.")
    @State
    public static class Weakened {
        private final WeakCustody slot = new WeakCustody(Word.DUE - 1, Word.FAR);

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = Word.DUE < slot.lookAt();
        }

        @Actor
        public void driver(LL_Result r) {
            slot.promise(Word.FAR);
            r.r2 = slot.deadline() == Word.DUE;
        }
    }
}
